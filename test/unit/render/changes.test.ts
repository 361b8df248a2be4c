import { expect, it } from 'vitest';
import type { PatchFile } from '../../../protocol/overlay.ts';
import { changeSection, fileLines } from '../../../client/render/changes.ts';
import { painter } from '../../../client/render/style.ts';

const FILES: PatchFile[] = [
  { path: 'a.js', kind: 'changed', added: 3, removed: 1 },
  { path: 'b\u001b[31m.js', kind: 'added', added: 2, removed: 0 },
  { path: 'c.png', kind: 'deleted', added: null, removed: null },
];

it('one line for each file, and nothing that a terminal obeys', () => {
  const lines = fileLines(FILES);
  expect(lines).toEqual(['M a.js  +3 -1', expect.stringMatching(/^A b.*\.js {2}\+2 -0$/), 'D c.png  binary']);
  expect(lines.join()).not.toContain('\u001b');
});

it('a run tells how many files, the first of them, and what can be typed', () => {
  const many = Array.from({ length: 60 }, (_, i): PatchFile => ({ ...FILES[0]!, path: `${i}.js` }));
  const patch = { id: 'run', overlay: 'a'.repeat(64), from: null, files: many };
  const lines = changeSection('r-1', patch, { width: 80 }, painter(false));
  expect(lines[0]).toBe('changes  60 files; braid diff r-1, braid apply r-1');
  expect(lines[1]).toBe('  M 0.js  +3 -1');
  expect([lines.length, lines.at(-1)]).toEqual([52, '  … and 10 more']);
});
