/**
 * Two states of some files as trees of a git repository of their own, to let git compare them. Invariants:
 *
 *  T1  Nothing is checked out: whatever a path is called and however a file system spells it, it is a name in a tree and nothing else.
 *  T2  No configuration, attributes or hooks of anybody count, so the same files give the same text on every machine.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BraidError } from '../../protocol/errors.ts';
import { OVERLAY } from '../../protocol/limits.ts';
import type { Store } from '../blobs.ts';
import { runGit } from '../git.ts';
import type { ChangedFile, FileState } from '../overlaid.ts';
import { isExecutable } from '../overlays.ts';

/** Runs a git command that compares the trees `before` and `after`, and gives what it prints. */
export type CompareTrees = (command: string, ...flags: string[]) => Promise<Buffer>;

/** Errors: BRAID_GIT, those of the store. */
export async function withTrees<T>(
  store: Store,
  files: readonly ChangedFile[],
  signal: AbortSignal | undefined,
  work: (compare: CompareTrees) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'braid-trees-'));
  const git = async (args: string[], input?: AsyncIterable<Uint8Array | string>) => {
    const result = await runGit(folder, args, {
      maxBytes: OVERLAY.patchBytes,
      signal,
      isolated: true,
      ms: OVERLAY.gitMs,
      config: CONFIG,
      ...(input === undefined ? {} : { input }),
    });
    if (result.code === 0 && !result.truncated) return result.stdout;
    const why = result.timedOut
      ? 'it took too long'
      : result.truncated
        ? 'the patch is too large'
        : result.stderr.trim();
    throw new BraidError(
      'BRAID_GIT',
      `git ${args[0]} of the changed files failed: ${why || `exit code ${result.code}`}.`,
    );
  };
  try {
    await git(['init', '--quiet', '--bare', '--template=', '.']);
    await git(['fast-import', '--quiet', '--done', '--force'], importOf(store, files));
    const trees = ['refs/heads/before', 'refs/heads/after'];
    return await work((command, ...flags) => git([command, ...flags, ...trees]));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** T1, T2. Names of trees that are never checked out need no protection of their own. */
const CONFIG: [string, string][] = [
  ['core.attributesFile', '/dev/null'],
  ['core.protectNTFS', 'false'],
  ['core.protectHFS', 'false'],
  ['core.bigFileThreshold', '1g'],
  ['fastimport.unpackLimit', '0'],
  ['gc.auto', '0'],
];

async function* importOf(store: Store, files: readonly ChangedFile[]): AsyncGenerator<Uint8Array | string> {
  for (const side of ['before', 'after'] as const) {
    yield `commit refs/heads/${side}\ncommitter braid <braid> 0 +0000\ndata 0\n\n`;
    for (let at = 0; at < files.length; at += OVERLAY.parallelReads) {
      const some = files.slice(at, at + OVERLAY.parallelReads);
      yield Buffer.concat((await Promise.all(some.map((file) => entryOf(store, file.path, file[side])))).flat());
    }
  }
  yield 'done\n';
}

/** One file of a tree, as fast-import reads it; nothing where there is none, or nobody kept its content. */
async function entryOf(store: Store, name: string, state: FileState | null): Promise<Uint8Array[]> {
  const bytes = state === null ? null : await contentOf(store, state);
  if (state === null || bytes === null) return [];
  const head = `M ${gitMode(state)} inline ${cQuoted(name)}\ndata ${bytes.byteLength}\n`;
  return [Buffer.from(head), bytes, Buffer.from('\n')];
}

/** Null where nobody kept the content. */
async function contentOf(store: Store, state: FileState): Promise<Uint8Array | null> {
  if (state.kind === 'symlink') return Buffer.from(state.target ?? '');
  return state.hash === null ? null : store.get(state.hash);
}

/** A file's mode as git knows it. */
function gitMode(state: Pick<FileState, 'kind' | 'mode'>): '100644' | '100755' | '120000' {
  if (state.kind === 'symlink') return '120000';
  return isExecutable(state.mode) ? '100755' : '100644';
}

/** Always in quotes: what may stand without them differs between versions of git. */
function cQuoted(name: string): string {
  const escape = (c: string) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`;
  return `"${name.replace(/[\u0000-\u001f\u007f"\\]/g, escape)}"`;
}
