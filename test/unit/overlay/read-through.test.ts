/** The tools that read, through what an agent changed. */
import { describe, expect, test } from 'vitest';
import { readOverlay } from '../../../store/overlays.ts';
import { tempFolder, tempRepository, writeTree } from '../workspace/kit.ts';
import { worldIn, worldOf } from './kit.ts';
import { WritingAgent } from './kit-tools.ts';

test('changes over an older snapshot: what changed underneath is merged in, and not undone by the next change', async () => {
  const root = tempFolder({ a: '1\n2\n3\n4\n5\n', b: 'b\n', c: 'c\n', d: 'd\n' });
  const before = new WritingAgent(await worldIn(root));
  await before.output('edit', { path: 'a', old: '1', new: 'one' });
  await before.output('edit', { path: 'b', old: 'b', new: 'mine' });
  await before.output('write', { path: 'new', content: 'n\n' });
  await before.output('write', { path: 'x/y', content: 'y\n' });
  await before.output('delete', { path: 'd' });
  writeTree(root, { a: '1\n2\n3\n4\nfive\n', b: 'theirs\n', c: 'C\n', x: 'file\n', e: 'e\n' });
  const agent = new WritingAgent(await worldIn(root, before.world.store, 'run-2'), 'run-2');
  agent.overlay = before.overlay;
  expect(await agent.output('read', { path: 'a' })).toBe('1\tone\n2\t2\n3\t3\n4\t4\n5\tfive');
  expect(await agent.output('glob', { pattern: '**' })).toBe('a\nb\nc\ne\nnew\nx');
  await agent.output('delete', { path: 'e' });
  expect(await agent.changes()).toEqual({ a: 'one\n2\n3\n4\nfive\n', b: 'mine\n', d: null, e: null, new: 'n\n' });
  expect((await readOverlay(agent.world.store, agent.overlay ?? '')).snapshot).toBe(agent.world.base.hash);
});

describe('reading through the changes', () => {
  const changed = async () => {
    const root = tempRepository({ 'src/a.ts': 'alpha\n', 'src/b.ts': 'beta\n', c: 'gamma\n' });
    const agent = new WritingAgent(await worldIn(root));
    await agent.output('edit', { path: 'src/a.ts', old: 'alpha', new: 'ALPHA' });
    await agent.output('delete', { path: 'src/b.ts' });
    await agent.output('write', { path: 'lib/new.ts', content: 'alpha beta\n' });
    return agent;
  };

  test('read, list, glob, grep, diff', async () => {
    const agent = await changed();
    expect(await agent.output('read', { path: 'src/a.ts' })).toBe('1\tALPHA');
    expect((await agent.call('read', { path: 'src/b.ts' })).isError).toBe(true);
    expect(await agent.output('list', {})).toBe('The workspace: 2 folders, 1 file\nlib/\nsrc/\nc  6');
    expect(await agent.output('glob', { pattern: '**/*.ts' })).toBe('lib/new.ts\nsrc/a.ts');
    expect(await agent.output('grep', { pattern: 'alpha|beta', ignoreCase: true })).toBe(
      'lib/new.ts:1: alpha beta\nsrc/a.ts:1: ALPHA\n[2 matches in 2 files]',
    );
    const diff = await agent.output('diff', {});
    expect(diff).toContain(
      '3 files changed since the run began: +2 -2\n  +1 -0  lib/new.ts\n  +1 -1  src/a.ts\n  +0 -1  src/b.ts\n',
    );
    expect(await agent.output('diff', { path: 'src/a.ts' })).toContain('-alpha\n+ALPHA');
    expect(await agent.output('diff', { path: 'c' })).toBe('Nothing changed in c since the run began.');
  });

  test('reads of the workspace are recorded, of own changes not; answers about many files with the changes', async () => {
    const agent = await changed();
    expect((await agent.call('read', { path: 'src/a.ts' })).reads).toEqual([]);
    expect((await agent.call('read', { path: 'c' })).reads).toMatchObject([{ kind: 'file', what: 'c' }]);
    expect((await agent.call('glob', { pattern: '*' })).reads).toMatchObject([
      { kind: 'search', overlay: agent.overlay },
    ]);
    expect((await agent.call('edit', { path: 'c', old: 'gamma', new: 'x' })).reads).toMatchObject([
      { kind: 'file', what: 'c' },
    ]);
  });

  test('with nothing changed yet they are those of an agent that only reads', async () => {
    const agent = new WritingAgent(await worldOf({ a: 'x\n' }));
    expect((await agent.call('glob', { pattern: '*' })).reads[0]).not.toHaveProperty('overlay');
    expect((await agent.call('diff', {})).output).toMatch(/no base revision/);
  });
});
