/** `braid run`: starts a script and stays with it. */
import type { Command } from 'commander';
import { addRunOptions, outputOf, type RunFlags } from './options.ts';

export function addRun(program: Command): void {
  const command = program
    .command('run')
    .description('Run a dynamic workflow: a file, a saved name, or - for standard input.')
    .argument('<script>', 'file.js, a name saved in .braid/workflows, or -')
    .option('--args <json>', "the script's args: JSON, @file.json, or @- for standard input")
    .option('--base <ref>', 'give agents the diff of the work tree against this git revision')
    .option('--no-workspace', 'run without a workspace: agents cannot read files');
  addRunOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  $ braid run examples/review.js --cwd ./src --model offline/reviewer
  $ braid run audit.js --args '{"paths": ["lib"]}' --model openai/gpt-5-mini --concurrency 8
  $ braid run audit.js --id nightly --detach -o json`,
    )
    .action(async (script: string, flags: RunFlags) => {
      const { runScript } = await import('./run-script.ts');
      process.exitCode = await runScript(script, flags, outputOf(flags));
    });
}
