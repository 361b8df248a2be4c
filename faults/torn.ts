/**
 * Files of the store that may be lost by design, torn as a power cut or a full disk would: records of calls whose results the server
 * has, and heap snapshots. Blobs are not among them: a history refers to them, and nothing else holds what is in them.
 */
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import type { Store } from '../store/blobs.ts';
import { callRecords, type CallRecord } from './records.ts';
import type { Dice } from './seeded.ts';

const MOST = 8;

/** Tears records of answers that are `reported`; returns how many. */
export function tearRecords(store: Store, reported: ReadonlySet<string>, dice: Dice): number {
  const safe = callRecords(store).filter(({ answer }) => reported.has(answer));
  const torn = dice.some(
    safe.toSorted((a, b) => (a.answer < b.answer ? -1 : 1)),
    MOST,
  );
  for (const record of torn) tearLine(record, dice);
  return torn.length;
}

/** From somewhere to its end. In place: its neighbours are records of calls that may be needed, and a worker may be writing more. */
function tearLine({ file, from, to }: CallRecord, dice: Dice): void {
  const start = dice.between(from, to - 1);
  const handle = openSync(file, 'r+');
  writeSync(handle, Buffer.alloc(to - start), 0, to - start, start);
  closeSync(handle);
}

export function tearHeaps({ home }: Store, dice: Dice): number {
  const folder = path.join(home, 'heaps');
  if (!existsSync(folder)) return 0;
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.join(parentPath, name));
  return tearFiles(files, dice);
}

function tearFiles(files: readonly string[], dice: Dice): number {
  const torn = dice.some(files.toSorted(), MOST);
  for (const file of torn) tear(file, dice);
  return torn.length;
}

function tear(file: string, dice: Dice): void {
  const { length } = readFileSync(file);
  const left = dice.between(0, Math.max(0, length - 1));
  if (dice.next() < 0.5) return truncateSync(file, left);
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.fill(0, left));
}
