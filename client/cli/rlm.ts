/** `braid rlm`: a recursive language model over files, folders or standard input. */
import type { Command } from 'commander';
import { addResumeOptions, addRunOptions, outputOf, type RunFlags } from './options.ts';

export interface RlmFlags extends RunFlags {
  context?: string[];
  depth?: string;
  iterations?: string;
  schema?: string;
  system?: string;
}

export function addRlm(program: Command): void {
  const command = program
    .command('rlm')
    .description('Ask a question over a context of any size: a model explores it with code and further model calls.')
    .argument('[question]', 'the question, @file, or - for standard input; with --resume-from it may be left out')
    .option('--context <what>', 'a file, a folder, a quoted pattern, or - for standard input; repeatable', gather)
    .option('--depth <n>', 'levels of recursion below the root (default 1)')
    .option('--iterations <n>', "turns of the root's loop (default 20)")
    .option('--schema <json>', 'JSON Schema of the answer: JSON or @file.json')
    .option('--system <text>', 'added to the instructions of the root')
    .option('--no-workspace', 'run without a workspace: agents that cells call cannot read files');
  addResumeOptions(addRunOptions(command))
    .addHelpText(
      'after',
      `
Examples:
  $ braid rlm "Which module logs the most errors, and why?" --context server.log --model openai/gpt-5-mini
  $ braid rlm "List every public function without a test." --context 'src/**/*.ts' --context test --depth 2
  $ git log -p | braid rlm "What changed in the storage format?" --context - -o json
  $ braid rlm --resume-from which-module-3f2a91c0 --iterations 40`,
    )
    .action(async (question: string | undefined, flags: RlmFlags) => {
      const { runRlm } = await import('./run-rlm.ts');
      process.exitCode = await runRlm(question, flags, outputOf(flags));
    });
}

function gather(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}
