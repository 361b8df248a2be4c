/**
 * RL-60, RL-61: SIGKILL of the worker at every boundary of a run with recursion depth 2 and batches. Boundaries are counted by
 * the provider: when a request arrives (its cell has ended, its call is in flight) and, with a delay that differs from one to
 * the next, after it was answered (before, in and after the cell that follows; before and after a child). Each round kills at
 * every fourth of them. Two rounds hit each request once, at its arrival or after its answer; with BRAID_SWEEP=all all four
 * rounds kill at every boundary (about two minutes more). Same answer, same variables, and no finished call is made again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { LIMITS } from '../../../protocol/limits.ts';
import type { RlmResult } from '../../../protocol/rlm.ts';
import type { Json } from '../../../protocol/json.ts';
import type { SeenRequest } from '../../../testing/provider/index.ts';
import { resultOf } from '../../kit/harness.ts';
import { CALLS, distinct, finishedIn, PLAY, repeats, REQUESTS, sentIn } from '../../kit/kill-play.ts';
import { openKillWorld, type OpenKillWorld, type WorkerProcess } from '../../kit/worker-process.ts';

const OPTIONS = { context: 'some text to look at\n'.repeat(500), rlm: { depth: 2 }, limits: { concurrency: 6 } };
const DELAY = 60;
const ROUNDS = 4;
const ROUNDS_RUN = process.env['BRAID_SWEEP'] === 'all' ? [0, 1, 2, 3] : [1, 2];
/** Rounds at once: most of one is waiting for a worker to start, or for the server to give up on a dead one. */
const LANES = 2;

interface Swept {
  result: RlmResult;
  requests: SeenRequest[];
  /** Calls that had been sent and were not finished at a kill, over all kills: so many requests may be there again. */
  lost: number;
  /** Requests that were marked as sent. */
  sent: number;
  latencies: number[];
}

describe('RL-60 RL-61 a kill at every boundary', () => {
  let expected: Json;
  beforeAll(async () => {
    const { result, requests } = await inOwnWorld((world) => sweep(world, []));
    expect(distinct(requests)).toHaveLength(REQUESTS);
    expect(requests).toHaveLength(REQUESTS);
    expect(result.usage).toMatchObject({ calls: CALLS, requests: REQUESTS });
    expected = result.value;
  });

  it('gives the same answer and variables, and makes no finished call again', { timeout: 300_000 }, async () => {
    const all = Array.from({ length: REQUESTS * 2 }, (_, i) => ({
      request: Math.floor(i / 2) + 1,
      answered: i % 2 === 1,
    }));
    const rounds = ROUNDS_RUN.map((round) => all.filter((_, i) => i % ROUNDS === round));
    const lane = async (): Promise<void> => {
      for (let kills = rounds.pop(); kills !== undefined; kills = rounds.pop()) {
        const boundaries = kills;
        check(await inOwnWorld((world) => sweep(world, boundaries)));
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  });

  function check({ result, requests, lost, sent, latencies }: Swept): void {
    expect(result.partial).toBeNull();
    expect(result.value).toEqual(expected);
    expect(result.usage.calls).toBe(CALLS);
    expect(distinct(requests)).toHaveLength(REQUESTS);
    expect(repeats(requests).length).toBeLessThanOrEqual(lost);
    expect(result.usage.requests).toBeGreaterThanOrEqual(requests.length);
    expect(result.usage.requests).toBeLessThanOrEqual(sent);
    for (const ms of latencies) expect(ms).toBeLessThan(LIMITS.workflowTaskMs + 10_000);
  }
});

async function inOwnWorld(work: (world: OpenKillWorld) => Promise<Swept>): Promise<Swept> {
  const world = await openKillWorld();
  try {
    return await work(world);
  } finally {
    await world.close();
  }
}

/** One run with a kill at each of the given boundaries; a new worker is started after each. */
async function sweep(world: OpenKillWorld, kills: { request: number; answered: boolean }[]): Promise<Swept> {
  const before = world.provider.requests.length;
  const since = () => world.provider.requests.slice(before);
  let worker: WorkerProcess = await world.startWorker();
  let lost = 0;
  const latencies: number[] = [];
  const handle = await world.startRlm('root', {
    ...OPTIONS,
    provider: async (request, n) => ({ ...textOf(await PLAY(request, n)), delayMs: DELAY }),
  });
  const ended = resultOf<RlmResult>(handle);
  let over = false;
  void ended.finally(() => (over = true));
  for (const [index, kill] of kills.entries()) {
    const reached = () => distinct(since())[kill.request - 1];
    while (!over && (reached() === undefined || (kill.answered && reached()?.endedAt === null))) await sleep(3);
    if (over) break;
    if (kill.answered) await sleep([0, 10, 25, 45, 70, 110][index % 6]);
    await worker.kill();
    lost += distinct(since()).length - finishedIn(world.store.home);
    worker = await world.startWorker();
    const ready = Date.now();
    const count = since().length;
    while (!over && since().length === count) await sleep(3);
    latencies.push(Date.now() - ready);
  }
  const result = await ended;
  await worker.kill();
  return { result, requests: since(), lost, sent: sentIn(world.store.home), latencies };
}

function textOf(reply: Awaited<ReturnType<typeof PLAY>>): { text: string } {
  if (typeof reply !== 'string') throw new Error('only texts are scripted here');
  return { text: reply };
}
