/** Flow control (design §8): a provider with limits is waited for, and loses no call; one without credit parks the run. */
import { describe, expect, it } from 'vitest';
import { SIGNALS } from '../../protocol/names.ts';
import { limited, promptOf, type Reply } from '../../testing/provider/index.ts';
import { resultOf, useHarness } from '../kit/harness.ts';
import { linesOf, viewOf } from '../kit/script-file.ts';

const h = useHarness();
const fan = (calls: number): string =>
  `return await parallel(Array.from({length: ${calls}}, (_, i) => () => agent("n" + i)))`;
const NO_CREDIT: Reply = {
  status: 429,
  body: { error: { message: 'You exceeded your current quota', code: 'insufficient_quota' } },
};

/** A model of its own for each test: what a worker learned of another would help. */
const model = (name: string): string => `openai-chat/${name}`;

describe('a storm of refusals', () => {
  it('loses no call and sends at most a tenth more requests than calls', async () => {
    const calls = 120;
    // Wide enough that also a slow machine uses the budget up before the window ends.
    const limits = { inFlight: 8, budget: { requests: calls / 2, windowMs: 6_000 }, tells: { retryAfter: true } };
    const { result, requests } = await h.run(fan(calls), {
      model: model('storm'),
      provider: limited(limits, (request) => ({ text: promptOf(request), delayMs: 40 })),
    });
    expect(result).toMatchObject({ status: 'completed', usage: { calls, failed: 0, refused: 0 } });
    expect(result.value).toEqual(Array.from({ length: calls }, (_, i) => `n${i}`));
    expect(result.usage.requests).toBe(requests.length);
    expect(requests.length).toBeGreaterThan(calls);
    expect(requests.length).toBeLessThanOrEqual(calls * 1.1);
  });
});

describe('a provider without credit', () => {
  it('parks the run with its children, and nothing is lost when it is resumed', async () => {
    let credit = false;
    const asked: string[] = [];
    const handle = await h.start(
      `return await parallel([() => agent("alone", {tools: []}), () => agent("child"), () => agent("later", {tools: []})])`,
      {
        model: model('broke'),
        workspace: import.meta.dirname,
        limits: { concurrency: 2 },
        provider: (request) => {
          asked.push(promptOf(request));
          return credit ? promptOf(request) : NO_CREDIT;
        },
      },
    );
    const state = async () => (await handle.describe()).searchAttributes['BraidState'];
    await expect.poll(state, { timeout: 10_000 }).toEqual(['paused']);
    expect(linesOf(await viewOf(h, handle), 'warning')).toEqual([
      expect.stringMatching(`^paused: quota: .*current quota; add credit, then: braid resume ${handle.workflowId}$`),
    ]);
    credit = true;
    await handle.signal(SIGNALS.resume);
    const result = await resultOf(handle);
    expect(result).toMatchObject({ status: 'completed', value: ['alone', 'child', 'later'], outcomes: [] });
    expect(result.usage).toMatchObject({ calls: 3, failed: 0, requests: asked.length });
    // "later" was not tried before there was credit.
    expect(asked.filter((prompt) => prompt === 'later')).toHaveLength(1);
  });
});

describe('two runs at one worker', () => {
  it('a small one does not wait for a wide one', async () => {
    const provider = limited({ inFlight: 8 }, (request) => ({ text: promptOf(request), delayMs: 40 }));
    const options = { model: model('shared'), provider };
    const asked = (): number => h.provider.requests.filter(({ model: name }) => name === 'shared').length;
    const wide = await h.start(fan(150), { ...options, limits: { concurrency: 64 } });
    await expect.poll(asked, { timeout: 30_000, interval: 10 }).toBeGreaterThan(20);
    expect(await h.start(fan(3), options).then(resultOf)).toMatchObject({ value: ['n0', 'n1', 'n2'] });
    expect(asked()).toBeLessThan(130);
    expect(await resultOf(wide)).toMatchObject({ status: 'completed', usage: { calls: 150, failed: 0 } });
  });
});
