/**
 * RL-60 on the built command: SIGKILL of the worker at many boundaries of one run, with recursion depth 2 and batches. Same
 * answer, same variables, no finished call made again. All boundaries, one by one: test/integration/rlm/kill-sweep.test.ts.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startProvider, type SeenRequest, type TestProvider } from '../../testing/provider/index.ts';
import { useCli, type CliResult, type Running } from '../kit/cli.ts';
import { CALLS, distinct, finishedIn, PLAY, repeats, REQUESTS } from '../kit/kill-play.ts';

let provider: TestProvider;
const cli = useCli({ OPENAI_API_KEY: 'k' });
const context = path.join(cli.home, 'context.txt');
const RUN = [
  'rlm',
  'root',
  '--context',
  context,
  '--depth',
  '2',
  '--no-workspace',
  '--model',
  'openai-chat/x',
  '--concurrency',
  '6',
  '-o',
  'json',
];

beforeAll(async () => {
  provider = await startProvider(async (request, n) => ({ text: String(await PLAY(request, n)), delayMs: 80 }));
  cli.env['OPENAI_BASE_URL'] = provider.url;
  writeFileSync(context, 'some text to look at\n'.repeat(500));
  const server = cli.start(['dev', '--no-worker']);
  await server.until(/Temporal server started/, 300_000);
});
afterAll(() => provider.close());

describe('RL-60', () => {
  let worker: Running;
  let expected: unknown;

  it('kills in calls, between calls and cells, and in children change nothing', async () => {
    worker = await startWorker();
    const whole = await run([]);
    expect(whole.requests).toHaveLength(REQUESTS);
    // Each run has random numbers of its own.
    expected = { ...(whole.result.json().value as object), random: expect.any(Number) };
    expect(whole.result.json()).toMatchObject({ status: 'completed', usage: { calls: CALLS, requests: REQUESTS } });
    const { result, requests, lost } = await run([1, 4, 7, 10, 13, 16]);
    expect(result.stderr).not.toMatch(/BRAID_INTERNAL/);
    expect(result.json()).toMatchObject({ status: 'completed', value: expected, usage: { calls: CALLS, failed: 0 } });
    expect(distinct(requests)).toHaveLength(REQUESTS);
    expect(repeats(requests).length).toBeLessThanOrEqual(lost);
  });

  /** Kills when the n-th request arrives; every other time a little after it was answered, in the cell that follows. */
  async function run(kills: number[]): Promise<{ result: CliResult; requests: SeenRequest[]; lost: number }> {
    const before = provider.requests.length;
    const since = () => provider.requests.slice(before);
    const running = cli.start(RUN);
    const finished = finishedIn(cli.home);
    let lost = 0;
    for (const [index, n] of kills.entries()) {
      const answered = index % 2 === 1;
      await expect.poll(() => distinct(since()).length, { timeout: 60_000, interval: 5 }).toBeGreaterThanOrEqual(n);
      if (answered) {
        await expect
          .poll(() => distinct(since())[n - 1]?.endedAt, { timeout: 60_000, interval: 5 })
          .toBeTypeOf('number');
        await sleep(20 * index);
      }
      worker.child.kill('SIGKILL');
      await worker.ended;
      lost += distinct(since()).length - (finishedIn(cli.home) - finished);
      worker = await startWorker();
    }
    return { result: await running.ended, requests: since(), lost };
  }
});

async function startWorker(): Promise<Running> {
  const worker = cli.start(['worker']);
  await worker.until(/Worker ready/);
  return worker;
}
