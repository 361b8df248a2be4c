import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { keptAnswers } from '../../../faults/records.ts';
import { diceOf } from '../../../faults/seeded.ts';
import { tearHeaps, tearRecords } from '../../../faults/torn.ts';
import { openStore } from '../../../store/blobs.ts';
import { openCallLogs } from '../../../store/call-records.ts';
import { findHeap, saveHeap } from '../../../store/repl-snapshots.ts';

const RUN = { workflowId: 'w', runId: 'r' };
const openTemp = () => openStore(mkdtempSync(path.join(tmpdir(), 'braid-torn-')));

it('tears records of reported answers and no others; a torn one is no record, as its call is asked again then', async () => {
  const store = openTemp();
  const records = openCallLogs(store).of(RUN);
  for (const n of [1, 2, 3, 4]) {
    await records.markSent(`call ${n}`);
    await records.saveCall(`call ${n}`, { settled: { response: { requestId: `resp-0-${n}` } } });
  }
  expect(keptAnswers(store)).toEqual(new Set(['resp-0-1', 'resp-0-2', 'resp-0-3', 'resp-0-4']));
  expect(tearRecords(store, new Set(['resp-0-1', 'resp-0-2', 'resp-0-9']), diceOf('x'))).toBe(2);
  expect(await records.findCall('call 1')).toBeUndefined();
  expect(await records.findCall('call 2')).toBeUndefined();
  expect(await records.findCall('call 3')).toBeDefined();
  expect(await records.sentCount('call 1')).toBe(1);
  expect(await openCallLogs(store).of(RUN).findCall('call 4')).toBeDefined();
});

it('tears heap snapshots, which are as good as none then', async () => {
  const store = openTemp();
  expect(tearHeaps(store, diceOf('x'))).toBe(0);
  const packed = new Uint8Array(1_000).fill(7);
  const heap = { session: 's', version: 0, lineage: 'l', engine: 'e', packed };
  await saveHeap(store, heap);
  const asked = { session: 's', engine: 'e', lineages: ['l'] };
  expect(await findHeap(store, asked)).not.toBeNull();
  expect(tearHeaps(store, diceOf('x'))).toBe(1);
  expect(await findHeap(store, asked)).toBeNull();
});
