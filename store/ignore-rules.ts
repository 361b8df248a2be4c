/**
 * `.gitignore` as git reads it. All rules that hold in a folder are one list, outermost first, written relative to one
 * top folder, because "the last matching rule wins" is only exact over one list.
 */
import { lstat, open } from 'node:fs/promises';
import path from 'node:path';
import ignore from 'ignore';
import { WORKSPACE } from '../protocol/limits.ts';

export interface IgnoreRules {
  /** `relative` to the root of the walk, `/`-separated. A folder that is ignored hides everything below it. */
  ignores(relative: string, isFolder: boolean): boolean;
  /** The rules inside a folder: these and those of its own `.gitignore`. */
  inside(relative: string): Promise<IgnoreRules>;
}

/**
 * The rules above `root`: those of its git tree count, unless they ignore `root` itself. Who asks for an ignored folder
 * (`--cwd node_modules/x`) wants what is in it, so only rules at or below the root are left then.
 */
export async function rulesFor(root: string): Promise<IgnoreRules> {
  const top = (await gitTop(root)) ?? root;
  let list = ignore({ ignoreCase: false }).add(await readRules(path.join(top, '.git', 'info', 'exclude'), ''));
  const segments = path.relative(top, root).split(path.sep).filter(Boolean);
  for (let depth = 0; depth < segments.length; depth++) {
    const folder = segments.slice(0, depth).join('/');
    list = list.add(await readRules(path.join(top, folder, '.gitignore'), folder));
    const below = segments.slice(0, depth + 1).join('/');
    if (list.ignores(`${below}/`)) return rules(root, '', ignore({ ignoreCase: false }));
  }
  return rules(root, segments.join('/'), list);
}

function rules(root: string, prefix: string, list: ignore.Ignore): IgnoreRules {
  const fromTop = (relative: string) => [prefix, relative].filter((part) => part !== '').join('/');
  return {
    ignores: (relative, isFolder) => list.ignores(fromTop(relative) + (isFolder ? '/' : '')),
    inside: async (relative) => {
      const own = await readRules(path.join(root, relative, '.gitignore'), fromTop(relative));
      return own.length === 0
        ? rules(root, prefix, list)
        : rules(root, prefix, ignore({ ignoreCase: false }).add(list).add(own));
    },
  };
}

async function gitTop(root: string): Promise<string | null> {
  for (let folder = root; ; folder = path.dirname(folder)) {
    if (await lstat(path.join(folder, '.git')).catch(() => null)) return folder;
    if (path.dirname(folder) === folder) return null;
  }
}

/** A missing, unreadable or odd `.gitignore` has no rules; git does not follow symbolic links here either. */
async function readRules(file: string, folder: string): Promise<string[]> {
  const found = await lstat(file).catch(() => null);
  if (found === null || !found.isFile()) return [];
  const handle = await open(file, 'r').catch(() => null);
  if (handle === null) return [];
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(WORKSPACE.ignoreFileBytes));
    return parseRules(buffer.toString('utf8', 0, bytesRead), folder);
  } catch {
    return [];
  } finally {
    await handle.close();
  }
}

/** The rules of one file, rewritten to be relative to the top instead of to `folder`. */
export function parseRules(text: string, folder: string): string[] {
  const prefix = folder === '' ? '' : `/${folder.replace(/[\\*?[\]!# ]/g, '\\$&')}`;
  const found: string[] = [];
  for (const raw of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    const line = withoutTrailingBlanks(raw);
    if (line === '' || line.startsWith('#') || !isHarmless(line)) continue;
    const negative = line.startsWith('!');
    const body = negative ? line.slice(1) : line;
    const anchored = body.slice(0, -1).includes('/');
    const moved = prefix === '' ? body : `${prefix}${anchored ? '/' : '/**/'}${body.replace(/^\//, '')}`;
    found.push((negative ? '!' : '') + moved);
  }
  return found;
}

/** Blanks at the end do not count unless escaped. By hand, because a regex for this takes quadratic time. */
function withoutTrailingBlanks(line: string): string {
  let end = line.length;
  while (end > 0 && (line[end - 1] === ' ' || line[end - 1] === '\t')) end -= 1;
  return line[end - 1] === '\\' && end < line.length ? line.slice(0, end + 1) : line.slice(0, end);
}

/** Rules become regexes; with many wildcards in one segment, or many `**`, a hostile name makes them run for hours. */
function isHarmless(line: string): boolean {
  if (line.length > WORKSPACE.ignoreLineChars) return false;
  const segments = line.split('/');
  const worst = Math.max(...segments.map((segment) => segment.replace(/\*+/g, '*').split('*').length - 1));
  return worst <= WORKSPACE.ignoreWildcards && segments.filter((s) => s === '**').length <= WORKSPACE.ignoreWildcards;
}
