/** `braid batch`: one script over many items. */
import type { Command } from 'commander';
import { addCacheOption, addRunOptions, outputOf, type RunFlags } from './options.ts';

export interface BatchFlags extends RunFlags {
  items?: string;
  window?: string;
  out?: string;
  retryFailed?: string;
}

export function addBatch(program: Command): void {
  const command = program
    .command('batch')
    .description('Run a script once for each of many items; every result is a line of a file.')
    .argument('<script>', 'file.js, a name saved in .braid/workflows, or -; `args` is the item')
    .option('--items <what>', 'items.jsonl, lines.txt, a quoted pattern or a folder of files, or - for JSON lines')
    .option('--window <n>', 'items at work at once (default 16)')
    .option('--out <file>', 'copy the results there as they come; - for standard output')
    .option('--retry-failed <batch>', 'take the items of this earlier batch, and run those without success again')
    .option('--base <ref>', 'give agents the diff of the work tree against this git revision')
    .option('--no-workspace', 'run without a workspace: agents cannot read files');
  addCacheOption(addRunOptions(command))
    .addHelpText(
      'after',
      `
Limits (--max-calls, --max-requests, --max-output-tokens, --max-time, --concurrency) are those of each item's run, not of all together.

Examples:
  $ braid batch classify.js --items tickets.jsonl --model openai/gpt-5-mini --out classes.jsonl
  $ braid batch review-file.js --items 'src/**/*.ts' --window 8 --id review-all --detach
  $ braid batch classify.js --retry-failed classify-3f2a91c0 --out classes.jsonl`,
    )
    .action(async (script: string, flags: BatchFlags) => {
      const { runBatch } = await import('./run-batch.ts');
      process.exitCode = await runBatch(script, flags, outputOf(flags));
    });
}
