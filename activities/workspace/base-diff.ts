import { BraidError } from '../../protocol/errors.ts';
import { WORKSPACE } from '../../protocol/limits.ts';
import type { Store } from '../../store/blobs.ts';
import { quoted } from '../../store/git-path.ts';
import { runGit } from '../../store/git.ts';
import { DIFF_FLAGS, gitLine, localFilters, resolveCommit } from './git.ts';
import type { Entry, Manifest } from '../../store/workspace-manifest.ts';

type Base = NonNullable<Manifest['base']>;

/** What git knows of `root`: null when it is in no work tree, or git is not there or does not want to read it. */
export async function readRepository(root: string, signal: AbortSignal): Promise<Manifest['git']> {
  try {
    if ((await gitLine(root, ['rev-parse', '--is-inside-work-tree'], signal)) !== 'true') return null;
    return { head: await resolveCommit(root, 'HEAD', signal) };
  } catch (error) {
    if (error instanceof BraidError) return null;
    throw error;
  }
}

/**
 * The difference between commit `revision` and the work tree below `root`, new files included, as one patch with paths
 * relative to `root`. Files that git ignores are no part of it. Errors: BRAID_GIT.
 */
export async function takeBase(
  store: Store,
  root: string,
  revision: string,
  entries: ReadonlyMap<string, Entry>,
  signal: AbortSignal,
): Promise<Base> {
  if ((await gitLine(root, ['rev-parse', '--is-inside-work-tree'], signal)) !== 'true') {
    throw new BraidError('BRAID_GIT', `--base ${revision}: ${root} is in no git work tree that git can read.`, {
      fix: `Check with \`git -C ${root} status\`, or do without --base.`,
    });
  }
  const commit = await resolveCommit(root, revision, signal);
  if (commit === null) {
    throw new BraidError('BRAID_GIT', `--base ${revision}: the repository of ${root} has no such revision.`);
  }
  const config = await localFilters(root, signal);
  const args = ['diff', ...DIFF_FLAGS, commit, '--', '.'];
  const changed = await runGit(root, args, { maxBytes: WORKSPACE.diffBytes, signal, config });
  checkDiff(changed, revision);
  const added = await untracked(store, root, entries, config, signal);
  return { revision, commit, diff: await store.put(Buffer.concat([changed.stdout, ...added])) };
}

function checkDiff(result: Awaited<ReturnType<typeof runGit>>, revision: string): void {
  if (result.truncated) {
    const limit = WORKSPACE.diffBytes.toLocaleString('en');
    throw new BraidError('BRAID_GIT', `--base ${revision}: the diff is larger than ${limit} bytes.`, {
      fix: 'Name a nearer revision, or a narrower --cwd.',
    });
  }
  if (result.code === 0) return;
  const why = result.timedOut ? 'it took too long' : result.stderr.trim() || `exit code ${result.code}`;
  throw new BraidError('BRAID_GIT', `--base ${revision}: git diff failed: ${why}.`);
}

/** Patches that add the untracked files, made from the snapshot's own bytes, in git's format. */
async function untracked(
  store: Store,
  root: string,
  entries: ReadonlyMap<string, Entry>,
  config: [string, string][],
  signal: AbortSignal,
): Promise<Buffer[]> {
  const args = ['ls-files', '--others', '--exclude-standard', '-z', '--', '.'];
  const { stdout } = await runGit(root, args, { maxBytes: WORKSPACE.diffBytes, signal, config });
  const patches: Buffer[] = [];
  let left: number = WORKSPACE.diffBytes;
  for (const path of stdout.toString('utf8').split('\0').sort()) {
    const entry = entries.get(path);
    if (entry === undefined) continue;
    const patch = entry.hash === null ? notText(path, entry) : addition(path, entry, await store.get(entry.hash));
    left -= patch.byteLength;
    if (left >= 0) patches.push(patch);
  }
  return patches;
}

function addition(path: string, entry: Entry, bytes: Uint8Array): Buffer {
  const text = Buffer.from(bytes).toString('utf8');
  if (text === '') return Buffer.from(header(path, entry));
  const lines = text.split('\n');
  const whole = lines.at(-1) === '';
  if (whole) lines.pop();
  const range = lines.length === 1 ? '1' : `1,${lines.length}`;
  const body = lines.map((line) => `+${line}\n`).join('') + (whole ? '' : '\\ No newline at end of file\n');
  return Buffer.from(`${header(path, entry)}--- /dev/null\n+++ ${quoted(`b/${path}`)}\n@@ -0,0 +${range} @@\n${body}`);
}

function notText(path: string, entry: Entry): Buffer {
  return Buffer.from(`${header(path, entry)}Binary files /dev/null and ${quoted(`b/${path}`)} differ\n`);
}

function header(path: string, entry: Entry): string {
  const mode = entry.kind === 'symlink' ? '120000' : (entry.mode & 0o100) === 0 ? '100644' : '100755';
  return `diff --git ${quoted(`a/${path}`)} ${quoted(`b/${path}`)}\nnew file mode ${mode}\n`;
}
