/** Journals of real histories: what a run finished, carried to another store, and kept by a garbage collection. */
import { readdirSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test } from 'vitest';
import { createJournalActivities } from '../../../activities/journal/index.ts';
import { exportRun } from '../../../client/export-run.ts';
import { importRun } from '../../../client/import-run.ts';
import { keepRoots } from '../../../client/keep-roots.ts';
import { readRun } from '../../../client/view/read.ts';
import { BraidError } from '../../../protocol/errors.ts';
import type { JournalEntry, JournalRef } from '../../../protocol/journal.ts';
import type { Store } from '../../../store/blobs.ts';
import { collectGarbage } from '../../../store/gc.ts';
import { findKeptRun, keepRun } from '../../../store/run-index.ts';
import { promptOf } from '../../../testing/provider/index.ts';
import { useHarness } from '../../kit/harness.ts';
import { tempFolder, tempStore } from '../../unit/workspace/kit.ts';

const h = useHarness();
const TAG = { address: 'journal', label: 'journal', phase: null, model: null, turn: 0 };
const BIG = 'long '.repeat(2_000);

const SCRIPT = `
export const meta = { name: 'reading', description: 'three calls' }
const all = await parallel([() => agent('big'), () => agent('small'), () => agent('broken')])
return all.map((text) => text?.length ?? null)`;

const start = () =>
  h.run(SCRIPT, {
    provider: (request) => {
      const prompt = promptOf(request);
      return prompt.includes('broken') ? { status: 400 } : prompt.includes('big') ? BIG : 'ok';
    },
  });

function activitiesOf(store: Store, workflowId: string) {
  const activities = createJournalActivities({ store, client: () => h.client });
  const run = <T>(work: () => Promise<T>): Promise<T> =>
    new MockActivityEnvironment({ workflowExecution: { workflowId, runId: '' } }).run(work) as Promise<T>;
  return {
    open: (from: string) => run(() => activities.openJournal(TAG, { run: from, snapshot: null })),
    read: (journal: JournalRef) => run(() => activities.readJournal(TAG, { journal, path: '', part: 0 })),
    close: () => run(() => activities.closeJournal(TAG, { root: true })),
  };
}

const told = ({ label, failed, value }: JournalEntry) => `${label}: ${failed ?? String(value).length}`;

test('what a run finished is read from its history, and from what it left when that is gone', async () => {
  const { handle } = await start();
  const here = activitiesOf(h.store, 'new-run');
  const { journal, calls } = await here.open(handle.workflowId);
  expect(calls).toBe(2);
  const { entries, next } = await here.read(journal);
  expect(next).toBeNull();
  expect(entries.map(told).toSorted()).toEqual([
    `big: ${BIG.length}`,
    'broken: BRAID_PROVIDER_BAD_REQUEST',
    'small: 2',
  ]);

  const closed = await activitiesOf(h.store, handle.workflowId).close();
  const kept = await findKeptRun(h.store, handle.workflowId);
  expect(kept).toMatchObject({ name: 'reading', workflowType: 'script', journal: closed.blob });
  if (kept !== null) await keepRun(h.store, { ...kept, run: 'long-gone' });
  expect(await here.open('long-gone')).toMatchObject({ calls: 2, journal: { run: 'long-gone' } });
});

test('exported, and imported into another store', async () => {
  const { handle } = await start();
  const file = path.join(tempFolder(), 'run.braid');
  expect(await exportRun(h.client, h.store, handle.workflowId, file)).toMatchObject({ histories: 1 });
  const store = tempStore();
  expect(await importRun(store, file)).toMatchObject({ run: handle.workflowId, name: 'reading' });
  const kept = await findKeptRun(store, handle.workflowId);
  if (kept !== null) await keepRun(store, { ...kept, run: 'from-elsewhere' });
  const there = activitiesOf(store, 'new-run');
  const { journal, calls } = await there.open('from-elsewhere');
  expect(calls).toBe(2);
  expect((await there.read(journal)).entries.map(told)).toContain(`big: ${BIG.length}`);
});

test('unknown runs and parts of runs are errors with their codes', async () => {
  await expect(activitiesOf(h.store, 'new-run').open('never-there')).rejects.toMatchObject({
    type: 'BRAID_RUN_UNKNOWN',
    nonRetryable: true,
  });
  await expect(activitiesOf(h.store, 'same').open('same')).rejects.toMatchObject({
    type: 'BRAID_JOURNAL',
    nonRetryable: true,
  });
  const nowhere = path.join(tempFolder(), 'run.braid');
  await expect(exportRun(h.client, h.store, 'never-there', nowhere)).rejects.toBeInstanceOf(BraidError);
});

test('a garbage collection leaves all that the histories on the server name', async () => {
  const { handle } = await start();
  const { open } = activitiesOf(h.store, 'new-run');
  await h.store.put('nobody refers to this');
  const old = new Date(Date.now() - 48 * 60 * 60_000);
  const blobs = path.join(h.store.home, 'blobs');
  for (const name of readdirSync(blobs, { recursive: true, encoding: 'utf8' }))
    utimesSync(path.join(blobs, name), old, old);
  const report = await collectGarbage(h.store, { keep: keepRoots(h.client), olderThanMs: 1, dryRun: false });
  expect(report.blobs.removed).toBeGreaterThan(0);
  expect((await readRun(h.client, handle.workflowId)).notices).toEqual([]);
  expect((await open(handle.workflowId)).calls).toBe(2);
});
