/** What a specifier of a `require` means in the workspace, and how an ES import of it is spelt. */
import { isBuiltin } from 'node:module';
import type { Shape } from './shape.ts';

export interface Target {
  kind: 'builtin' | 'package' | 'json' | 'module' | 'native';
  /** As an import has to spell it: with its extension. */
  specifier: string;
  /** Of a module of the workspace; null for others, and when it is not known. */
  shape: Shape | null;
  /** False for a module that is not there. */
  found: boolean;
}

export interface World {
  target(from: string, specifier: string): Target;
  /** The shapes of all modules of a folder but `from` itself, for a `require` whose name is computed; `folder` is as `from` spells it. */
  folder(from: string, folder: string): (Shape | null)[];
}

export function isRelative(specifier: string): boolean {
  return /^\.{1,2}(?:\/|$)/.test(specifier);
}

/** The file that a relative specifier means by CommonJS's rules; null when there is none. */
export function resolveFile(files: ReadonlySet<string>, from: string, specifier: string): string | null {
  const base = joined(from, specifier);
  if (base === null) return null;
  const inFolder = base === '' ? '' : `${base}/`;
  const asFolder = [`${inFolder}index.js`, `${inFolder}index.json`];
  const asFile = base === '' ? [] : [base, `${base}.js`, `${base}.json`, `${base}.node`];
  const candidates = /(?:^|\/)\.{0,2}$/.test(specifier) ? asFolder : [...asFile, ...asFolder];
  return candidates.find((path) => files.has(path)) ?? null;
}

/** `to` as `from` has to spell it. */
export function relativeTo(from: string, to: string): string {
  const here = from.split('/').slice(0, -1);
  const there = to.split('/');
  let shared = 0;
  while (shared < here.length && shared < there.length - 1 && here[shared] === there[shared]) shared += 1;
  const up = here.slice(shared).map(() => '..');
  return [...(up.length === 0 ? ['.'] : up), ...there.slice(shared)].join('/');
}

/** A path of the workspace without dots; null when it leads out. */
export function joined(from: string, specifier: string): string | null {
  const parts = from.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.join('/');
}

export function kindOf(specifier: string): 'builtin' | 'package' {
  return isBuiltin(specifier) ? 'builtin' : 'package';
}
