import { describe, expect, test } from 'vitest';
import type { JournalEntry } from '../../../protocol/journal.ts';
import { Journal } from '../../../workflows/journal/journal.ts';

const A = { hash: 'a'.repeat(32), parts: 'model:m prompt:a' };
const B = { hash: 'b'.repeat(32), parts: 'model:m prompt:b' };
const C = { hash: 'c'.repeat(32), parts: 'model:n prompt:c' };

function entry(key: typeof A, more: Partial<JournalEntry> = {}): JournalEntry {
  return {
    kind: 'call',
    path: '',
    ...key,
    ordinal: 1,
    at: 1,
    tries: null,
    label: 'l',
    seq: 1,
    failed: null,
    stale: false,
    from: 'old',
    value: `${key.hash[0]}`,
    large: null,
    usage: { inputTokens: 1, outputTokens: 1, usd: 0 },
    degraded: false,
    ms: 1,
    reads: [],
    ...more,
  };
}

function resumed(...entries: JournalEntry[]): Journal {
  const journal = new Journal('');
  journal.ref = { run: 'old', blob: 'x' };
  journal.add(entries);
  return journal;
}

const ask = (journal: Journal, key: typeof A, label = 'l') => journal.call('', key, label, null);

describe('V1: ordinals', () => {
  test('three identical voters stay three calls, also when one of them failed', () => {
    const journal = resumed(
      entry(A),
      entry(A, { ordinal: 2, failed: 'BRAID_CALL_LOST' }),
      entry(A, { ordinal: 3, value: 'third' }),
    );
    const asked = [ask(journal, A), ask(journal, A), ask(journal, A), ask(journal, A)];
    expect(asked.map(({ key }) => key.ordinal)).toEqual([1, 2, 3, 4]);
    expect(asked.map(({ served }) => served?.value)).toEqual(['a', undefined, 'third', undefined]);
    expect(asked.map(({ key }) => key.live)).toEqual([undefined, 'failed before', undefined, 'new']);
  });

  test('are counted for each path', () => {
    const journal = new Journal('');
    expect(journal.call('', A, 'l', null).key.ordinal).toBe(1);
    expect(journal.call('workflow:w.1/', A, 'l', null).key.ordinal).toBe(1);
    expect(journal.call('', A, 'l', null).key).toMatchObject({ ordinal: 2, at: 2 });
    expect([journal.count('', 'w'), journal.count('', 'w'), journal.count('', 'v')]).toEqual([1, 2, 1]);
  });
});

describe('V2: what is served', () => {
  test('nothing of another path', () => {
    const journal = resumed(entry(A, { path: 'rlm:x.1/' }));
    expect(ask(journal, A).served).toBeNull();
    expect(journal.call('rlm:x.1/', A, 'l', null).served?.value).toBe('a');
  });

  test('no stale entry', () => {
    expect(ask(resumed(entry(A, { stale: true })), A)).toMatchObject({
      served: null,
      key: { live: 'changed: what it read' },
    });
  });

  test('a call put before the others takes nothing from them', () => {
    const journal = resumed(entry(A), entry(B, { at: 2 }));
    expect(ask(journal, C, 'c')).toMatchObject({ served: null, key: { live: 'changed: model, prompt' } });
    expect(ask(journal, A).served?.value).toBe('a');
    expect(ask(journal, B).served?.value).toBe('b');
  });

  test('an edited call says what changed, the others are served', () => {
    const journal = resumed(entry(A, { label: 'first' }), entry(B, { label: 'second', at: 2 }));
    const edited = { hash: 'd'.repeat(32), parts: 'model:m prompt:d' };
    expect(ask(journal, A, 'first').served?.value).toBe('a');
    expect(ask(journal, edited, 'second').key.live).toBe('changed: prompt');
    expect(ask(journal, edited, 'third').key.live).toBe('new');
  });

  test('requests and calls are apart', () => {
    const journal = resumed(entry(A, { kind: 'request', value: { kind: 'message' } }));
    expect(ask(journal, A).served).toBeNull();
    expect(new Journal('').request(A).served).toBeNull();
    expect(resumed(entry(A, { kind: 'request' })).request(A).served?.value).toBe('a');
  });

  test('without a run to resume nothing is told of why', () => {
    expect(ask(new Journal(''), A)).toEqual({ key: { path: '', ...A, ordinal: 1, at: 1, tries: null }, served: null });
  });
});
