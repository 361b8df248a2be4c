import { readdirSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openStore } from '../../../store/blobs.ts';
import { openCallRecords } from '../../../store/call-records.ts';
import { tempFolder, tempStore } from '../workspace/kit.ts';

const ID = 'run/activity/../../hash\0';

test('C1: a record is found by another process of the same store, and only under its id', async () => {
  const home = tempFolder();
  const record = { text: 'ja – 🦊', usage: [1, 2.5, null], deep: { deeper: true } };
  await openCallRecords(openStore(home)).saveCall(ID, record);
  const other = openCallRecords(openStore(home));
  expect(await other.findCall(ID)).toEqual(record);
  expect(await other.findCall(`${ID}2`)).toBeUndefined();
});

test.each([null, false, 0, ''])('C1: %j is a record, not the lack of one', async (record) => {
  const calls = openCallRecords(tempStore());
  await calls.saveCall(ID, record);
  expect(await calls.findCall(ID)).toBe(record);
});

test('C2: the first record stays', async () => {
  const calls = openCallRecords(tempStore());
  await calls.saveCall(ID, 'first');
  await Promise.all(['second', 'third'].map((record) => calls.saveCall(ID, record)));
  expect(await calls.findCall(ID)).toBe('first');
});

test('a torn record counts as none and can be replaced', async () => {
  const store = tempStore();
  const calls = openCallRecords(store);
  await calls.saveCall(ID, { value: 'long enough' });
  const names = readdirSync(path.join(store.home, 'calls'), { recursive: true, encoding: 'utf8' });
  truncateSync(path.join(store.home, 'calls', names.find((name) => name.endsWith('.log')) ?? ''), 20);
  expect(await calls.findCall(ID)).toBeUndefined();
  await calls.markSent(ID);
  await calls.saveCall(ID, 'again');
  expect(await calls.findCall(ID)).toBe('again');
  expect(await calls.sentCount(ID)).toBe(1);
});

test('C3: marks count up, across openings and at once, each call for itself', async () => {
  const home = tempFolder();
  const calls = openCallRecords(openStore(home));
  expect(await calls.sentCount(ID)).toBe(0);
  expect(await calls.markSent(ID)).toBe(1);
  expect(await calls.markSent(ID)).toBe(2);
  const other = openCallRecords(openStore(home));
  await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? calls : other).markSent(ID)));
  expect(await other.sentCount(ID)).toBe(22);
  expect(await other.sentCount('another')).toBe(0);
});
