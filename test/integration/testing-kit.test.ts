/** `braid/testing` as its users meet it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestKit, promptOf, type TestKit } from '../../testing/index.ts';

let kit: TestKit;
beforeAll(async () => {
  kit = await createTestKit();
});
afterAll(() => kit.close());

it('runs a script against a scripted model and replays it', async () => {
  const { result, requests } = await kit.run(
    { source: 'return await parallel(args.map((x) => () => agent("about " + x)))', file: 'mine.js' },
    { args: ['a', 'b'], model: (request) => `so: ${promptOf(request)}` },
  );
  expect(result).toMatchObject({
    status: 'completed',
    value: ['so: about a', 'so: about b'],
    usage: { calls: 2, requests: 2 },
  });
  expect(requests.map(promptOf).toSorted()).toEqual(['about a', 'about b']);
});

it('gives a failed run as its result', async () => {
  const { result } = await kit.run({ source: 'throw new Error("mine")', file: 'mine.js' });
  expect(result).toMatchObject({ status: 'failed', error: { code: 'BRAID_SCRIPT_ERROR', line: 1 } });
});
