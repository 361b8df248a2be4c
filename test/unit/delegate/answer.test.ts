import { expect, test } from 'vitest';
import type { CallResult } from '../../../protocol/guest.ts';
import type { Json } from '../../../protocol/json.ts';
import { DELEGATE } from '../../../protocol/limits.ts';
import { NO_SPEND } from '../../../protocol/outcome.ts';
import type { Patch } from '../../../protocol/overlay.ts';
import { answerOf } from '../../../workflows/delegate/answer.ts';

const gave = (value: Json, beside: Partial<CallResult> = {}): CallResult => ({
  ...{ ok: true, value, reason: null, error: null, usage: NO_SPEND, replayed: false, degraded: false, ms: 1 },
  ...{ throws: false, outcome: null },
  ...beside,
});
const outputOf = (value: Json | CallResult) => answerOf({ ok: true, value }).output;

test('texts stand as they are, all else is JSON', () => {
  expect(answerOf({ ok: true, value: gave('hi') })).toEqual({ output: 'hi', isError: false, reads: [] });
  expect(outputOf(gave({ a: [1, null] }))).toBe('{"a":[1,null]}');
  expect(outputOf(gave(null))).toBe('null');
});

test('a long result is cut, and says so; a half of a pair of surrogates is never left', () => {
  const { resultChars } = DELEGATE;
  const text = 'x'.repeat(resultChars - 1) + '😀' + 'y'.repeat(100);
  const output = outputOf(gave(text));
  expect(output).toMatch(new RegExp(`\n… \\(cut: ${resultChars} of ${text.length} characters;`));
  expect(output.isWellFormed()).toBe(true);
  expect(outputOf(gave('x'.repeat(resultChars)))).toBe('x'.repeat(resultChars));
});

test('of a result that is a reference, its start is shown', () => {
  const text = { manifest: 'a'.repeat(64), part: 0, start: 0, end: 5_000_000 };
  expect(outputOf(gave({ text, length: 5_000_000, json: false, preview: 'It begins' }))).toBe(
    'It begins\n… (only the start of a result of 5000000 characters)',
  );
});

test('changed files are named, the first of many', () => {
  const file = (path: string) => ({ path, kind: 'changed' as const, added: 1, removed: 0 });
  const patch: Patch = { id: 'agent:1', overlay: 'a', from: null, files: [file('a.js')] };
  expect(outputOf(gave('done', { patch }))).toBe('done\n\nFiles changed: a.js (changed).');
  const many = Array.from({ length: DELEGATE.files + 3 }, (_, n) => file(`${n}.js`));
  expect(outputOf(gave('done', { patch: { ...patch, files: many } }))).toMatch(/19\.js \(changed\) and 3 more\.$/);
});

test('failures are answers with a code', () => {
  const error = { code: 'BRAID_CALL_TIMEOUT', message: 'It took too long.' };
  const failed = gave(null, { ok: false, reason: 'timeout', error });
  expect(answerOf({ ok: true, value: failed })).toEqual({
    ...{ output: 'BRAID_CALL_TIMEOUT: It took too long.', isError: true, reads: [] },
  });
  expect(answerOf({ ok: false, error })).toMatchObject({ isError: true });
  expect(answerOf(null).output).toMatch(/^BRAID_CALL_CANCELLED/);
});
