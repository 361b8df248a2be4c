/** What every measurement gets, and how it takes its rounds. */
import type { BenchProvider } from './provider.ts';
import { floorRun } from './floor.ts';
import { modelOf, type JobName, type Plan } from './jobs.ts';
import type { WorkerKind } from './worker-process.ts';
import { openWorld, type Asked, type World } from './world.ts';
import { textOf } from './text.ts';

export interface Bench {
  /** Of the Temporal server. */
  address: string;
  provider: BenchProvider;
  worker: WorkerKind;
  rounds: number;
  /** Rounds of what takes seconds and a worker of its own. */
  heavyRounds: number;
  /** The world of measurements that need no fresh one. */
  world: World;
  say(line: string): void;
}

/** Times of both sides, by round. */
export interface Sides {
  floor: number[];
  braid: number[];
}

export interface Comparison {
  job: JobName;
  count: number;
  latencyMs: number;
  window: number;
  /** Of the context. */
  bytes: number;
}

let runs = 0;

export function newPlan(job: JobName, count: number, latencyMs: number): Plan {
  runs += 1;
  return { job, count, latencyMs, run: `r${runs}-${process.pid}` };
}

export function freshWorld({ address, provider, worker }: Bench): Promise<World> {
  return openWorld({ address, provider, worker });
}

/**
 * The same job on both sides, which alternate and change places every round; a first round warms up. All rounds ask the same model, so
 * that the worker knows how many requests it takes at once; every run has a text of its own, so that nothing of it is in the store.
 * Throws when the sides asked the provider for different work.
 */
export async function compare(bench: Bench, comparison: Comparison): Promise<Sides> {
  const { job, count, latencyMs } = comparison;
  const plan = newPlan(job, count, latencyMs);
  bench.say(`${job} of ${count} at ${latencyMs} ms: ${bench.rounds} rounds`);
  const sides: Sides = { floor: [], braid: [] };
  for (let round = -1; round < bench.rounds; round += 1) {
    const braidFirst = round % 2 === 0;
    const early = braidFirst ? await braidRound(bench, comparison, plan) : null;
    const floor = await floorRound(bench, comparison, plan);
    const asked = early ?? (await braidRound(bench, comparison, plan));
    if (floor.requests !== asked.facts.requests) {
      throw new Error(`${modelOf(plan)}: the floor made ${floor.requests} requests, Braid ${asked.facts.requests}`);
    }
    if (round < 0) continue;
    sides.floor.push(floor.ms);
    sides.braid.push(asked.ms);
  }
  return sides;
}

function braidRound({ world }: Bench, { window, bytes }: Comparison, plan: Plan): Promise<Asked> {
  return world.ask(plan, newText(bytes, plan), { window });
}

async function floorRound(
  { provider }: Bench,
  { window, bytes }: Comparison,
  plan: Plan,
): Promise<{ ms: number; requests: number }> {
  const ms = await floorRun(provider.url, plan, newText(bytes, plan), window);
  return { ms, requests: (await provider.facts(plan.run)).requests };
}

let texts = 0;

function newText(bytes: number, { run }: Plan): string {
  texts += 1;
  return textOf(bytes, `${run}.${texts}`);
}
