/** One run of a workload in a world, disturbed by a plan or left alone. */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { RunHandle } from '../client/run-handle.ts';
import { startRlm, startRun } from '../client/start-run.ts';
import { taskQueueOf } from '../protocol/names.ts';
import type { RunResult } from '../protocol/outcome.ts';
import { replayRun } from '../testing/replay.ts';
import { promptOf } from '../testing/provider/index.ts';
import { strike, type Strike } from './inject.ts';
import type { Counted, Excuse, Ran } from './judge.ts';
import { insist, until } from './patience.ts';
import type { PlannedFault } from './plan.ts';
import type { World } from './world.ts';
import type { Workload } from './workloads/workload.ts';

export interface RunSpec {
  workload: Workload;
  seed: number;
  /** Empty: it is left alone. */
  plan: readonly PlannedFault[];
  bundleFile: string;
}

export interface Report extends Ran {
  run: string;
  strikes: Strike[];
  /** Of faults and of the provider's own failures. */
  excuses: Excuse[];
  /** What else was seen: workers that ended by themselves, histories that do not replay. */
  problems: string[];
  ms: number;
}

/** A run that asked for nothing this long, with nothing done to it, does not end any more. */
const PATIENCE_MS = 120_000;
const LOOK_MS = 150;
const RPC_MS = 5_000;
/** With these two, a call meets its third transport failure (LIMITS.transportTries) in no run. */
const FAILURES = { withFreeze: 1, without: 2 };

export async function runOnce(world: World, spec: RunSpec): Promise<Report> {
  const { workload, seed, plan } = spec;
  await world.freshWorkers(plan.some(({ workers }) => workers === 2) ? 2 : 1);
  const thaws = plan.some(({ kind }) => kind === 'worker frozen');
  const failuresPerRequest = thaws ? FAILURES.withFreeze : FAILURES.without;
  world.provider.begin({ rule: workload.rule, seed, failuresPerRequest });
  const startedAt = Date.now();
  const run = await start(world, workload);
  const waiter = waitForEnd(world, run);
  const answered = workload.answers === undefined ? null : answerGates(world, run, workload.answers, waiter.over);
  const strikes = await disturb(world, run, plan, waiter);
  const result = await waiter.ended;
  await answered;
  const ms = Date.now() - startedAt;
  const asks = [...world.provider.asks];
  const problems = world.deaths();
  if (result === null)
    await insist(() => world.client.workflow.getHandle(run).terminate('lost'), 30_000).catch(() => undefined);
  else problems.push(...(await replayProblems(world, run, spec.bundleFile)));
  const requests = asks.map(({ key, request }): Counted => ({
    key,
    at: request.at,
    prompt: promptOf(request).slice(0, 100).replace(/\s+/g, ' '),
    body: request.body,
  }));
  const happened = strikes.filter((each) => each.counts());
  const failed = asks.flatMap(({ key, failed: kind }): Excuse[] => (kind === null ? [] : [{ key, kind }]));
  const excuses = [...failed, ...happened.flatMap((each) => each.excuses)];
  return { run, result, requests, strikes: happened, excuses, problems, ms };
}

async function start(world: World, workload: Workload): Promise<string> {
  const { client, store, workspace } = world;
  const run = `${workload.name}-${randomUUID().slice(0, 8)}`;
  const place = { client, store, taskQueue: taskQueueOf(store.id) };
  const begun = await workload.build({ run, store, workspace });
  await insist(
    () => (begun.kind === 'script' ? startRun(place, run, begun.built) : startRlm(place, run, begun.built)),
    60_000,
  );
  return run;
}

interface Waiter {
  /** Null when it does not end. */
  ended: Promise<RunResult | null>;
  over: () => boolean;
  /** Something is being done to it: waiting for it begins anew. */
  disturbed(): void;
}

function waitForEnd(world: World, run: string): Waiter {
  const { client, store, provider } = world;
  let over = false;
  let disturbedAt = Date.now();
  const isRunning = async (): Promise<boolean> => {
    const { status } = await client.withDeadline(Date.now() + RPC_MS, () => client.workflow.getHandle(run).describe());
    return status.name === 'RUNNING';
  };
  const wait = async (): Promise<RunResult | null> => {
    const handle = new RunHandle(client, run, store);
    // While the server is away, nobody knows: it counts as running.
    while (await isRunning().catch(() => true)) {
      const lastSign = Math.max(disturbedAt, provider.asks.at(-1)?.request.at ?? 0);
      if (Date.now() - lastSign > PATIENCE_MS) return null;
      await sleep(LOOK_MS);
    }
    return insist(async () => handle.resultOf(await handle.view()), 60_000);
  };
  const ended = wait().finally(() => {
    over = true;
  });
  return { ended, over: () => over, disturbed: () => void (disturbedAt = Date.now()) };
}

/** Strikes as planned, until the run is over. */
async function disturb(world: World, run: string, plan: readonly PlannedFault[], waiter: Waiter): Promise<Strike[]> {
  const strikes: Strike[] = [];
  const { over } = waiter;
  const reached = (): number => new Set(world.provider.asks.map(({ key }) => key)).size;
  for (const fault of plan) {
    if (!(await until(() => reached() >= fault.atRequest, { ms: PATIENCE_MS, over }))) break;
    await sleep(fault.delayMs);
    if (over()) break;
    waiter.disturbed();
    strikes.push(await strike({ world, run, over }, fault));
    waiter.disturbed();
  }
  return strikes;
}

/** As a person at a terminal, who tries again when the server is away. */
async function answerGates(
  world: World,
  run: string,
  answers: NonNullable<Workload['answers']>,
  over: () => boolean,
): Promise<void> {
  const handle = new RunHandle(world.client, run, world.store);
  while (!over()) {
    try {
      for (const gate of await handle.gates()) {
        if (gate.state === 'open') await handle.answer(gate, answers(gate), { by: 'the harness' });
      }
    } catch {
      // Away, or answered by an earlier try whose own answer was lost: the next look tells.
    }
    await sleep(2 * LOOK_MS);
  }
}

async function replayProblems({ client, store }: World, run: string, bundleFile: string): Promise<string[]> {
  try {
    await replayRun(client, store, { codePath: bundleFile }, run);
    return [];
  } catch (error) {
    const file = await keepHistory(client, run);
    return [`its histories do not replay (${file}): ${error instanceof Error ? error.message : String(error)}`];
  }
}

/** For whoever looks into it: the server's database goes with the run. */
async function keepHistory(client: Client, run: string): Promise<string> {
  const file = path.join(tmpdir(), `braid-faults-${run.replaceAll('/', '~')}.history.json`);
  writeFileSync(file, historyToJSON(await client.workflow.getHandle(run).fetchHistory()));
  return file;
}
