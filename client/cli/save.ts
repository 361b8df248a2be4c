/** `braid save`: keep what a run ran as a workflow with a name. */
import type { Command } from 'commander';
import { addOutput, outputOf, type Output } from './options.ts';

export interface SaveFlags {
  as: string;
  cwd?: string;
  force?: boolean;
  check?: boolean;
  output?: Output;
}

export function addSave(program: Command): void {
  addOutput(program.command('save').argument('<run>'))
    .description(
      "Keep what a run ran (its script, or an RLM's cells as a script) as a saved workflow, with a test of its structure.",
    )
    .requiredOption('--as <name>', 'name of the workflow')
    .option('--cwd <dir>', 'folder of the project (default: here)')
    .option('--force', 'replace a workflow of that name')
    .option('--check', 'write nothing: hold the run against the saved structure; exit 1 when it differs')
    .addHelpText(
      'after',
      `
It writes .braid/workflows/NAME.js, and NAME.test.json with the phases and the calls by label, kind, phase and model.

Examples:
  $ braid save audit-3f2a91c0 --as audit
  $ braid run audit --id nightly && braid save nightly --as audit --check`,
    )
    .action(async (run: string, flags: SaveFlags) => {
      const { save } = await import('./run-save.ts');
      process.exitCode = await save(run, flags, outputOf(flags));
    });
}
