/** `braid compare`: the same task by a script and by a model in a REPL, from real runs. */
import { Option, type Command } from 'commander';
import type { Flags } from '../input/settings.ts';

export interface CompareFlags extends Flags {
  id?: string;
  context?: string[];
  pieces?: string;
  repeat?: string;
  depth?: string;
  iterations?: string;
  output?: 'text' | 'json';
}

export function addCompare(program: Command): void {
  const output = new Option('-o, --output <format>', 'text, or json: one object').choices(['text', 'json']);
  program
    .command('compare')
    .description(
      'Do one task twice, as a dynamic workflow and as a recursive language model, and show what each did, cost and saw.',
    )
    .argument('<task>', 'the question about the context, or @file')
    .option('--context <what>', 'a file, a folder, a quoted pattern, or - for standard input; repeatable', gather)
    .option('--pieces <n>', 'pieces that the workflow cuts the context into (default 6)')
    .option('--repeat <n>', 'runs of each side (default 3)')
    .option('--depth <n>', 'of the RLM: levels of recursion below its root (default 1)')
    .option('--iterations <n>', "of the RLM: turns of its root's loop (default 20)")
    .option('--id <id>', 'name of the comparison; the same command with the same name attaches to its runs')
    .option('--model <provider/model>', 'model of both sides')
    .option('--sub-model <provider/model>', "model of the workflow's pieces and of the RLM's sub-calls")
    .option('--concurrency <n>', 'calls in flight, of each run (default 16)')
    .option('--max-calls <n>', 'calls of each run (default 1000)')
    .option('--max-requests <n>', 'requests of each run')
    .option('--max-input-tokens <n>', 'input tokens of each run')
    .option('--max-output-tokens <n>', 'output tokens of each run')
    .option('--max-usd <n>', 'dollars of each run, by list prices')
    .option('--max-time <duration>', 'wall time of each run')
    .addOption(output.default('text'))
    .addHelpText(
      'after',
      `
The runs are made one after the other, and kept: braid show ID-rlm-1 shows one of them.

Examples:
  $ braid compare @examples/compare/task.txt --context examples/compare/questions.txt --model offline/rlm
  $ braid compare "Which module logs the most errors?" --context server.log --model openai/gpt-5-mini --repeat 2 --max-usd 0.50
  $ braid compare @task.txt --context docs --model openai/gpt-5 --sub-model openai/gpt-5-mini --id docs-1 -o json`,
    )
    .action(async (task: string, flags: CompareFlags) => {
      const { runCompare } = await import('./run-compare.ts');
      process.exitCode = await runCompare(task, flags);
    });
}

function gather(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}
