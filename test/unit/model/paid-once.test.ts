import { CancelledFailure } from '@temporalio/activity';
import { afterEach, describe, expect, it } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import { logsOf, memoryRecords, messageOf, requestOf, setup, type Setup } from './harness.ts';

let open: Setup | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
});

describe('paid once', () => {
  it('M1: the answer is in the store before it is returned, and the next attempt finds it', async () => {
    open = await setup(() => 'first');
    const returned: string[] = [];
    const records = memoryRecords();
    const first = open.worker({
      logs: logsOf({
        ...records,
        saveCall: async (id, record) => (await sleep(50), returned.push('saved'), records.saveCall(id, record)),
      }),
    });
    const response = await messageOf(first.attempt(requestOf()));
    returned.push('returned');
    expect(returned).toEqual(['saved', 'returned']);
    open.provider.setScript(() => 'second');
    const again = await messageOf(open.worker({ logs: logsOf(records) }).attempt(requestOf(), { attempt: 2 }));
    expect(again).toEqual(response);
    expect(open.provider.requests).toHaveLength(1);
  });

  it('M1: another request, activity or run is another call', async () => {
    open = await setup((_, n) => `answer ${n}`);
    const worker = open.worker();
    await messageOf(worker.attempt(requestOf(), { activityId: '1' }));
    expect((await messageOf(worker.attempt(requestOf(), { activityId: '2' }))).text).toBe('answer 2');
    expect((await messageOf(worker.attempt(requestOf({ system: 's' }), { activityId: '1' }))).text).toBe('answer 3');
    expect((await messageOf(worker.attempt(requestOf(), { activityId: '1' }))).text).toBe('answer 1');
  });

  it('M1: an answer that cannot be stored is still returned, with a note', async () => {
    open = await setup(() => 'dear');
    const records = { ...memoryRecords(), saveCall: () => Promise.reject(new Error('disk full')) };
    const response = await messageOf(open.worker({ logs: logsOf(records) }).attempt(requestOf()));
    expect(response).toMatchObject({ text: 'dear', notes: [expect.stringContaining('disk full')] });
  });

  it('M2: a second attempt in the same process joins the first one', async () => {
    open = await setup(() => ({ text: 'shared', delayMs: 150 }));
    const worker = open.worker();
    const first = worker.attempt(requestOf(), { attempt: 1 });
    await expect.poll(() => open?.provider.requests.length).toBe(1);
    const second = worker.attempt(requestOf(), { attempt: 2 });
    expect(await messageOf(second)).toEqual(await messageOf(first));
    expect(open.provider.requests).toHaveLength(1);
  });

  it('F3: a lost attempt leaves its request to the next one', async () => {
    open = await setup(() => ({ text: 'kept', delayMs: 200 }));
    const worker = open.worker();
    const first = worker.attempt(requestOf(), { attempt: 1 });
    await expect.poll(() => open?.provider.requests.length).toBe(1);
    first.env.cancel('NOT_FOUND');
    await expect(first.result).rejects.toThrow(CancelledFailure);
    expect((await messageOf(worker.attempt(requestOf(), { attempt: 2 }))).text).toBe('kept');
    expect(open.provider.requests).toHaveLength(1);
    expect(open.provider.requests[0]?.closed).toBe(false);
  });

  it('F2: a cancelled attempt closes the socket', async () => {
    open = await setup(() => ({ hang: 'middle', text: 'Once upon a time' }));
    const attempt = open.worker().attempt(requestOf());
    await expect.poll(() => open?.provider.requests.length).toBe(1);
    expect(open.provider.requests[0]?.closed).toBe(false);
    attempt.env.cancel('CANCELLED');
    await expect(attempt.result).rejects.toThrow(CancelledFailure);
    await expect.poll(() => open?.provider.requests[0]?.closed).toBe(true);
    expect(open.records.saved.size).toBe(0);
  });

  it('M3: requests of attempts that died with their worker are counted', async () => {
    open = await setup((_, n) => (n === 1 ? { hang: 'headers' } : 'alive'));
    const dead = open.worker().attempt(requestOf(), { attempt: 1 });
    await expect.poll(() => open?.provider.requests.length).toBe(1);
    const response = await messageOf(open.worker().attempt(requestOf(), { attempt: 2 }));
    expect(response).toMatchObject({ text: 'alive', requests: 2 });
    dead.env.cancel('CANCELLED');
  });
});

describe('heartbeats', () => {
  it('go on while the provider is silent, and carry tokens while it talks', async () => {
    open = await setup(() => ({ text: 'x'.repeat(400), chunkMs: 120 }));
    const attempt = open.worker().attempt(requestOf(), { heartbeatTimeoutMs: 300 });
    await messageOf(attempt);
    expect(attempt.heartbeats[0]).toMatchObject({ requests: 1 });
    expect(attempt.heartbeats.length).toBeGreaterThan(3);
    expect(attempt.heartbeats.some((beat) => beat.state === 'streaming' && beat.outputTokens >= 25)).toBe(true);
  });

  it('are at most one a second however fast tokens come', async () => {
    open = await setup(() => ({ text: 'x'.repeat(400), chunkMs: 30 }));
    const attempt = open.worker().attempt(requestOf());
    await messageOf(attempt);
    expect(attempt.heartbeats.length).toBeLessThanOrEqual(1);
  });
});
