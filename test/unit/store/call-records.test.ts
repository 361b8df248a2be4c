import { appendFileSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openStore, type Store } from '../../../store/blobs.ts';
import { openCallLogs } from '../../../store/call-records.ts';
import { sha256 } from '../../../store/hash.ts';
import { tempFolder, tempStore } from '../workspace/kit.ts';

const RUN = { workflowId: 'w/agent:1', runId: 'r' };
const ID = 'run/activity/../../hash\0\nsent ';

const recordsOf = (store: Store, run = RUN) => openCallLogs(store).of(run);

function files({ home }: Store): string[] {
  return readdirSync(path.join(home, 'calls'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.log'))
    .map((name) => path.join(home, 'calls', name));
}

function onlyFile(store: Store): string {
  const [file = '', ...others] = files(store);
  expect(others).toEqual([]);
  return file;
}

test('C1: a record is found by another process of the same store, and only under its id', async () => {
  const home = tempFolder();
  const record = { text: 'ja – 🦊\nsent x', usage: [1, 2.5, null], deep: { deeper: true } };
  await recordsOf(openStore(home)).saveCall(ID, record);
  const other = recordsOf(openStore(home));
  expect(await other.findCall(ID)).toEqual(record);
  expect(await other.findCall(`${ID}2`)).toBeUndefined();
  expect(await recordsOf(openStore(home), { ...RUN, runId: 'r2' }).findCall(ID)).toBeUndefined();
});

test('C1: what another process writes later is found by one that has looked before', async () => {
  const home = tempFolder();
  const [one, two] = [recordsOf(openStore(home)), recordsOf(openStore(home))];
  for (let n = 0; n < 3; n += 1) {
    expect(await two.findCall(`call ${n}`)).toBeUndefined();
    await two.saveCall(`own ${n}`, n);
    await one.saveCall(`call ${n}`, { n });
    expect(await two.findCall(`call ${n}`)).toEqual({ n });
    expect(await one.findCall(`own ${n}`)).toBe(n);
  }
});

test.each([null, false, 0, ''])('C1: %j is a record, not the lack of one', async (record) => {
  const calls = recordsOf(tempStore());
  await calls.saveCall(ID, record);
  expect(await calls.findCall(ID)).toBe(record);
});

test('the calls of an execution share one file; a thousand executions are open at once', async () => {
  const store = tempStore();
  const logs = openCallLogs(store);
  for (let n = 0; n < 5; n += 1) await logs.of(RUN).saveCall(`call ${n}`, n);
  onlyFile(store);
  for (let n = 0; n < 1_000; n += 1) await logs.of({ workflowId: `w${n}`, runId: '' }).saveCall(ID, n);
  expect(await logs.of(RUN).findCall('call 4')).toBe(4);
  expect(await logs.of({ workflowId: 'w0', runId: '' }).findCall(ID)).toBe(0);
});

test('C2: the first record stays', async () => {
  const calls = recordsOf(tempStore());
  await calls.saveCall(ID, 'first');
  await Promise.all(['second', 'third'].map((record) => calls.saveCall(ID, record)));
  expect(await calls.findCall(ID)).toBe('first');
});

test('a torn record counts as none and can be replaced', async () => {
  const store = tempStore();
  const calls = recordsOf(store);
  await calls.saveCall(ID, { value: 'long enough' });
  truncateSync(onlyFile(store), 80);
  expect(await calls.findCall(ID)).toBeUndefined();
  await calls.markSent(ID);
  await calls.saveCall(ID, 'again');
  expect(await calls.findCall(ID)).toBe('again');
  expect(await calls.sentCount(ID)).toBe(1);
});

test('A2: what a killed writer left unfinished swallows neither a mark nor a record', async () => {
  const store = tempStore();
  const calls = recordsOf(store);
  await calls.saveCall('before', 1);
  appendFileSync(onlyFile(store), `\ndone ${sha256(ID)} {"half": `);
  expect(await calls.findCall(ID)).toBeUndefined();
  expect(await calls.markSent(ID)).toBe(1);
  expect(await calls.findCall('before')).toBe(1);
  await calls.saveCall(ID, { whole: true });
  expect(await calls.findCall(ID)).toEqual({ whole: true });
  expect(await recordsOf(store).findCall(ID)).toEqual({ whole: true });
});

test('C3: marks count up, across openings and at once, each call for itself', async () => {
  const home = tempFolder();
  const calls = recordsOf(openStore(home));
  expect(await calls.sentCount(ID)).toBe(0);
  expect(await calls.markSent(ID)).toBe(1);
  expect(await calls.markSent(ID)).toBe(2);
  const other = recordsOf(openStore(home));
  const counts = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? calls : other).markSent(ID)));
  expect(counts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 3));
  expect(await other.sentCount(ID)).toBe(22);
  expect(await other.sentCount('another')).toBe(0);
});

test('calls of builds that kept a file for each are known, so that nothing they left open is repeated', async () => {
  const store = tempStore();
  const name = sha256(ID);
  const folder = path.join(store.home, 'calls', name.slice(0, 2));
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${name.slice(2)}.log`);
  writeFileSync(file, '\nsent\nsent');
  const calls = recordsOf(store);
  expect(await calls.sentCount(ID)).toBe(2);
  expect(await calls.markSent(ID)).toBe(3);
  expect(await calls.findCall(ID)).toBeUndefined();
  appendFileSync(file, `\n${JSON.stringify({ callId: ID, record: { paid: true } })}`);
  expect(await calls.findCall(ID)).toEqual({ paid: true });
  expect(readFileSync(file, 'utf8')).toMatch(/^\nsent\nsent\n\{/);
});
