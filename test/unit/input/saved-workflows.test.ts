import { expect, test } from 'vitest';
import { createSavedWorkflows } from '../../../activities/scripts/saved-workflows.ts';
import { DELEGATE } from '../../../protocol/limits.ts';
import type { CallTag } from '../../../protocol/model-call.ts';
import { tempFolder } from '../workspace/kit.ts';

const TAG: CallTag = { address: 'describe:1', label: 'x', phase: null, model: null, turn: 0 };
const homeFolder = () =>
  tempFolder({
    '.braid/workflows/mine.js': "export const meta = {name: 'mine', description: 'Of the home folder.'}\nreturn 1",
  });

test('saved workflows are told by their meta; broken ones and those without are names', async () => {
  const root = tempFolder({
    '.braid/workflows/audit.js': `export const meta = {name: 'audit', description: 'Audits.', args: {type: 'array'}}\nreturn 1`,
    '.braid/workflows/broken.js': 'return (',
    '.braid/workflows/long.js': `export const meta = {name: 'long', description: '${'x'.repeat(2_000)}'}\nreturn 1`,
    '.braid/workflows/plain.mjs': 'return 1',
    '.braid/workflows/notes.txt': 'no script',
  });
  const found = await createSavedWorkflows({ home: homeFolder() })(TAG, { workspace: { root, base: null } });
  expect(found).toEqual([
    { name: 'audit', description: 'Audits.', args: { type: 'array' } },
    { name: 'broken', description: null, args: null },
    { name: 'long', description: 'x'.repeat(DELEGATE.descriptionChars), args: null },
    { name: 'mine', description: 'Of the home folder.', args: null },
    { name: 'plain', description: null, args: null },
  ]);
});

test('without a workspace only those of the home folder; of many the first are read', async () => {
  expect(await createSavedWorkflows({ home: homeFolder() })(TAG, { workspace: null })).toMatchObject([
    { name: 'mine' },
  ]);
  const many = Array.from({ length: DELEGATE.described + 2 }, (_, n) => String(n).padStart(3, '0'));
  const full = tempFolder(
    Object.fromEntries(
      many.map((name) => [
        `.braid/workflows/${name}.js`,
        "export const meta = {name: 'n', description: 'd'}\nreturn 1",
      ]),
    ),
  );
  const found = await createSavedWorkflows({ home: full })(TAG, { workspace: null });
  expect(found.map(({ name }) => name)).toEqual(many);
  expect(found.filter(({ description }) => description === null)).toHaveLength(2);
});
