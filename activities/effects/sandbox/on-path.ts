import { statSync } from 'node:fs';
import path from 'node:path';

/** Whether a program is where commands of the system are looked for. */
export function findOnPath(name: string): boolean {
  const folders = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', ...(process.env['PATH'] ?? '').split(path.delimiter)];
  return folders.some(
    (folder) => folder !== '' && statSync(path.join(folder, name), { throwIfNoEntry: false })?.isFile(),
  );
}
