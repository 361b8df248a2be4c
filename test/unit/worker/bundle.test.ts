/** All workflows of a worker share the modules of the bundle (worker/bundle.ts): none may keep what another could notice. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../../..');
/** Tables of what is a function of its key. */
const ALLOWED = [
  'sandbox/engine/image.ts: const decoded = new Map',
  'sandbox/engine/pages.ts: const baselines = new WeakMap',
  'sandbox/engine/repl-image.ts: const decoded = new Map',
  'workflows/journal/keys.ts: const common = new Map',
  'workflows/journal/keys.ts: const hashes = new WeakMap',
];

/** Files of ours that a file leads to, types left out. */
function reachable(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  const source = readFileSync(path.join(ROOT, file), 'utf8');
  const imports = /^(?:import|export) (?!type\b)[^;]*?from '(\.[^']+)';|\bimport\('(\.[^']+)'\)/gm;
  for (const [, fixed, late] of source.matchAll(imports)) {
    reachable(path.join(path.dirname(file), fixed ?? late ?? ''), found);
  }
  return found;
}

/** Bindings of the module itself that can change, or hold what can. */
function stateOf(file: string): string[] {
  const source = readFileSync(path.join(ROOT, file), 'utf8');
  const declarations =
    /^(?:export )?((?:let|var) \w+|const \w+(?:: (?!Readonly|readonly)[^=\n]+)? = (?:new (?:Map|WeakMap|WeakSet|Array)\b|\[\];|\{\};))/gm;
  return [...source.matchAll(declarations)].map(([, text = '']) => `${file}: ${text.replace(/: [^=]+ =/, ' =')}`);
}

test('no module of the bundle keeps state', () => {
  const files = [...reachable('workflows/index.ts')];
  expect(files.length).toBeGreaterThan(150);
  expect(files).toContain('sandbox/engine/image.ts');
  expect(files.flatMap(stateOf).filter((found) => !ALLOWED.includes(found))).toEqual([]);
});

test('state would be found', () => {
  expect(reachable('workflows/index.ts').has('workflows/journal/keys.ts')).toBe(true);
  expect(stateOf('workflows/journal/keys.ts')).toEqual(ALLOWED.slice(3).toReversed());
});
