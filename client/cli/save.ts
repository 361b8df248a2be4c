/** `braid save`: keep what a run ran as a workflow with a name. */
import type { Command } from 'commander';
import { addOutput, outputOf, type Output } from './options.ts';

export interface SaveFlags {
  as: string;
  cwd?: string;
  force?: boolean;
  check?: boolean;
  question?: boolean;
  output?: Output;
}

export function addSave(program: Command): void {
  addOutput(program.command('save').argument('<run>'))
    .description(
      "Keep what a run ran (its script, or an RLM's cells as a script) as a saved workflow, with its calls as a test.",
    )
    .requiredOption('--as <name>', 'name of the workflow')
    .option('--cwd <dir>', 'folder of the project (default: here)')
    .option('--question', 'of an RLM: keep its question, to be asked again, instead of the cells that answered it')
    .option('--force', 'replace a workflow of that name')
    .option('--check', 'write nothing: hold the run against the saved structure; exit 1 when it differs')
    .addHelpText(
      'after',
      `
It writes .braid/workflows/NAME.js, NAME.test.json with the phases and the calls by label, kind, phase and model, and NAME.calls.jsonl
with every call and its answer, for braid test. Of an RLM the context becomes args.context, and its own model is not asked any more.

Examples:
  $ braid save audit-3f2a91c0 --as audit
  $ braid save how-many-complaints-91c03f2a --as complaints && braid run complaints --args @context.json
  $ braid run audit --id nightly && braid save nightly --as audit --check`,
    )
    .action(async (run: string, flags: SaveFlags) => {
      const { save } = await import('./run-save.ts');
      process.exitCode = await save(run, flags, outputOf(flags));
    });
}
