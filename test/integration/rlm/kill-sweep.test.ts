/**
 * RL-60, RL-61: SIGKILL of the worker at every boundary of a run with recursion depth 2 and batches. Boundaries are counted by
 * the provider: when a request arrives (its cell has ended, its call is in flight) and, with a delay that differs from one to
 * the next, after it was answered (before, in and after the cell that follows; before and after a child). Each round kills at
 * every fifth of them, so that all rounds together kill at all. Same answer, same variables, and no finished call is made again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RlmResult } from '../../../protocol/rlm.ts';
import type { Json } from '../../../protocol/json.ts';
import { promptOf, type SeenRequest } from '../../../testing/provider/index.ts';
import { resultOf } from '../../kit/harness.ts';
import { CALLS, distinct, openAt, PLAY, repeats, REQUESTS } from '../../kit/kill-play.ts';
import { useKillWorld, type WorkerProcess } from '../../kit/worker-process.ts';

const world = useKillWorld();

const OPTIONS = { context: 'some text to look at\n'.repeat(500), rlm: { depth: 2 }, limits: { concurrency: 6 } };
const DELAY = 60;
const ROUNDS = 5;

interface Swept {
  result: RlmResult;
  requests: SeenRequest[];
  /** Requests that may be there twice: in flight at a kill, or answered too lately to be on disk. */
  open: Set<SeenRequest>;
  latencies: number[];
}

describe('RL-60 RL-61 a kill at every boundary', () => {
  let expected: Json;
  beforeAll(async () => {
    const { result, requests } = await swept([]);
    expect(requests).toHaveLength(REQUESTS);
    expect(result.usage.calls).toBe(CALLS);
    expected = result.value;
  });

  it.each(Array.from({ length: ROUNDS }, (_, round) => round))('round %i', { timeout: 180_000 }, async (round) => {
    const all = Array.from({ length: REQUESTS * 2 }, (_, i) => ({ request: Math.floor(i / 2) + 1, answered: i % 2 === 1 }));
    const { result, requests, open, latencies } = await swept(all.filter((_, i) => i % ROUNDS === round));
    expect(result.partial).toBeNull();
    expect(result.value).toEqual(expected);
    expect(result.usage.calls).toBe(CALLS);
    expect(distinct(requests)).toHaveLength(REQUESTS);
    // Again only after an attempt that a kill took away.
    for (const request of repeats(requests)) expect(open.has(request), promptOf(request)).toBe(true);
    expect(result.usage.requests).toBeGreaterThanOrEqual(requests.length);
    expect(result.usage.requests).toBeLessThanOrEqual(REQUESTS + open.size);
    for (const ms of latencies) expect(ms).toBeLessThan(10_000);
  });
});

/** One run with a kill at each of the given boundaries; a new worker is started after each. */
async function swept(kills: { request: number; answered: boolean }[]): Promise<Swept> {
  const before = world.provider.requests.length;
  const since = () => world.provider.requests.slice(before);
  let worker: WorkerProcess = await world.startWorker();
  const open = new Set<SeenRequest>();
  const latencies: number[] = [];
  const handle = await world.startRlm('root', { ...OPTIONS, provider: async (request, n) => ({ ...textOf(await PLAY(request, n)), delayMs: DELAY }) });
  const ended = resultOf<RlmResult>(handle);
  let over = false;
  void ended.finally(() => (over = true));
  for (const [index, kill] of kills.entries()) {
    const reached = () => distinct(since())[kill.request - 1];
    while (!over && (reached() === undefined || (kill.answered && reached()?.endedAt === null))) await sleep(3);
    if (over) break;
    if (kill.answered) await sleep([0, 10, 25, 45, 70, 110][index % 6]);
    for (const request of openAt(since())) open.add(request);
    await worker.kill();
    worker = await world.startWorker();
    const ready = Date.now();
    const count = since().length;
    while (!over && since().length === count) await sleep(3);
    latencies.push(Date.now() - ready);
  }
  const result = await ended;
  process.stderr.write(`resume latencies: ${latencies.join(' ')} ms\n`);
  await worker.kill();
  return { result, requests: since(), open, latencies };
}

function textOf(reply: Awaited<ReturnType<typeof PLAY>>): { text: string } {
  if (typeof reply !== 'string') throw new Error('only texts are scripted here');
  return { text: reply };
}
