import { expect, test } from 'vitest';
import { resolveRequest } from '../../../activities/model/prompt-texts.ts';
import type { ReadText } from '../../../activities/read-text.ts';
import type { TextRef } from '../../../protocol/context.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { messageOf, requestOf, setup } from './harness.ts';

const TEXT = 'The quick brown fox';
const ref = (start: number, end: number): TextRef => ({ manifest: 'a'.repeat(64), part: 0, start, end });

function reader(): { read: ReadText; reads: TextRef[] } {
  const reads: TextRef[] = [];
  return { reads, read: async (asked) => (reads.push(asked), TEXT.slice(asked.start, asked.end)) };
}

test('M5: references become text in the request, and a finished call reads nothing', async () => {
  const { read, reads } = reader();
  const s = await setup(() => 'ok');
  const request = requestOf({ messages: [{ role: 'user', text: ['Read: ', ref(4, 9), '!'] }] });
  const info = { activityId: '1' };
  await messageOf(s.worker({ readText: read }).attempt(request, info));
  await messageOf(s.worker({ readText: read }).attempt(request, { ...info, attempt: 2 }));
  expect(s.provider.requests.map(({ body }) => JSON.stringify(body))).toEqual([
    expect.stringContaining('Read: quick!') as string,
  ]);
  expect(reads).toHaveLength(1);
  await s.close();
});

test('a text that is gone fails the call for good, with the code of the store', async () => {
  const s = await setup(() => 'ok');
  const request = requestOf({ messages: [{ role: 'user', text: [ref(0, 3)] }] });
  await expect(s.worker().attempt(request).result).rejects.toMatchObject({
    type: 'BRAID_BLOB_MISSING',
    nonRetryable: true,
    details: [{ requests: 0 }],
  });
  expect(s.provider.requests).toHaveLength(0);
  await s.close();
});

test('a prompt that is too large is refused before any of it is read', async () => {
  const { read, reads } = reader();
  const request = requestOf({ messages: [{ role: 'user', text: [ref(0, LIMITS.promptChars), 'more'] }] });
  await expect(resolveRequest(request, read)).rejects.toMatchObject({ code: 'BRAID_OPTION' });
  expect(reads).toEqual([]);
});
