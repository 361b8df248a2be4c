import { isAbsolute, relative, sep } from 'node:path';

/** Whether `path` is `root` or lies below it. Both must be real paths (`realpath`), else a symlink could lie. */
export function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}
