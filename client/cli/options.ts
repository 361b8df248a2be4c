/** Options that several commands share. Values are judged by client/input; commander only takes them apart. */
import { Option, type Command } from 'commander';
import type { Flags } from '../input/settings.ts';

export type Output = 'text' | 'json' | 'jsonl';

/** The settings of a run among them are read by name (client/input/settings.ts). */
export interface RunFlags extends Flags {
  args?: string;
  id?: string;
  cwd?: string;
  base?: string;
  /** False with `--no-workspace`. */
  workspace?: boolean;
  resumeFrom?: string;
  /** False with `--no-cache`. */
  cache?: boolean;
  detach?: boolean;
  output?: Output;
}

export function addRunOptions(command: Command): Command {
  return addOutput(command)
    .option('--id <id>', 'id of the run; the same id with the same input attaches to it')
    .option('--model <provider/model>', 'model of agents that name none')
    .option('--sub-model <provider/model>', 'model of sub-calls of recursive language models')
    .option('--concurrency <n>', 'calls in flight (default 16)')
    .option('--max-calls <n>', 'calls over the life of the run (default 1000)')
    .option('--max-requests <n>', 'requests to providers, retries and repairs included')
    .option('--max-input-tokens <n>', 'input tokens of the whole run')
    .option('--max-output-tokens <n>', 'output tokens of the whole run; budget.total in the script')
    .option('--max-usd <n>', 'dollars of the whole run, by list prices; needs models that have one')
    .option('--max-time <duration>', 'wall time without pauses, such as 2h')
    .option('--max-depth <n>', 'depth of the tree of runs (default 8)')
    .option('--on-limit <what>', 'stop (default) or pause (default with --detach)')
    .option('--cwd <dir>', 'folder that agents read (default: here)')
    .option('--detach', 'start and return at once')
    .option('--strict', 'treat warnings about agents as errors; exit 1 when a call gave no value');
}

/** Beside {@link addRunOptions}, where a script is run. */
export function addScriptOptions(command: Command): Command {
  return command
    .option('--args <json>', "the script's args: JSON, @file.json, or @- for standard input")
    .option('--base <ref>', 'give agents the diff of the work tree against this git revision')
    .option('--no-workspace', 'run without a workspace: agents cannot read files');
}

/** Beside {@link addRunOptions}, where a run may reuse the work of another one. */
export function addResumeOptions(command: Command): Command {
  return addCacheOption(
    command.option('--resume-from <run>', 'reuse the finished calls of this run; what is not named is taken from it'),
  );
}

export function addCacheOption(command: Command): Command {
  return command.option('--no-cache', 'take what is not named from the earlier run, but make every call anew');
}

export function addOutput(command: Command): Command {
  const output = new Option(
    '-o, --output <format>',
    'text, json (one object at the end) or jsonl (events, then the object)',
  );
  return command.addOption(output.choices(['text', 'json', 'jsonl']).default('text'));
}

export function outputOf(flags: { output?: Output }): Output {
  return flags.output ?? 'text';
}
