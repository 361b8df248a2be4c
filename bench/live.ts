/** Whole runs on a real server, from the client's start to its result. */
import type { WorkflowHandle } from '@temporalio/client';
import { WORKFLOWS } from '../protocol/names.ts';
import { CASES, type Case } from './cases.ts';
import { alternate, measure, type Pair, type Sample } from './measure.ts';
import { assertSameWork } from './same-work.ts';
import { REQUEST, scriptInput, WINDOW } from './script-input.ts';
import type { History, Sides, World } from './world.ts';

export interface LiveResult {
  case: Case;
  pair: Pair;
  /** Of one run each. */
  histories: { bare: History; script: History };
}

/** Runs every case for `rounds` rounds; a first round warms both sides and is checked, not counted. */
export async function runCases(sides: Sides, rounds: number, progress: (line: string) => void): Promise<LiveResult[]> {
  const results: LiveResult[] = [];
  for (const one of CASES) {
    progress(`${one.name}: ${rounds} rounds`);
    const bare = await bareRun(sides.bare, one);
    const script = await scriptRun(sides.script, one);
    const histories = { bare: await bare.handle.fetchHistory(), script: await script.handle.fetchHistory() };
    assertSameWork(one.name, histories.bare, histories.script);
    const pair = await alternate(
      rounds,
      async () => (await bareRun(sides.bare, one)).sample,
      async () => (await scriptRun(sides.script, one)).sample,
    );
    results.push({ case: one, pair, histories });
  }
  return results;
}

export interface StartResult {
  pair: Pair;
  histories: { bare: History; script: History };
}

/** A script of one line against a workflow that does nothing. */
export async function runTrivial(sides: Sides, rounds: number): Promise<StartResult> {
  const empty = () => timed(() => sides.bare.start('empty'));
  const script = () => timed(() => sides.script.start(WORKFLOWS.script, scriptInput('return 1')));
  const histories = {
    bare: await (await empty()).handle.fetchHistory(),
    script: await (await script()).handle.fetchHistory(),
  };
  const pair = await alternate(
    rounds,
    async () => (await empty()).sample,
    async () => (await script()).sample,
  );
  return { pair, histories };
}

interface Run {
  handle: WorkflowHandle;
  sample: Sample;
}

async function bareRun(world: World, { name, bare, calls }: Case): Promise<Run> {
  const run = await timed(() => world.start(bare.workflow, { ...bare.input, window: WINDOW, request: REQUEST }));
  const answers: unknown = await run.handle.result();
  const wanted = calls / bare.input.stages;
  if (answers !== wanted) throw new Error(`${name}, bare: ${String(answers)} answers instead of ${wanted}`);
  return run;
}

async function scriptRun(world: World, { name, script, bare, calls }: Case): Promise<Run> {
  const run = await timed(() => world.start(WORKFLOWS.script, scriptInput(script)));
  const { value, usage } = (await run.handle.result()) as { value: unknown; usage: { calls: number } };
  if (value !== calls / bare.input.stages || usage.calls !== calls) {
    throw new Error(`${name}, script: ${String(value)} answers of ${usage.calls} calls instead of ${calls} calls`);
  }
  return run;
}

async function timed(start: () => Promise<WorkflowHandle>): Promise<Run> {
  let handle: WorkflowHandle | undefined;
  const sample = await measure(async () => {
    handle = await start();
    await handle.result();
  });
  if (handle === undefined) throw new Error('nothing was started');
  return { handle, sample };
}
