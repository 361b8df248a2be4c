/** `braid diff | apply`: what the agents of a run changed, as a patch, and into a folder. */
import type { Command } from 'commander';
import { addOutput, outputOf, type Output } from './options.ts';

export interface DiffFlags {
  stat?: boolean;
  /** Address or label of one agent. */
  call?: string;
  output?: Output;
}

export interface ApplyFlags {
  yes?: boolean;
  cwd?: string;
  output?: Output;
}

export function addChanges(program: Command): void {
  addOutput(program.command('diff').argument('<run>'))
    .description('Print what a run changed as one patch that `git apply` takes. Of a run that goes on: what there is.')
    .option('--stat', 'one line for each file instead')
    .option('--call <address>', 'what one agent began on and changed, by its address or label')
    .addHelpText(
      'after',
      '\nExamples:\n  $ braid diff migrate-3f2a91c0 | git apply\n  $ braid diff migrate-3f2a91c0 --stat\n\n' +
        'git takes paths from the top of its repository, and silently skips what is not there. For a folder below it, from the top:\n' +
        '  $ braid diff migrate-3f2a91c0 | git apply --directory=packages/one',
    )
    .action(async (run: string, flags: DiffFlags) => {
      const { diff } = await import('./run-changes.ts');
      await diff(run, flags, outputOf(flags));
    });
  addOutput(program.command('apply').argument('<run>'))
    .description(
      'Put what a run changed into its folder, after showing it. Refused, whole, when a file was changed since.',
    )
    .option('--yes', 'do not ask')
    .option('--cwd <dir>', 'another folder than the one that the run read')
    .addHelpText(
      'after',
      '\nExamples:\n  $ braid apply migrate-3f2a91c0\n  $ braid apply migrate-3f2a91c0 --yes --cwd ../copy',
    )
    .action(async (run: string, flags: ApplyFlags) => {
      const { apply } = await import('./run-changes.ts');
      await apply(run, flags, outputOf(flags));
    });
}
