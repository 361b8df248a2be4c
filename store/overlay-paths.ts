/** Which paths changes may have. They come from models, scripts and other stores, and later become files on a disk and lines of a patch. */
import { OVERLAY } from '../protocol/limits.ts';

/** What is wrong with a path for an overlay, in words, or null. `''`, `.` and `..` are no names; `/` is the only separator. */
export function pathProblem(path: string): string | null {
  if (!path.isWellFormed()) return 'it holds half a surrogate pair';
  if (path === '' || Buffer.byteLength(path) > OVERLAY.pathBytes) return 'it is empty or too long';
  if (path.includes('\0')) return 'it holds a NUL';
  for (const name of path.split('/')) {
    if (name === '' || name === '.' || name === '..') return 'it is not the plain path of a file below the root';
    if (Buffer.byteLength(name) > OVERLAY.nameBytes) return 'a name in it is too long';
    if (isGitFolder(name)) return 'what git keeps for itself is no part of the workspace';
  }
  return null;
}

/** What is wrong with the path of a file that is to be made: names that some systems or patches cannot carry. */
export function newPathProblem(path: string): string | null {
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(path)) return 'it holds a control character';
  if (path.includes('\\')) return 'folders are separated by /, not by \\';
  return pathProblem(path);
}

/** `.git` as any file system may spell it: without case, with ignorable characters, with dots, blanks or a stream behind it, as a short name. */
function isGitFolder(name: string): boolean {
  const plain = name
    .normalize('NFKC')
    .replace(/[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g, '')
    .toLowerCase()
    .replace(/:.*$/s, '')
    .replace(/[. ]+$/, '');
  return plain === '.git' || plain === 'git~1';
}
