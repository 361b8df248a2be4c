/** Patches laid onto each other (M1 to M4 of activities/overlay/merge.ts). */
import { symlinkSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mergePatches } from '../../../activities/overlay/merge.ts';
import { unusedMarker } from '../../../activities/overlay/merge-output.ts';
import { mergeText } from '../../../activities/overlay/merge-text.ts';
import type { OverlayRef, Patch } from '../../../protocol/overlay.ts';
import { readOverlay, writeOverlay } from '../../../store/overlays.ts';
import { NEVER, tempFolder, writeTree } from '../workspace/kit.ts';
import { changesOf, overlayOf, worldIn, worldOf, type Edits, type World } from './kit.ts';

const TEN = Array.from({ length: 10 }, (_, i) => `line ${i + 1}\n`);
const ten = (changes: { [line: number]: string } = {}) => TEN.map((line, i) => changes[i + 1] ?? line).join('');

async function patch(world: World, id: string, edits: Edits, from: OverlayRef | null = null): Promise<Patch> {
  return { id, overlay: await overlayOf(world, edits, from), from, files: [] };
}

async function merge(world: World, patches: Patch[], includes?: OverlayRef[]) {
  const request = { id: 'merge:1', patches, ...(includes === undefined ? {} : { includes }) };
  const { patch: result, conflicts } = await mergePatches(world.store, world.base, request, NEVER);
  return { result, conflicts, changes: await changesOf(world, result.overlay) };
}

describe('clean', () => {
  test('other files, other lines of one file, modes', async () => {
    const world = await worldOf({ a: ten(), 'run.sh': 'x\n', gone: 'g\n' });
    const one = await patch(world, 'agent:1', { a: ten({ 2: 'two\n' }), 'new/x': 'x\n', 'run.sh': ['x\n', 0o755] });
    const two = await patch(world, 'agent:2', { a: ten({ 9: '' }), gone: null, 'run.sh': 'y\n' });
    const { result, conflicts, changes } = await merge(world, [one, two]);
    expect(conflicts).toEqual([]);
    expect(changes).toEqual({ a: ten({ 2: 'two\n', 9: '' }), 'new/x': 'x\n', gone: null, 'run.sh': 'y\n' });
    expect((await readOverlay(world.store, result.overlay)).changes['run.sh']?.mode).toBe(0o755);
    expect(result).toMatchObject({
      id: 'merge:1',
      from: null,
      files: [
        { path: 'a', kind: 'changed', added: 1, removed: 2 },
        { path: 'gone', kind: 'deleted', added: 0, removed: 1 },
        { path: 'new/x', kind: 'added', added: 1, removed: 0 },
        { path: 'run.sh', kind: 'changed', added: 1, removed: 1 },
      ],
    });
  });

  test('none, one, one twice', async () => {
    const world = await worldOf({ a: ten() });
    expect(await merge(world, [])).toMatchObject({ changes: {}, conflicts: [], result: { files: [] } });
    const one = await patch(world, 'agent:1', { a: ten({ 1: 'x\n' }) });
    for (const patches of [[one], [one, one], [one, { ...one, id: 'agent:2' }]]) {
      expect(await merge(world, patches)).toMatchObject({ conflicts: [], result: { overlay: one.overlay } });
    }
  });

  test('the same done twice is done once', async () => {
    const world = await worldOf({ a: ten(), b: 'b\n' });
    const one = await patch(world, 'agent:1', { a: ten({ 3: 'x\n' }), new: 'n\n', b: null });
    const two = await patch(world, 'agent:2', { a: ten({ 3: 'x\n', 8: 'y\n' }), new: 'n\n', b: null });
    const { conflicts, changes } = await merge(world, [one, two]);
    expect({ conflicts, changes }).toEqual({
      conflicts: [],
      changes: { a: ten({ 3: 'x\n', 8: 'y\n' }), new: 'n\n', b: null },
    });
  });
});

describe('M2: work on top of other work', () => {
  const stack = async () => {
    const world = await worldOf({ a: ten() });
    const one = await patch(world, 'agent:1', { a: ten({ 3: 'one\n' }) });
    return { world, one, two: await patch(world, 'agent:2', { a: ten({ 3: 'two\n' }) }, one.overlay) };
  };

  test('in either order, and alone', async () => {
    const { world, one, two } = await stack();
    for (const patches of [[one, two], [two, one], [two]]) {
      const { conflicts, changes } = await merge(world, patches);
      expect({ conflicts, changes }).toEqual({ conflicts: [], changes: { a: ten({ 3: 'two\n' }) } });
    }
  });

  test('a head that went on holds what the agent began on, when that is said', async () => {
    const { world, one } = await stack();
    const head = await patch(world, 'merge:9', { a: ten({ 3: 'further\n', 6: 'six\n' }) });
    const late = await patch(world, 'agent:3', { a: ten({ 3: 'one\n', 9: 'nine\n' }) }, one.overlay);
    const { conflicts, changes } = await merge(world, [head, late], [one.overlay]);
    expect({ conflicts, changes }).toEqual({
      conflicts: [],
      changes: { a: ten({ 3: 'further\n', 6: 'six\n', 9: 'nine\n' }) },
    });
  });

  test('on top of a merge of the patches before it', async () => {
    const { world, one } = await stack();
    const other = await patch(world, 'agent:4', { a: ten({ 7: 'seven\n' }) });
    const both = await merge(world, [one, other]);
    const top = await patch(world, 'agent:5', { a: ten({ 3: 'top\n', 7: 'top\n' }) }, both.result.overlay);
    const { conflicts, changes } = await merge(world, [one, other, top]);
    expect({ conflicts, changes }).toEqual({ conflicts: [], changes: { a: ten({ 3: 'top\n', 7: 'top\n' }) } });
  });

  test('what it took back is taken back', async () => {
    const { world, one } = await stack();
    const back = await patch(world, 'agent:2', { a: ten() }, one.overlay);
    expect((await merge(world, [one, back])).changes).toEqual({});
  });
});

describe('M1: conflicts', () => {
  test('content: each place with its line in ours; the file stays as the earlier patch has it', async () => {
    const world = await worldOf({ a: ten() });
    const one = await patch(world, 'agent:1', { a: ten({ 2: 'a\nb\n', 8: 'eight\n' }) });
    const two = await patch(world, 'agent:2', { a: ten({ 2: 'c\n', 5: '5a\n5b\n5c\n', 8: '' }) });
    const { conflicts, changes } = await merge(world, [one, two]);
    expect(changes).toEqual({ a: ten({ 2: 'a\nb\n', 8: 'eight\n' }) });
    expect(conflicts).toEqual([
      {
        ...{ path: 'a', kind: 'content', ours: 'agent:1', theirs: 'agent:2' },
        hunks: [
          { line: 2, base: 'line 2\n', ours: 'a\nb\n', theirs: 'c\n' },
          { line: 9, base: 'line 8\n', ours: 'eight\n', theirs: '' },
        ],
      },
    ]);
  });

  test('delete against change, two new files of one name, binary', async () => {
    const png = (n: number) => Buffer.from([0, n]);
    const world = await worldOf({ a: 'a\n', b: 'b\n', 'c.png': png(1) });
    const one = await patch(world, 'agent:1', { a: null, b: 'B\n', new: '1\n', 'c.png': png(2) });
    const two = await patch(world, 'agent:2', { a: 'A\n', b: null, new: '2\n', 'c.png': png(3) });
    const { conflicts, changes } = await merge(world, [one, two]);
    expect(changes).toEqual({ a: null, b: 'B\n', new: '1\n', 'c.png': '\0\x02' });
    expect(conflicts.map(({ path: name, kind, hunks }) => [name, kind, hunks.length])).toEqual([
      ['a', 'delete', 0],
      ['b', 'delete', 0],
      ['c.png', 'binary', 0],
      ['new', 'add', 0],
    ]);
  });

  test('a text full of conflict markers of all lengths', async () => {
    const marks = ['<', '|', '=', '>'].flatMap((c) => [7, 8, 9].flatMap((n) => [c.repeat(n), `${c.repeat(n)} ours`]));
    const base = Buffer.from(`${marks.join('\n')}\nx\n`);
    const side = (x: string) => Buffer.from(`${marks.join('\n')}\n${x}\n`);
    expect(unusedMarker([base])).toBe(10);
    expect(await mergeText({ base, ours: side('1'), theirs: side('2') })).toEqual({
      hunks: [{ line: marks.length + 1, base: 'x\n', ours: '1\n', theirs: '2\n' }],
    });
  });

  test('CRLF, and no end of line at the end', async () => {
    const of = (x: string, y: string) => Buffer.from(`${x}\r\nb\r\nc\r\nd\r\ne\r\n${y}`);
    const [base, ours] = [of('a', 'z'), of('A', 'z')];
    expect(await mergeText({ base, ours, theirs: of('a', 'Z') })).toEqual({ merged: of('A', 'Z') });
    expect(await mergeText({ base, ours, theirs: of('4', 'Z') })).toMatchObject({
      hunks: [{ line: 1, base: 'a\r\n', ours: 'A\r\n', theirs: '4\r\n' }],
    });
  });

  test('M4: a file where another patch has a folder', async () => {
    const world = await worldOf({ 'src/x': 'x\n', top: 't\n' });
    const one = await patch(world, 'agent:1', { 'lib/a': 'a\n', top: 'T\n' });
    const two = await patch(world, 'agent:2', {
      lib: 'file\n',
      top: null,
      'top/below': 'b\n',
      src: 's\n',
      'src/x': null,
    });
    const { conflicts, changes } = await merge(world, [one, two]);
    expect(changes).toEqual({ 'lib/a': 'a\n', top: 'T\n', src: 's\n', 'src/x': null });
    expect(conflicts.map(({ path: name, kind, ours }) => [name, kind, ours])).toEqual([
      ['lib', 'add', 'agent:1'],
      ['top', 'delete', 'agent:1'],
      ['top/below', 'add', 'agent:1'],
    ]);
  });
});

describe('M3: a patch of an older snapshot', () => {
  test('is carried over; what changed underneath is not undone', async () => {
    const root = tempFolder({ a: ten(), b: ten(), c: 'c\n' });
    const old = await worldIn(root);
    const before = await patch(old, 'agent:1', { a: ten({ 2: 'two\n' }), b: ten({ 5: 'five\n' }), c: null });
    writeTree(root, { a: ten({ 9: 'nine\n' }), b: ten({ 5: 'other\n' }) });
    const world = await worldIn(root, old.store, 'run-2');
    expect(world.base.hash).not.toBe(old.base.hash);
    const { result, conflicts, changes } = await merge(world, [before]);
    expect(changes).toEqual({ a: ten({ 2: 'two\n', 9: 'nine\n' }), c: null });
    expect(conflicts).toMatchObject([{ path: 'b', kind: 'content', ours: 'workspace', theirs: 'agent:1' }]);
    expect((await readOverlay(world.store, result.overlay)).snapshot).toBe(world.base.hash);
  });
});

describe('hostile patches', () => {
  test.each([
    ['no blob', 'BRAID_BLOB_MISSING', () => 'a'.repeat(64)],
    ['a blob that is something else', 'BRAID_BLOB_CORRUPT', (world: World) => world.base.hash],
    ['no hash', 'BRAID_BLOB_MISSING', () => '../../../etc/passwd'],
  ])('%s', async (_what, code, ref) => {
    const world = await worldOf({ a: 'a\n' });
    const bad = { id: 'x', overlay: ref(world), from: null, files: [] };
    await expect(merge(world, [bad])).rejects.toMatchObject({ code });
  });

  test('a link in the snapshot is no text to merge', async () => {
    const root = tempFolder({ a: 'a\n' });
    symlinkSync('/etc/passwd', path.join(root, 'link'));
    const world = await worldIn(root);
    const one = await patch(world, 'agent:1', { link: 'x\n' });
    const two = await patch(world, 'agent:2', { link: 'y\n' });
    expect((await merge(world, [one, two])).conflicts).toMatchObject([{ path: 'link', kind: 'binary' }]);
  });

  test('its overlay names no manifest', async () => {
    const world = await worldOf({ a: 'a\n' });
    const overlay = await writeOverlay(world.store, {
      version: 1,
      snapshot: await world.store.put('text'),
      changes: {},
    });
    await expect(merge(world, [{ id: 'x', overlay, from: null, files: [] }])).rejects.toMatchObject({
      code: 'BRAID_BLOB_CORRUPT',
    });
  });
});

describe('for any edits', () => {
  const LINES = 12;
  /** Who edits which of every second line, and how; the lines between stay, and all lines differ. */
  const edits = fc.array(
    fc.tuple(fc.constantFrom('ours', 'theirs', 'both', 'nobody'), fc.constantFrom('', 'x\n', 'x\ny\n')),
    {
      minLength: LINES,
      maxLength: LINES,
    },
  );
  const build = (plan: [string, string][], who: string[]) =>
    plan
      .map(([whose, text], i) => {
        const edited = text.replaceAll(/[xy]/g, (c) => `${c} ${i}`);
        return (who.includes(whose) || (whose === 'both' && who.length > 0) ? edited : `edit ${i}\n`) + `keep ${i}\n`;
      })
      .join('');

  test('disjoint ones never conflict and give what both do, in either order', async () => {
    await fc.assert(
      fc.asyncProperty(edits, async (plan) => {
        const [base, ours, theirs, all] = [[], ['ours'], ['theirs'], ['ours', 'theirs']].map((who) =>
          Buffer.from(build(plan, who)),
        );
        expect(await mergeText({ base: base!, ours: ours!, theirs: theirs! })).toEqual({ merged: all });
        expect(await mergeText({ base: base!, ours: theirs!, theirs: ours! })).toEqual({ merged: all });
        expect(await mergeText({ base: base!, ours: ours!, theirs: ours! })).toEqual({ merged: ours });
      }),
      { numRuns: 15 },
    );
  });

  test('conflicting ones tell each place, and its line is that of ours', async () => {
    await fc.assert(
      fc.asyncProperty(edits, async (plan) => {
        const base = build(plan, []);
        const ours = build(plan, ['ours']);
        const theirs = build(plan, ['theirs']).replaceAll('x', 'X');
        const result = await mergeText({
          base: Buffer.from(base),
          ours: Buffer.from(ours),
          theirs: Buffer.from(theirs),
        });
        const places = plan.filter(([whose, text]) => whose === 'both' && text !== '').length;
        const hunks = 'hunks' in result ? result.hunks : [];
        expect(hunks.length).toBe(places);
        const lines = ours.match(/[^\n]*\n/g) ?? [];
        for (const { line, ours: mine } of hunks) {
          expect(lines.slice(line - 1, line - 1 + mine.split('\n').length - 1).join('')).toBe(mine);
        }
      }),
      { numRuns: 15 },
    );
  });
});
