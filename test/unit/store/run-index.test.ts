import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { KeptRun } from '../../../protocol/journal.ts';
import { findKeptRun, keepRun, listKeptRuns, removeKeptRun } from '../../../store/run-index.ts';
import { tempStore } from '../workspace/kit.ts';

const kept = (run: string, endedAt = 2): KeptRun => ({
  ...{ run, runId: 'r', workflowType: 'script', name: 'n', input: 'a'.repeat(64), journal: 'b'.repeat(64) },
  ...{ journalVersion: 1, startedAt: 1, endedAt },
});

test('what was kept is found by id, listed latest first, replaced, and removed', async () => {
  const store = tempStore();
  expect(await findKeptRun(store, 'one')).toBeNull();
  expect(await listKeptRuns(store)).toEqual([]);
  await keepRun(store, kept('one', 1));
  await keepRun(store, kept('two', 5));
  await keepRun(store, kept('one', 3));
  expect(await findKeptRun(store, 'one')).toEqual(kept('one', 3));
  expect((await listKeptRuns(store)).map(({ run }) => run)).toEqual(['two', 'one']);
  await removeKeptRun(store, 'two');
  await removeKeptRun(store, 'never there');
  expect((await listKeptRuns(store)).map(({ run }) => run)).toEqual(['one']);
});

const HOSTILE = [
  '../../etc/passwd',
  '..',
  '.',
  '',
  'a/b',
  'a\\b',
  'nul\0l',
  'x'.repeat(2_000),
  'Run',
  'run',
  '🎉',
  'a b',
  'a_b',
  '-rf',
];

test('I2: no id leaves the folder, and no two share a file', async () => {
  const store = tempStore();
  for (const run of HOSTILE) await keepRun(store, kept(run));
  const files = readdirSync(path.join(store.home, 'runs'));
  expect(new Set(files.map((file) => file.toLowerCase())).size).toBe(HOSTILE.length);
  expect(files.every((file) => /^[\w-]*\.[0-9a-f]{24}\.json$/.test(file))).toBe(true);
  for (const run of HOSTILE) expect(await findKeptRun(store, run)).toEqual(kept(run));
  expect(existsSync(path.join(store.home, '..', 'etc'))).toBe(false);
});

test.each([
  ['torn', (text: string) => text.slice(0, 40)],
  ['of another version', (text: string) => text.replace('"v":1', '"v":2')],
  ['of another id', (text: string) => text.replace('"run":"one"', '"run":"two"')],
  ['with no blob', (text: string) => text.replaceAll('b', 'z')],
  ['no JSON object', () => '[]'],
])('I3: a file that is %s is none', async (_what, edit) => {
  const store = tempStore();
  await keepRun(store, kept('one'));
  const [name = ''] = readdirSync(path.join(store.home, 'runs'));
  const file = path.join(store.home, 'runs', name);
  writeFileSync(file, edit(readFileSync(file, 'utf8')));
  expect(await findKeptRun(store, 'one')).toBeNull();
});
