/** `braid list | show | watch | result | logs`: look at runs, living or ended, from their histories. */
import type { Command } from 'commander';
import { addOutput, outputOf, type Output } from './options.ts';

interface Flags {
  output?: Output;
  script?: boolean;
  cells?: boolean;
  node?: string;
  trajectory?: boolean;
  limit?: string;
  waiting?: boolean;
  strict?: boolean;
}

const load = () => import('./run-look.ts');

export function addLook(program: Command): void {
  addOutput(program.command('list'))
    .description('List the runs that the server knows.')
    .option('--limit <n>', 'at most so many', '50')
    .option('--waiting', 'only runs that wait for a person, with what they ask')
    .addHelpText('after', '\nExamples:\n  $ braid list --limit 10\n  $ braid list --waiting')
    .action(async (flags: Flags) => {
      const { list, listWaiting } = await load();
      await (flags.waiting === true ? listWaiting : list)(outputOf(flags), flags.limit ?? '50');
    });
  addOutput(program.command('show').argument('<run>'))
    .description('Show a run: what it is, its phases or its tree, and every call with state, cost and reason.')
    .option('--script', 'print the script that ran; of an RLM, the code it wrote as one script')
    .option('--cells', 'of RLMs: every cell with its output, its calls and their cost')
    .option('--node <address>', 'with --cells, --script or --trajectory: of this node only (default: all, or the root)')
    .option('--trajectory', 'of an RLM: JSON lines in the format of the rlms visualiser')
    .addHelpText(
      'after',
      '\nExamples:\n  $ braid show review-3f2a --script\n  $ braid show which-module-3f2a --cells --node rlm:1\n  $ braid show which-module-3f2a --trajectory > run.jsonl',
    )
    .action(async (run: string, flags: Flags) => (await load()).show(run, outputOf(flags), flags));
  addOutput(program.command('watch').argument('<run>'))
    .description('Follow a run until it ends. Ctrl+C lets go of it, the run goes on.')
    .option('--strict', 'exit 1 when a call gave no value')
    .addHelpText('after', '\nExample:\n  $ braid watch review-3f2a -o jsonl')
    .action(async (run: string, flags: Flags) => {
      process.exitCode = await (await load()).watch(run, outputOf(flags), flags.strict ?? false);
    });
  addOutput(program.command('result').argument('<run>'))
    .description("Print a run's result; waits when it still runs.")
    .option('--strict', 'exit 1 when a call gave no value')
    .addHelpText('after', '\nExample:\n  $ braid result review-3f2a -o json')
    .action(async (run: string, flags: Flags) => {
      process.exitCode = await (await load()).result(run, outputOf(flags), flags.strict ?? false);
    });
  addOutput(program.command('logs').argument('<run>'))
    .description('Print what a run said: phases, log lines, warnings, dropped values.')
    .addHelpText('after', '\nExample:\n  $ braid logs review-3f2a')
    .action(async (run: string, flags: Flags) => (await load()).logs(run, outputOf(flags)));
}
