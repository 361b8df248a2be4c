/** `braid run`, `braid fork`: start a script, or a changed twin of a run, and stay with it. */
import type { Command } from 'commander';
import {
  addCacheOption,
  addResumeOptions,
  addRunOptions,
  addScriptOptions,
  outputOf,
  type RunFlags,
} from './options.ts';

export interface ForkFlags extends RunFlags {
  script?: string;
}

export function addRun(program: Command): void {
  const command = program
    .command('run')
    .description('Run a dynamic workflow: a file, a saved name, or - for standard input.')
    .argument('[script]', 'file.js, a name saved in .braid/workflows, or -; with --resume-from it may be left out');
  addResumeOptions(addRunOptions(addScriptOptions(command)))
    .addHelpText(
      'after',
      `
Examples:
  $ braid run examples/review.js --cwd ./src --model offline/reviewer
  $ braid run audit.js --args '{"paths": ["lib"]}' --model openai/gpt-5-mini --concurrency 8
  $ braid run audit.js --id nightly --detach -o json
  $ braid run --resume-from audit-3f2a91c0 --max-calls 5000`,
    )
    .action(async (script: string | undefined, flags: RunFlags) => {
      const { runScript } = await import('./run-script.ts');
      process.exitCode = await runScript(script, flags, outputOf(flags));
    });
}

export function addFork(program: Command): void {
  const command = program
    .command('fork')
    .description(
      'Start a new run from an earlier one, with an edited script, other args, models or limits; what is unchanged is reused.',
    )
    .argument('<run>')
    .option('--script <file>', 'the edited script: file.js, a saved name, or -');
  addCacheOption(addRunOptions(addScriptOptions(command)))
    .addHelpText(
      'after',
      `
The limits are not taken over: those of the flags, the environment and the configuration hold.

Examples:
  $ braid show audit-3f2a91c0 --script > edited.js
  $ braid fork audit-3f2a91c0 --script edited.js
  $ braid fork audit-3f2a91c0 --args '{"paths": ["lib", "src"]}' --id audit-src --detach`,
    )
    .action(async (run: string, flags: ForkFlags) => {
      const { fork } = await import('./run-fork.ts');
      process.exitCode = await fork(run, flags, outputOf(flags));
    });
}
