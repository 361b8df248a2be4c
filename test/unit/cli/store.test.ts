import { expect, it } from 'vitest';
import { garbageText } from '../../../client/cli/run-store.ts';
import { MIB } from '../../../protocol/limits.ts';

it('tells what was removed, or would be', () => {
  const report = { blobs: { kept: 40, removed: 12, removedBytes: 3.42 * MIB }, snapshots: 2, calls: 5, heaps: 1 };
  expect(garbageText(report, false)).toBe(
    'Removed 12 blobs (3.4 MiB), 2 snapshots, 5 records of calls, 1 heaps of sessions; 40 blobs stay.',
  );
  expect(garbageText(report, true)).toMatch(/^Would remove 12/);
});
