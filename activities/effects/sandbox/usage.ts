/** What a command uses while it runs. Numbers of what changes under the reader: what is gone in the meantime counts nothing. */
import { opendir, lstat, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { SHELL } from '../../../protocol/limits.ts';

const PAGE = 4096;

/** Resident bytes of a process and all below it. Pages that several share count for each: a limit on it is a bit stricter than it says. */
export async function residentBytes(pid: number): Promise<number> {
  let sum = 0;
  const waiting = [pid];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const statm = await readFile(`/proc/${next}/statm`, 'utf8').catch(() => '');
    sum += Number(statm.split(' ')[1] ?? 0) * PAGE;
    const threads = await readdir(`/proc/${next}/task`).catch(() => []);
    const lists = await Promise.all(
      threads.map((thread) => readFile(`/proc/${next}/task/${thread}/children`, 'utf8').catch(() => '')),
    );
    for (const child of lists.join(' ').split(' ')) if (/^\d+$/.test(child)) waiting.push(Number(child));
  }
  return sum;
}

export interface DiskUsage {
  files: number;
  bytes: number;
}

/** Files and bytes below a folder; the walk ends as soon as one of them is above `most`, or a path is too long to be walked. */
export async function diskUsage(
  folder: string,
  most: DiskUsage = { files: Infinity, bytes: Infinity },
): Promise<DiskUsage> {
  const sum = { files: 0, bytes: 0 };
  const waiting = [folder];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next.length - folder.length > SHELL.pathChars) return { files: Infinity, bytes: sum.bytes };
    const entries = await opendir(next).catch(() => null);
    if (entries === null) continue;
    for await (const entry of entries) {
      const file = path.join(next, entry.name);
      if (entry.isDirectory()) waiting.push(file);
      else sum.bytes += (await lstat(file).catch(() => null))?.size ?? 0;
      sum.files += 1;
      if (sum.files > most.files || sum.bytes > most.bytes) return sum;
    }
  }
  return sum;
}
