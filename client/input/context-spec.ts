/** What one `--context` names: looked up, not yet read. */
import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { distance } from 'fastest-levenshtein';
import picomatch from 'picomatch';
import { BraidError } from '../../protocol/errors.ts';
import { listFolder, type ListedFile } from '../../store/contexts/list.ts';
import { hasCode } from '../../store/disk.ts';

export type FoundContext =
  | { kind: 'stdin' }
  /** `bytes` is null for what has no size, such as a pipe. */
  | { kind: 'file'; spec: string; path: string; bytes: number | null }
  /** Files below `root`, a real path; `path` is what was named, as an absolute path. */
  | { kind: 'files'; spec: string; path: string; root: string; files: ListedFile[] };

/** Errors: BRAID_CONTEXT_MISSING, BRAID_CONTEXT_UNREADABLE, BRAID_CONTEXT_TOO_LARGE. `home` is Braid's own, never a context. */
export async function resolveContext(spec: string, cwd: string, home: string): Promise<FoundContext> {
  if (spec === '-') return { kind: 'stdin' };
  const skip = new Set([await realpath(home).catch(() => home)]);
  // A file that is called like a pattern is that file.
  const named = path.resolve(cwd, spec);
  const info = await stat(named).catch((error: unknown) => absent(error));
  if (info === null) return globbed(spec, cwd, skip);
  const real = await realpath(named);
  if (info.isDirectory()) return { kind: 'files', spec, path: named, root: real, files: await listFolder(real, skip) };
  return { kind: 'file', spec, path: named, bytes: info.isFile() ? info.size : null };
}

/** The name of a part: relative to where the command was typed when it lies there; empty for that folder itself. */
export function namePart(file: string, cwd: string): string {
  const relative = path.relative(cwd, file);
  const inside = relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
  return (inside ? relative : file).split(path.sep).join('/');
}

async function globbed(spec: string, cwd: string, skip: ReadonlySet<string>): Promise<FoundContext> {
  const { base, glob, isGlob } = picomatch.scan(spec);
  if (!isGlob || glob === '') throw await missing(spec, cwd);
  const root = await realpath(path.resolve(cwd, base)).catch(() => null);
  if (root === null) throw await missing(base, cwd);
  const matches = picomatch(glob, { dot: true, nonegate: true });
  // A second argument, such as the index that `filter` passes, would make picomatch return an object, which is always true.
  const files = (await listFolder(root, skip)).filter((file) => matches(file.path));
  if (files.length > 0) return { kind: 'files', spec, path: path.resolve(cwd, base), root, files };
  throw new BraidError('BRAID_CONTEXT_MISSING', `The context ${spec} matches no file that Git would not ignore.`, {
    fix: glob.includes('/')
      ? 'Check the pattern.'
      : `For files in any folder below: ${path.posix.join(base, '**', glob)}`,
  });
}

function absent(error: unknown): null {
  if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG')) return null;
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  const path_ = error instanceof Error && 'path' in error ? String(error.path) : '';
  throw new BraidError('BRAID_CONTEXT_UNREADABLE', `The context ${path_} cannot be read (${code}).`, {
    cause: error,
    fix: 'Check its permissions.',
  });
}

async function missing(spec: string, cwd: string): Promise<BraidError> {
  const message = `The context ${spec} is not there: no file, folder or match below ${cwd}.`;
  if (/^[a-z]+:\/\//i.test(spec)) {
    return new BraidError('BRAID_CONTEXT_MISSING', `The context ${spec} is an address; contexts are files.`, {
      fix: `Download it first, or pipe it: curl -s ${spec} | braid rlm "…" --context -`,
    });
  }
  const near = await nearest(path.resolve(cwd, spec));
  return new BraidError('BRAID_CONTEXT_MISSING', message, {
    fix: near === null ? 'Check the path.' : `Did you mean ${path.join(path.dirname(spec), near)}?`,
  });
}

/** The name in the same folder that was probably meant. */
async function nearest(file: string): Promise<string | null> {
  const name = path.basename(file);
  const names = await readdir(path.dirname(file)).catch(() => []);
  const ranked = names.map((other) => ({ other, away: distance(other.toLowerCase(), name.toLowerCase()) }));
  const [best] = ranked.sort((a, b) => a.away - b.away);
  return best !== undefined && best.away <= Math.max(1, name.length / 3) ? best.other : null;
}
