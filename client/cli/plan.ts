/** `braid plan`: a model writes the script, a person sees what it would do before it costs anything. */
import type { Command } from 'commander';
import { addRunOptions, addScriptOptions, outputOf, type RunFlags } from './options.ts';

export interface PlanFlags extends RunFlags {
  explain?: string;
  yes?: boolean;
  save?: string;
}

export function addPlan(program: Command): void {
  const command = program
    .command('plan')
    .description('Have a model write the script for a task, see what it would do and cost, then run it.')
    .argument('[task]', 'what is to be done, or - for standard input')
    .option('--explain <script>', 'write nothing: show what file.js, a saved workflow or - would do; needs no server')
    .option('--yes', 'run it without asking')
    .option('--save <name>', 'keep the script as .braid/workflows/NAME.js');
  addRunOptions(addScriptOptions(command))
    .addHelpText(
      'after',
      `
The check of \`braid run\` judges what the model writes; problems go back to it, five tries at most. Limits hold for the planning and
for the run, each by itself. A plan of more calls than --max-calls is shown and refused. --id names the planning run.

Examples:
  $ braid plan "Find functions that nobody tests, and say which matters most" --model openai/gpt-5-mini
  $ braid plan "Review src for race conditions" --yes --max-calls 40 --max-usd 2 --save races
  $ braid plan --explain examples/review.js --model openai/gpt-5-mini`,
    )
    .action(async (task: string | undefined, flags: PlanFlags) => {
      const { plan } = await import('./run-plan.ts');
      process.exitCode = await plan(task, flags, outputOf(flags));
    });
}
