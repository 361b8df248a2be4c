/** `braid test`, `braid mine`: what becomes of code that was kept, and what might be kept. */
import type { Command } from 'commander';
import { addOutput, outputOf, type Output } from './options.ts';

export interface TestFlags {
  all?: boolean;
  cwd?: string;
  output?: Output;
}

export function addTest(program: Command): void {
  addOutput(program.command('test').argument('[name]', 'a saved workflow'))
    .description(
      'Run a saved workflow against the calls that were recorded of its run: free, nothing is sent to any model.',
    )
    .option('--all', 'all saved workflows of the project that have recorded calls')
    .option('--cwd <dir>', 'folder of the project (default: here)')
    .addHelpText(
      'after',
      `
It needs neither a key nor a server. Exit code 1 when calls are new, changed or gone, or the result is another one.

Examples:
  $ braid test audit
  $ braid test --all -o json`,
    )
    .action(async (name: string | undefined, flags: TestFlags) => {
      const { test } = await import('./run-test.ts');
      process.exitCode = await test(name, flags, outputOf(flags));
    });
}

export interface MineFlags {
  min?: string;
  cwd?: string;
  output?: Output;
}

export function addMine(program: Command): void {
  addOutput(program.command('mine'))
    .description(
      'List scripts and cells of past runs that recur, by their structure, with what they cost and how often they ended well.',
    )
    .option('--min <n>', 'only what stands in so many runs (default: 2)')
    .option('--cwd <dir>', 'folder of the project whose saved names are taken (default: here)')
    .addHelpText(
      'after',
      `
Names, texts and numbers do not count, nor does the length of lists: code is the same when it does the same. The command that keeps
the newest run of each piece as a workflow stands below it.

Examples:
  $ braid mine
  $ braid mine --min 3 -o json`,
    )
    .action(async (flags: MineFlags) => {
      const { mine } = await import('./run-mine.ts');
      process.exitCode = await mine(flags, outputOf(flags));
    });
}
