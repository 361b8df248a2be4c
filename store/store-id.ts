import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { BraidError } from '../protocol/errors.ts';
import { guardSync, hasCode, type Disk } from './disk.ts';

/**
 * The name of this store, made once: 16 hex digits. It is part of the task queue's name, so two processes that open a
 * new store at the same moment must come to the same one. Synchronous, because everything else waits for it anyway.
 */
export function readStoreId(disk: Disk): string {
  const file = disk.at('id');
  const id = guardSync(file, () => readId(file) ?? makeId(disk, file));
  if (/^[0-9a-f]{16}$/.test(id)) return id;
  throw new BraidError('BRAID_STORE', `${file} holds ${JSON.stringify(id.slice(0, 40))}, which is no store id.`, {
    fix: `Restore the file from a backup, or delete it: runs of the old id then need it back to go on.`,
  });
}

function readId(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function makeId(disk: Disk, file: string): string {
  const mine = randomBytes(8).toString('hex');
  const temp = disk.at('tmp', `id-${mine}`);
  writeFileSync(temp, `${mine}\n`, { mode: 0o600 });
  try {
    linkSync(temp, file);
  } catch (error) {
    // EEXIST: another process was first. Other codes: no hard links here; `wx` has one winner as well.
    if (!hasCode(error, 'EEXIST')) writeExclusive(file, mine);
  } finally {
    rmSync(temp, { force: true });
  }
  return readId(file) ?? mine;
}

function writeExclusive(file: string, id: string): void {
  try {
    writeFileSync(file, `${id}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}
