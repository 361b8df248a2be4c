/** DW-48: SIGKILL of the worker, and of the server, in the middle of a run. No finished call repeats, and the result is right. */
import { setTimeout as sleep } from 'node:timers/promises';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { instanceFor, readRecord } from '../../server/registry.ts';
import { ROOT, useCli, type CliResult, type Running } from '../kit/cli.ts';
import { promptOf, startProvider, type TestProvider } from '../../testing/provider/index.ts';

const CALLS = 60;
const SCRIPT = `export const meta = {name: 'kill', description: 'a pipeline of ${CALLS} calls'}
return await pipeline(Array.from({length: ${CALLS / 3}}, (_, i) => i),
  (x) => agent('one of ' + x, {label: 'one ' + x}),
  (p, x) => agent('two of ' + x + ' after ' + p),
  (p, x) => agent('three of ' + x + ' after ' + p))`;

let provider: TestProvider;
const cli = useCli({ OPENAI_API_KEY: 'k' });
const script = path.join(cli.home, 'kill.js');

const RUN = ['run', script, '--model', 'openai-chat/x', '--concurrency', '6', '-o', 'json'];

beforeAll(async () => {
  provider = await startProvider((request) => ({
    text: `<${promptOf(request).split(' after ')[0]}>`,
    delayMs: 150 + (request.n % 7) * 60,
  }));
  cli.env['OPENAI_BASE_URL'] = provider.url;
  writeFileSync(script, SCRIPT);
});
afterAll(() => provider.close());

describe('DW-48', () => {
  // A test that failed half-way must not leave its server to the next one.
  afterEach(() => cli.killAll());

  it.each([
    ['single calls', ['--no-workspace']],
    ['agents with tools, each a child workflow', ['--cwd', path.join(ROOT, 'examples')]],
  ])('three kills of the worker: %s', async (_name, workspace) => {
    const server = cli.start(['dev', '--no-worker']);
    await server.until(/Temporal server started/, 300_000);
    let worker = await startWorker();
    const before = provider.requests.length;
    const run = cli.start([...RUN, ...workspace]);
    let inFlight = 0;
    for (const after of [7, 22, 41]) {
      await asked(before + after);
      const killedAt = Date.now();
      worker.child.kill('SIGKILL');
      await worker.ended;
      inFlight += await unfinished(before, killedAt);
      worker = await startWorker();
    }
    check(await run.ended, before, inFlight);
  });

  it('a kill of the server, started again by hand', async () => {
    let server = cli.start(['dev', '--no-worker']);
    await server.until(/Temporal server started/, 300_000);
    await startWorker();
    const before = provider.requests.length;
    const run = cli.start([...RUN, '--no-workspace']);
    await asked(before + 20);
    const killedAt = Date.now();
    process.kill(readRecord(instanceFor(cli.home, undefined))!.pid, 'SIGKILL');
    await server.ended;
    const inFlight = await unfinished(before, killedAt);
    server = cli.start(['dev', '--no-worker']);
    await server.until(/Temporal server started/, 60_000);
    check(await run.ended, before, inFlight);
  });
});

function check(result: CliResult, before: number, inFlight: number): void {
  const asks = new Map<string, number>();
  for (const request of provider.requests.slice(before))
    asks.set(promptOf(request), (asks.get(promptOf(request)) ?? 0) + 1);
  const object = result.json();
  expect(result.stderr).not.toMatch(/BRAID_INTERNAL/);
  expect(object).toMatchObject({ status: 'completed', usage: { calls: CALLS, failed: 0 } });
  expect(object.value).toEqual(Array.from({ length: CALLS / 3 }, (_, i) => `<three of ${i}>`));
  expect(asks.size).toBe(CALLS);
  // Only what was in flight at a kill may be asked again, and only once for each kill.
  expect(provider.requests.length - before).toBeLessThanOrEqual(CALLS + inFlight);
  // A request is marked as sent before it leaves, so one that died on the way counts too (design §5.1).
  expect(object.usage.requests).toBeGreaterThanOrEqual(provider.requests.length - before);
  expect(object.usage.requests).toBeLessThanOrEqual(CALLS + inFlight + 6);
}

/**
 * Requests without an answer at a kill, or answered so lately that the worker may not have had it on disk yet. Those that had left and
 * were not read by the provider yet are among them: it runs in this process, and reads on while it waits here.
 */
async function unfinished(since: number, killedAt: number): Promise<number> {
  await sleep(100);
  const isOpen = ({ endedAt }: { endedAt: number | null }) => endedAt === null || endedAt > killedAt - 250;
  return provider.requests.slice(since).filter(isOpen).length;
}

async function startWorker(): Promise<Running> {
  const worker = cli.start(['worker']);
  await worker.until(/Worker ready/);
  return worker;
}

async function asked(n: number): Promise<void> {
  await expect.poll(() => provider.requests.length, { timeout: 90_000, interval: 20 }).toBeGreaterThanOrEqual(n);
}
