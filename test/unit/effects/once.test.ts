import { expect, it } from 'vitest';
import { atMostOnce } from '../../../activities/effects/once.ts';
import { tempStore } from '../workspace/kit.ts';
import { openCallLogs } from '../../../store/call-records.ts';

const DONE = { output: 'done', isError: false, reads: [] };

function world() {
  const records = openCallLogs(tempStore()).of({ workflowId: 'w', runId: 'r' });
  let begun = 0;
  /** `dies`: the worker is gone after the effect, before its result is kept. */
  const attempt = (key: string, { repeatable = false, dies = false } = {}) =>
    atMostOnce(records, { key, repeatable }, async (begin) => {
      await begin();
      begun += 1;
      if (dies) throw new Error('the worker died');
      return DONE;
    });
  return { records, attempt, begun: () => begun };
}

it('N1: a result is found by the next attempt, which repeats nothing', async () => {
  const { attempt, begun } = world();
  expect(await attempt('a')).toEqual(DONE);
  expect(await attempt('a')).toEqual(DONE);
  expect(begun()).toBe(1);
});

it('N1: an intent alone is answered by "unknown", by every later attempt', async () => {
  const { attempt, begun } = world();
  await expect(attempt('a', { dies: true })).rejects.toThrow('died');
  expect(await attempt('a')).toEqual({ unknown: true });
  expect(await attempt('a')).toEqual({ unknown: true });
  expect(begun()).toBe(1);
  expect(await attempt('a~2')).toEqual(DONE);
});

it('N1: what failed before the effect may be tried again', async () => {
  const { records, attempt } = world();
  const early = atMostOnce(records, { key: 'a', repeatable: false }, () => Promise.reject(new Error('no disk')));
  await expect(early).rejects.toThrow('no disk');
  expect(await attempt('a')).toEqual(DONE);
});

it('N2: of attempts that begin at once at most one goes on', async () => {
  const { attempt, begun } = world();
  const answers = await Promise.all(Array.from({ length: 8 }, () => attempt('a')));
  expect(begun()).toBeLessThanOrEqual(1);
  expect(answers.filter((answer) => 'unknown' in answer).length).toBeGreaterThanOrEqual(7);
});

it('N3: what is repeatable is repeated without a question', async () => {
  const { attempt, begun } = world();
  await expect(attempt('a', { repeatable: true, dies: true })).rejects.toThrow('died');
  expect(await attempt('a', { repeatable: true })).toEqual(DONE);
  expect(begun()).toBe(2);
});
