/** `braid gc | export | import`: what a store keeps, and how a run gets into another one. */
import type { Command } from 'commander';
import { addOutput, outputOf, type Output } from './options.ts';

export interface GcFlags {
  olderThan: string;
  dryRun?: boolean;
  output?: Output;
}

const load = () => import('./run-store.ts');

export function addStore(program: Command): void {
  addOutput(program.command('gc'))
    .description(
      'Remove from the store what no run refers to: neither one that the server knows nor one that closed here.',
    )
    .option('--older-than <duration>', 'only what is older', '30d')
    .option('--dry-run', 'change nothing, tell what would go')
    .addHelpText(
      'after',
      `
It looks at the server and the namespace that it reaches. Runs of this store that another one knows must be gone, or they lose values.

Examples:
  $ braid gc --dry-run
  $ braid gc --older-than 90d -o json`,
    )
    .action(async (flags: GcFlags) => (await load()).gc(flags, outputOf(flags)));
  addOutput(program.command('export').argument('<run>'))
    .description('Write a whole run into one file: its histories, its journal and every value that they name.')
    .requiredOption('--out <file>', 'where to; a file that is there is replaced')
    .addHelpText('after', '\nExample:\n  $ braid export audit-3f2a91c0 --out audit.braid')
    .action(async (run: string, flags: { out: string; output?: Output }) =>
      (await load()).exportTo(run, flags.out, outputOf(flags)),
    );
  addOutput(program.command('import').argument('<file>'))
    .description('Bring an exported run into this store, so that other runs can resume from it.')
    .addHelpText('after', '\nExamples:\n  $ braid import audit.braid\n  $ braid run --resume-from audit-3f2a91c0')
    .action(async (file: string, flags: { output?: Output }) => (await load()).importFrom(file, outputOf(flags)));
}
