/** Runs that were resumed themselves, and runs that cannot be resumed from (R1, R2 of histories/journal/run.ts; D1, D2 of draft.ts). */
import { describe, expect, test } from 'vitest';
import { closeNode } from '../../../histories/journal/close.ts';
import { Events, failure, key, said, tag, World, wordOf } from './world.ts';

const A = key('aa');

describe('a run that was resumed itself', () => {
  const B = key('bb');
  const C = key('cc');

  async function chain(): Promise<World> {
    const world = new World();
    world.runs.set('one', new Events('script').ask(A, said('a1')).ask(B, said('b1')));
    const journal = await world.open('one');
    const two = new Events('script', { resumeFrom: 'one' });
    two.answer(two.send(A, 0, 'openJournal'), { journal: { run: 'one', blob: journal.blob }, calls: 2 });
    two.ask(C, said('c2')).ask(B, said('b2'));
    world.runs.set('two', two);
    return world;
  }

  test('D1, D2: passes on what it inherited, before its own; who paid stays; its own counts more', async () => {
    const world = await chain();
    world.runs.delete('one');
    const entries = await world.entries(await world.open('two'));
    expect(entries.map((entry) => `${wordOf(entry)} ${entry.from}`)).toEqual([
      'call aa="a1" one',
      'call cc="c2" two',
      'call bb="b2" two',
    ]);
  });

  test('D1: a value that was inherited is better than a failure of its own', async () => {
    const world = await chain();
    const two = world.runs.get('two') ?? new Events('script');
    two.add({
      type: 'activityFailed',
      scheduledId: two.send(A),
      failure: failure('application', 'BRAID_PROVIDER_FAILED'),
    });
    expect(await world.words('two')).toContain('call aa="a1"');
  });

  test('that ended before it had opened its journal gives that of the run before', async () => {
    const world = await chain();
    world.runs.set('three', new Events('script', { resumeFrom: 'two' }));
    expect(await world.words('three')).toEqual(['call aa="a1"', 'call cc="c2"', 'call bb="b2"']);
  });

  test('a circle ends', async () => {
    const world = new World();
    world.runs.set('one', new Events('script', { resumeFrom: 'two' }).ask(A, said('a')));
    world.runs.set('two', new Events('script', { resumeFrom: 'one' }).ask(B, said('b')));
    expect((await world.words('one')).toSorted()).toEqual(['call aa="a"', 'call bb="b"']);
  });

  test('its own journal, once closed, needs no history at all', async () => {
    const world = await chain();
    const { kept } = await closeNode({ blobs: world.blobs, history: (id) => world.history(id) }, 'two');
    expect(kept).toMatchObject({ run: 'two', runId: 'x', workflowType: 'script', name: 'n', journalVersion: 1 });
    world.kept.set('two', { run: 'two', blob: kept?.journal ?? '' });
    world.runs.clear();
    expect(await world.words('two')).toEqual(['call aa="a1"', 'call cc="c2"', 'call bb="b2"']);
  });
});

describe('R2: never a silent fresh start', () => {
  test.each<[string, () => Events | null, string, RegExp]>([
    ['an unknown run', () => null, 'BRAID_RUN_UNKNOWN', /no run run/],
    ['a workflow of somebody else', () => new Events('invoice'), 'BRAID_JOURNAL', /type invoice/],
    [
      'a part of a run',
      () => new Events('rlm', { parent: { tag: tag(A), level: 1 } }),
      'BRAID_JOURNAL',
      /part of the run/,
    ],
    [
      'a build without keys',
      () => {
        const events = new Events('script');
        const plain = { address: 'agent:1', label: 'l', phase: null, model: 'm', turn: 0 };
        const scheduledId = events.add({ type: 'activityScheduled', activity: 'model', activityId: '1', tag: plain });
        return events.answer(scheduledId, said('x'));
      },
      'BRAID_JOURNAL',
      /older version/,
    ],
    [
      'a run of another store',
      () => {
        const events = new Events('script');
        const [started] = events.list;
        if (started?.type === 'started') started.input = null;
        return events;
      },
      'BRAID_JOURNAL',
      /not in this store/,
    ],
  ])('%s', async (_name, make, code, message) => {
    const world = new World();
    const events = make();
    if (events !== null) world.runs.set('run', events);
    await expect(world.open('run')).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('a journal of another version, or one that is gone', async () => {
    const world = new World();
    const other = await world.blobs.put(JSON.stringify({ version: 2, run: 'run', calls: 0, nodes: {} }));
    world.kept.set('run', { run: 'run', blob: other });
    await expect(world.open('run')).rejects.toMatchObject({
      code: 'BRAID_JOURNAL',
      message: expect.stringContaining('version 2'),
    });
    world.kept.set('run', { run: 'run', blob: 'e'.repeat(64) });
    await expect(world.open('run')).rejects.toMatchObject({ code: 'BRAID_JOURNAL' });
  });

  test('a run without any call is fine: there is nothing to lose', async () => {
    const world = new World();
    world.runs.set('run', new Events('script'));
    expect((await world.open('run')).calls).toBe(0);
  });
});
