/** Three versions of one text, merged by lines; git decides what is a conflict. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BraidError } from '../../protocol/errors.ts';
import { OVERLAY } from '../../protocol/limits.ts';
import type { Conflict } from '../../protocol/overlay.ts';
import { runGit } from '../../store/git.ts';
import { lineBefore, readMerge, unusedMarker } from './merge-output.ts';

export interface Versions {
  base: Uint8Array;
  ours: Uint8Array;
  theirs: Uint8Array;
}

/** The merged text, or each place that both changed in their own way. Errors: BRAID_GIT. */
export async function mergeText(
  versions: Versions,
  signal?: AbortSignal,
): Promise<{ merged: Uint8Array } | { hunks: Conflict['hunks'] }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'braid-merge-'));
  const { ours, base, theirs } = versions;
  const git = (args: string[]) =>
    runGit(folder, args, { maxBytes: OVERLAY.patchBytes, signal, isolated: true, ms: OVERLAY.gitMs });
  try {
    for (const [name, bytes] of Object.entries({ ours, base, theirs })) await writeFile(path.join(folder, name), bytes);
    const marker = unusedMarker([ours, base, theirs]);
    const labels = ['ours', 'base', 'theirs'].flatMap((name) => ['-L', name]);
    const merge = await git([
      ...['merge-file', '-p', '-q', '--diff3', `--marker-size=${marker}`],
      ...[...labels, 'ours', 'base', 'theirs'],
    ]);
    // 1 to 127: so many conflicts, or more.
    if (merge.code === null || merge.code > 127 || merge.truncated) throw failed(merge);
    if (merge.code === 0) return { merged: merge.stdout };
    const { hunks, resolved } = readMerge(merge.stdout, marker);
    // With all conflicts resolved to ours, only what merged cleanly differs from ours: so places can be told in it.
    await writeFile(path.join(folder, 'resolved'), resolved);
    const diff = await git(['diff', '--no-index', '--text', '--unified=0', '--no-ext-diff', 'ours', 'resolved']);
    const lines = lineBefore(diff.stdout.toString('latin1'));
    return {
      hunks: hunks.slice(0, OVERLAY.hunks).map((hunk) => ({
        line: lines(hunk.line),
        base: shown(hunk.base),
        ours: shown(hunk.ours),
        theirs: shown(hunk.theirs),
      })),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Bytes of any encoding, one character each, as text for people. */
function shown(latin1: string): string {
  const text = Buffer.from(latin1, 'latin1').toString('utf8');
  const over = text.length - OVERLAY.hunkChars;
  return over <= 0 ? text : `${text.slice(0, OVERLAY.hunkChars).toWellFormed()}… [${over} more characters]`;
}

function failed({ stderr, timedOut, code }: { stderr: string; timedOut: boolean; code: number | null }): BraidError {
  const why = timedOut ? 'it took too long' : stderr.trim() || `exit code ${code}`;
  return new BraidError('BRAID_GIT', `git merge-file failed: ${why}.`);
}
