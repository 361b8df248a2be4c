import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { SnapshotKey } from '../../../protocol/activities.ts';
import { openStore, type Store } from '../../../store/blobs.ts';

export type Tree = { [path: string]: string | Uint8Array };

/** A folder that is removed when the test ends. */
export function tempFolder(tree: Tree = {}): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'braid-unit-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeTree(folder, tree);
  return folder;
}

export function writeTree(folder: string, tree: Tree): void {
  for (const [name, content] of Object.entries(tree)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
}

export function tempStore(): Store {
  return openStore(tempFolder());
}

export function git(folder: string, ...args: string[]): string {
  const who = { NAME: 'Ann', EMAIL: 'ann@example.org', DATE: '2026-01-02T03:04:05Z' };
  const identity = Object.entries(who).flatMap(([key, value]) => [
    [`GIT_AUTHOR_${key}`, value],
    [`GIT_COMMITTER_${key}`, value],
  ]);
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', ...Object.fromEntries(identity) };
  return execFileSync('git', args, { cwd: folder, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

/** A repository with one commit of `tree`. */
export function tempRepository(tree: Tree): string {
  const folder = tempFolder(tree);
  git(folder, 'init', '-q', '-b', 'main');
  commitAll(folder, 'first');
  return folder;
}

export function commitAll(folder: string, message: string): string {
  git(folder, 'add', '-A');
  git(folder, 'commit', '-q', '-m', message);
  return git(folder, 'rev-parse', 'HEAD');
}

export function keyOf(root: string, key = 'run-1', base: string | null = null): SnapshotKey {
  return { key, workspace: { root, base } };
}

export const NEVER = new AbortController().signal;
