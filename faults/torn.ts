/**
 * Files of the store that may be lost by design, torn as a power cut or a full disk would: records of calls whose results the server
 * has, and heap snapshots. Blobs are not among them: a history refers to them, and nothing else holds what is in them.
 */
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Store } from '../store/blobs.ts';
import { callFiles } from './records.ts';
import type { Dice } from './seeded.ts';

const MOST = 8;

/** Tears records of answers that are `reported`; returns how many. */
export function tearRecords(store: Store, reported: ReadonlySet<string>, dice: Dice): number {
  const files = callFiles(store).filter(({ answers }) => answers.length > 0 && answers.every((id) => reported.has(id)));
  return tearSome(
    files.map(({ file }) => file),
    dice,
  );
}

export function tearHeaps({ home }: Store, dice: Dice): number {
  const folder = path.join(home, 'heaps');
  if (!existsSync(folder)) return 0;
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.join(parentPath, name));
  return tearSome(files, dice);
}

function tearSome(files: readonly string[], dice: Dice): number {
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
