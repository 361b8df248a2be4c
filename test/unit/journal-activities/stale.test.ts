/** What agents read is asked again of the new run's snapshot (S1 to S3 of activities/journal/stale.ts). */
import path from 'node:path';
import { rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { markStale } from '../../../activities/journal/stale.ts';
import { ensureSnapshot } from '../../../activities/workspace/ensure.ts';
import type { ReadRecord } from '../../../protocol/activities.ts';
import { childPath } from '../../../protocol/journal.ts';
import type { Json } from '../../../protocol/json.ts';
import { COUNTS, Events, key, requestKey, said, tag, USAGE, World, wordOf } from '../histories/world.ts';
import { worldIn } from '../overlay/kit.ts';
import { WritingAgent } from '../overlay/kit-tools.ts';
import { callsOver } from '../tools/kit.ts';
import { keyOf, NEVER, tempFolder, tempStore, writeTree } from '../workspace/kit.ts';

const A = key('aa');

/** What an agent reads with these tool calls. */
async function readsOf(root: string, ...calls: [string, { [name: string]: Json }][]): Promise<ReadRecord[]> {
  const call = await callsOver(root);
  const answers = await Promise.all(calls.map(([tool, input]) => call(tool, input)));
  return answers.flatMap(({ reads }) => reads);
}

function agentDone(reads: ReadRecord[]): Json {
  const base = { ok: true, value: 'v', reason: null, error: null, degraded: false, usage: USAGE, notes: [] };
  return { ...base, reads: reads.map((read) => ({ ...read })) };
}

/** A script with one agent that read this, and whose history is there. */
function worldWith(reads: ReadRecord[]): World {
  const world = new World();
  const root = new Events('script', { workspace: { root: '/w', base: null } });
  world.runs.set('run', root.childDone(root.child('agent', A, 'run/a'), agentDone(reads)));
  world.runs.set('run/a', new Events('agent').ask(requestKey('r1', childPath(A, 'agent')), said('turn')));
  return world;
}

async function judged(world: World, root: string | null, store = tempStore()) {
  const gatherer = await world.gather('run');
  await markStale(gatherer, async () =>
    root === null
      ? null
      : { snapshot: await ensureSnapshot(store, keyOf(root, 'later'), NEVER), home: store.home, signal: NEVER },
  );
  return gatherer.draft.all().map(({ entry }) => wordOf(entry));
}

const TREE = { 'src/a.ts': 'alpha\n', 'src/b.ts': 'beta\n', 'c.md': 'gamma\n' };
const WHOLE = ['call aa="v"'];
const STALE = ['request agent', 'call aa="v" stale'];
const brief = (words: string[]) => words.map((word) => word.replace(/^request agent.*$/, 'request agent')).toSorted();

describe('S1', () => {
  test.each<[string, [string, { [name: string]: Json }], (root: string) => void, boolean]>([
    [
      'a file that it read was changed',
      ['read', { path: 'src/a.ts' }],
      (root) => writeTree(root, { 'src/a.ts': 'x' }),
      true,
    ],
    ['… was deleted', ['read', { path: 'src/a.ts' }], (root) => rmSync(path.join(root, 'src/a.ts')), true],
    ['… that was not there has come', ['read', { path: 'new.ts' }], (root) => writeTree(root, { 'new.ts': 'x' }), true],
    ['another file was changed', ['read', { path: 'src/a.ts' }], (root) => writeTree(root, { 'src/b.ts': 'x' }), false],
    ['a listing that has a new file', ['list', { path: 'src' }], (root) => writeTree(root, { 'src/z.ts': 'x' }), true],
    [
      'a listing, and a file of another folder',
      ['list', { path: 'src' }],
      (root) => writeTree(root, { 'd.md': 'x' }),
      false,
    ],
    ['a search that finds more', ['grep', { pattern: 'alpha' }], (root) => writeTree(root, { 'd.md': 'alpha' }), true],
    [
      'a search that finds the same',
      ['grep', { pattern: 'alpha' }],
      (root) => writeTree(root, { 'd.md': 'delta' }),
      false,
    ],
    ['names that match', ['glob', { pattern: '**/*.ts' }], (root) => writeTree(root, { 'src/z.ts': 'x' }), true],
  ])('%s', async (_name, call, change, stale) => {
    const root = tempFolder(TREE);
    const world = worldWith(await readsOf(root, call));
    expect(await judged(world, root)).toEqual(WHOLE);
    change(root);
    expect(brief(await judged(world, root))).toEqual(brief(stale ? STALE : WHOLE));
  });
});

describe('S1: through changes of the agent itself', () => {
  const judgedAfter = async (change: (root: string) => void, overlay?: string) => {
    const root = tempFolder(TREE);
    const store = tempStore();
    const agent = new WritingAgent(await worldIn(root, store));
    await agent.output('edit', { path: 'src/a.ts', old: 'alpha', new: 'delta' });
    const { reads } = await agent.call('grep', { pattern: 'delta|beta' });
    const world = worldWith(reads.map((read) => (overlay === undefined ? read : { ...read, overlay })));
    change(root);
    return brief(await judged(world, root, store));
  };

  test('what it changed and nobody else is as it was', async () =>
    expect(await judgedAfter(() => undefined)).toEqual(brief(WHOLE)));
  test('what changed underneath is seen through its changes', async () =>
    expect(await judgedAfter((root) => writeTree(root, { 'src/b.ts': 'x\n' }))).toEqual(brief(STALE)));
  test('changes that are gone', async () =>
    expect(await judgedAfter(() => undefined, 'a'.repeat(64))).toEqual(brief(STALE)));
});

describe('S2: what cannot be asked again counts as changed', () => {
  const unreadable: ReadRecord[] = [
    { kind: 'search', what: 'telepathy {"of":"whom"}', hash: 'h' },
    { kind: 'search', what: 'grep not json', hash: 'h' },
    { kind: 'search', what: 'delete {"path":"c.md"}', hash: 'h' },
    { kind: 'list', what: '', hash: 'h' },
  ];
  test.each(unreadable)('$what', async (read) => {
    expect(brief(await judged(worldWith([read]), tempFolder(TREE)))).toEqual(brief(STALE));
  });

  test('a new run without a workspace', async () => {
    const root = tempFolder(TREE);
    expect(brief(await judged(worldWith(await readsOf(root, ['list', {}])), null))).toEqual(brief(STALE));
  });
});

test("nothing was read: no snapshot is taken, and no history but the root's is read", async () => {
  const world = worldWith([]);
  await markStale(await world.gather('run'), () => Promise.reject(new Error('asked for the workspace')));
  expect(world.read).toEqual(['run']);
});

test('S3: below a script that turns out stale, what is not stays whole', async () => {
  const root = tempFolder(TREE);
  const reads = {
    a: await readsOf(root, ['read', { path: 'src/a.ts' }]),
    b: await readsOf(root, ['read', { path: 'src/b.ts' }]),
  };
  const inside = childPath(A, 'script');
  const child = new Events('script', { workspace: { root, base: null }, parent: { tag: tag(A), level: 1 } });
  child.childDone(child.child('agent', key('ca', { path: inside }), 'run/s/a'), agentDone(reads.a));
  child.childDone(child.child('agent', key('cb', { path: inside }), 'run/s/b'), agentDone(reads.b));
  const world = new World();
  const top = new Events('script', { workspace: { root, base: null } });
  const result = { status: 'completed', value: 's', usage: COUNTS, error: null, outcomes: [] };
  world.runs.set('run', top.childDone(top.child('script', A, 'run/s'), result));
  world.runs.set('run/s', child);
  expect(await judged(world, root)).toEqual(['call aa="s"']);
  writeTree(root, { 'src/a.ts': 'changed' });
  expect((await judged(world, root)).toSorted()).toEqual(
    ['call aa="s" stale', `call ${inside}ca="v" stale`, `call ${inside}cb="v"`].toSorted(),
  );
});
