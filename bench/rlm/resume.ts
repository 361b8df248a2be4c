/** SIGKILL of the worker in the middle of a batch, and a new worker at once. */
import { LIMITS, MIB } from '../../protocol/limits.ts';
import { median } from '../stats.ts';
import { freshWorld, newPlan, type Bench } from './bench.ts';
import { ms, valueRow, type Row } from './rows.ts';
import { textOf } from './text.ts';
import type { World } from './world.ts';

const SUB_CALLS = 100;
const LATENCY_MS = 200;
const WINDOW = 25;
/** A sub-call answered this shortly before the kill may not have been on the worker's disk yet, in ms. */
const SETTLING_MS = 100;
/** The timeouts that a dead worker's work waits for at worst, and 3 s. */
const NEXT_STEP_MS = LIMITS.workflowTaskMs + LIMITS.heartbeatMs + 3_000;

interface Measured {
  /** From the kill to the first request of the new worker, to the turn after the batch, and to the answer. */
  requestMs: number;
  stepMs: number;
  endMs: number;
  repeated: number;
  inFlight: number;
}

export async function resume(bench: Bench): Promise<Row[]> {
  bench.say(`kill -9 in a batch of ${SUB_CALLS}: ${bench.heavyRounds} rounds`);
  const all: Measured[] = [];
  for (let round = 0; round < bench.heavyRounds; round += 1) {
    const world = await freshWorld(bench);
    try {
      all.push(await killed(world));
    } finally {
      await world.close();
    }
  }
  const of = (member: keyof Measured) => median(all.map((one) => one[member]));
  const step = { text: `≤ ${NEXT_STEP_MS / 1000} s: the timeouts + 3 s`, value: of('stepMs'), most: NEXT_STEP_MS };
  // Each round is held against its own: a median would hide the one that paid twice.
  const worst = Math.max(...all.map(({ repeated, inFlight }) => repeated - inFlight));
  const repeated = all.map((one) => `${one.repeated} of ${one.inFlight}`).join(', ');
  return [
    valueRow('kill -9 in a batch of 100, model 200 ms: to the first request', { braid: ms(of('requestMs')) }, null),
    valueRow('… to the next step', { braid: ms(of('stepMs')), over: `${ms(of('endMs'))} to the answer` }, step),
    valueRow(
      '… calls repeated, by round (left: by a loop that starts over)',
      { floor: String(SUB_CALLS / 2), braid: repeated },
      { text: '≤ those in flight', value: worst, most: 0 },
    ),
  ];
}

async function killed(world: World): Promise<Measured> {
  const { provider, worker } = world;
  await world.ask(newPlan('common', 1, 0), textOf(1024, 'warm'), { window: 1 });
  const plan = newPlan('common', SUB_CALLS, LATENCY_MS);
  const asking = world.ask(plan, textOf(MIB, plan.run), { window: WINDOW });
  asking.catch(() => undefined);
  await provider.reached(plan.run, SUB_CALLS / 2);
  worker.kill();
  const killedAt = Date.now();
  await world.startWorker();
  const { facts } = await asking;
  const endedAt = Date.now();
  const seen = [...facts.turns, ...facts.leaves].map(({ at }) => at);
  const before = facts.leaves.filter(({ at }) => at <= killedAt + SETTLING_MS);
  return {
    // No worker starts as fast as the last requests of the dead one arrive.
    requestMs: Math.min(...seen.filter((at) => at > killedAt + SETTLING_MS)) - killedAt,
    stepMs: (facts.turns.at(-1)?.at ?? Number.NaN) - killedAt,
    endMs: endedAt - killedAt,
    repeated: facts.repeated,
    inFlight: before.filter(({ endedAt: end }) => end === null || end > killedAt - SETTLING_MS).length,
  };
}
