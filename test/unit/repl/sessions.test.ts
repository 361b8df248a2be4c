/** Sessions and their turns, over threads with fake guests. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { Sessions } from '../../../activities/repl/sessions.ts';
import { takeStep } from '../../../activities/repl/step.ts';
import type { ReplTurn } from '../../../protocol/repl.ts';
import type { Store } from '../../../store/blobs.ts';
import { abandon, cell, fakeWorker, hasHeap, newStore, Node, openOf, settle } from './kit.ts';

const workers: Sessions[] = [];

function worker(store: Store = newStore(), limits: Parameters<typeof fakeWorker>[1] = {}): Sessions {
  const made = fakeWorker(store, limits);
  workers.push(made);
  return made;
}

afterEach(async () => {
  await Promise.all(workers.splice(0).map((each) => each.end()));
});

const own = (w: Sessions) => ({ sessions: w, queue: 'own', near: false });

const variablesOf = (end: { variables: { name: string; preview: string }[] }) =>
  Object.fromEntries(end.variables.map(({ name, preview }) => [name, preview]));

describe('fencing', () => {
  test('V2: a request with another token or version closes the session and is lost', async () => {
    const w = worker();
    const node = new Node();
    await node.run(w, cell('a=1'));
    const request = node.request(cell('b=2'));
    const take = (over: object) => takeStep(own(w), { ...request, ...over }, new AbortController().signal);
    expect(await take({ token: 'other' })).toEqual({ kind: 'lost', fault: null, crashed: false });
    expect(w.count).toBe(0);
    await node.run(w, cell('b=2'), { fresh: true });
    expect(await take({ version: 7 })).toEqual({ kind: 'lost', fault: null, crashed: false });
    expect(await take({ version: 2 })).toEqual({ kind: 'lost', fault: null, crashed: false });
  });

  test('S1: while a turn runs, nobody else gets an answer from its session', async () => {
    const w = worker(undefined, { operationMs: 300 });
    const node = new Node();
    await node.run(w, cell('a=1'));
    const hanging = node.step(w, cell('hang'));
    const other = await takeStep(own(w), node.request(cell('b=2')), new AbortController().signal);
    expect(other).toEqual({ kind: 'lost', fault: null, crashed: false });
    expect(await hanging).toEqual({ kind: 'lost', fault: null, crashed: false });
  });

  test('a session of another engine is refused, and a journal that does not fit the version', async () => {
    const w = worker();
    await expect(new Node(openOf({ engine: 'old' })).step(w, cell('a=1'))).rejects.toMatchObject({
      code: 'BRAID_REPL_ENGINE',
    });
    const request = { ...new Node().request(cell('a=1')), version: 3 };
    await expect(takeStep(own(w), request, new AbortController().signal)).rejects.toMatchObject({
      code: 'BRAID_INTERNAL',
    });
  });
});

describe('rebuilding', () => {
  const TURNS: ReplTurn[] = [
    cell('a=1 call b=2 call c=3'),
    settle({ 1: 'x' }),
    settle({ 2: 'y' }),
    cell('print:c d=4', 2),
  ];

  test('V1: another worker at any boundary gives the same turns', async () => {
    const whole = new Node();
    const live = worker();
    const expected = [];
    for (const turn of TURNS) expected.push({ ...(await whole.run(live, turn)), ms: 0 });
    for (let at = 1; at < TURNS.length; at += 1) {
      const node = new Node();
      const store = newStore();
      const [first, second] = [worker(store), worker(store)];
      const seen = [];
      for (const [i, turn] of TURNS.entries()) {
        const end = await node.run(i < at ? first : second, turn, { fresh: i === 0 || i === at });
        seen.push({ ...end, ms: 0 });
      }
      expect(seen).toEqual(expected);
    }
  });

  test('a replay that makes another number of calls is an error that names the cell (R2)', async () => {
    const store = newStore();
    const node = new Node();
    const w = worker(store);
    await node.run(w, cell('random a=1', 5));
    node.journal[0] = { ...(node.journal[0] as (typeof node.journal)[0]), calls: 9 };
    await expect(node.step(worker(store), cell('b=2', 6), { fresh: true })).rejects.toMatchObject({
      code: 'BRAID_INTERNAL',
      message: expect.stringMatching(/diverged: cell 5 made \d calls, not 9/) as string,
    });
  });
});

describe('snapshots', () => {
  const folder = (store: Store): string => {
    const heaps = store.disk.at('heaps');
    return join(heaps, readdirSync(heaps)[0] ?? '');
  };

  /** A node with one turn, and its snapshot in the store. */
  async function snapshotted(): Promise<{ store: Store; node: Node }> {
    const store = newStore();
    const node = new Node();
    const w = worker(store);
    await node.run(w, cell('a=1 call b=2'));
    await expect.poll(() => hasHeap(store), { timeout: 10_000 }).toBe(true);
    await w.end();
    return { store, node };
  }

  async function resumed({ store, node }: { store: Store; node: Node }): Promise<number> {
    const w = worker(store);
    const end = await node.run(w, settle({ 1: 'x' }), { fresh: true });
    expect(variablesOf(end)).toEqual({ a: '1', b: '2' });
    return w.counts.replayed;
  }

  test('a session is restored from its snapshot without a replay', async () => {
    expect(await resumed(await snapshotted())).toBe(0);
  });

  test.each([
    ['torn', (file: Buffer) => file.subarray(0, file.length - 7)],
    ['changed', (file: Buffer) => (file.writeUInt8(file.readUInt8(file.length - 1) ^ 1, file.length - 1), file)],
    ['empty', () => Buffer.alloc(0)],
    [
      'of another engine',
      (file: Buffer) => Buffer.from(file.toString('latin1').replace(/"engine":"./, '"engine":"x'), 'latin1'),
    ],
  ])('R4, H2: a %s snapshot is passed over', async (_, spoil) => {
    const world = await snapshotted();
    const file = join(folder(world.store), '1');
    writeFileSync(file, spoil(readFileSync(file)));
    expect(await resumed(world)).toBe(1);
  });

  test('R4: a sealed snapshot that the guest cannot read is passed over', async () => {
    const { saveHeap } = await import('../../../store/repl-snapshots.ts');
    const { lineagesOf } = await import('../../../activities/repl/lineage.ts');
    const { pack } = await import('../../../activities/repl/pack.ts');
    const world = await snapshotted();
    const { node, store } = world;
    const lineage = lineagesOf(node.open, node.journal)[1] ?? '';
    for (const packed of [Buffer.from('garbage'), pack(Buffer.from('not json'))])
      await saveHeap(store, { session: node.session, version: 1, lineage, engine: node.open.engine, packed });
    expect(await resumed(world)).toBe(1);
  });

  test('H1: the heap of a turn that was then taken otherwise is not found', async () => {
    const { store, node } = await snapshotted();
    node.journal.splice(0);
    const w = worker(store);
    await node.run(w, cell('a=9 call b=8'), { fresh: true });
    await w.end();
    const again = worker(store);
    const end = await node.run(again, settle({ 1: 'x' }), { fresh: true });
    expect(variablesOf(end)).toEqual({ a: '9', b: '8' });
  });

  test('H3: a session keeps its newest two', async () => {
    const { saveHeap } = await import('../../../store/repl-snapshots.ts');
    const { store, node } = await snapshotted();
    const snapshot = { session: node.session, lineage: 'l', engine: 'e', packed: Buffer.from('x') };
    for (const version of [2, 10, 9]) await saveHeap(store, { ...snapshot, version });
    expect(readdirSync(folder(store)).sort()).toEqual(['10', '9']);
  });
});

describe('deaths', () => {
  test('H2: a thread that dies loses the session, not the worker', async () => {
    const w = worker();
    const node = new Node();
    await node.run(w, cell('a=1'));
    expect(await node.step(w, cell('exit'))).toEqual({ kind: 'lost', fault: null, crashed: true });
    expect(variablesOf(await node.run(w, cell('b=2')))).toEqual({ a: '1', b: '2' });
  });

  test('H1: a turn that takes longer than its time is lost', async () => {
    const w = worker(undefined, { turnMs: 1_000 });
    expect(await new Node().step(w, cell('spin'))).toEqual({ kind: 'lost', fault: null, crashed: true });
  });

  test('an error of the host is told and closes the session', async () => {
    const w = worker();
    const node = new Node();
    await node.run(w, cell('a=1'));
    await expect(node.step(w, cell('throw'))).rejects.toMatchObject({
      code: 'BRAID_INTERNAL',
      message: 'a bug of the host',
    });
    expect(w.count).toBe(0);
  });

  test('an operation that hangs is named, and fails at the same place from then on', async () => {
    const store = newStore();
    const w = worker(store, { operationMs: 300 });
    const node = new Node();
    await node.run(w, cell('a=1'));
    const hanging = cell('op op hang b=2', 2);
    expect(await node.step(w, hanging)).toEqual({ kind: 'lost', fault: 2, crashed: false });
    const end = await node.run(w, hanging, { faults: [2] });
    expect(end).toMatchObject({ faults: [2], error: { code: 'BRAID_CONTEXT_SLOW' } });
    expect(end.error?.message).toContain('/(a+)+b/ took too long');
    expect(variablesOf(end)).toEqual({ a: '1', b: '2' });
    // A replay of that turn must not hang again.
    await w.end();
    const later = await node.run(worker(store, { operationMs: 300 }), cell('c=3', 3), { fresh: true });
    expect(variablesOf(later)).toEqual({ a: '1', b: '2', c: '3' });
  });

  test('S2: cancelling ends the thread and rejects with the reason', async () => {
    const w = worker();
    const node = new Node();
    await node.run(w, cell('a=1'));
    const controller = new AbortController();
    const spinning = takeStep(own(w), node.request(cell('spin')), controller.signal);
    setTimeout(() => controller.abort(new Error('cancelled')), 100);
    await expect(spinning).rejects.toThrow('cancelled');
    expect(w.count).toBe(0);
  });
});

describe('limits', () => {
  test('R3: a cell that meets a limit leaves no trace', async () => {
    const store = newStore();
    const w = worker(store);
    const node = new Node();
    await node.run(w, cell('a=1'));
    const end = await node.run(w, cell('a=2 gas', 2));
    expect(end).toMatchObject({
      undone: true,
      state: 'idle',
      calls: [],
      error: { code: 'BRAID_SANDBOX_GAS', line: null },
    });
    expect(end.error?.message).toMatch(/computed for .* all that it did is undone.*Do less in one cell/s);
    expect(variablesOf(end)).toEqual({ a: '1' });
    expect(end.gas).toBeGreaterThan(1_000);
    const [here, there] = [await node.run(w, cell('b=3', 3)), worker(store)];
    expect(variablesOf(here)).toEqual({ a: '1', b: '3' });
    await w.end();
    expect(variablesOf(await node.run(there, cell('c=4', 4), { fresh: true }))).toEqual({ a: '1', b: '3', c: '4' });
  });

  test('R3: an answer that leads to a limit gives the cell up, live and replayed', async () => {
    const store = newStore();
    const w = worker(store);
    const node = new Node();
    await node.run(w, cell('a=1 call b=2 gas'));
    const end = await node.run(w, settle({ 1: 'x' }));
    expect(end).toMatchObject({ undone: true, state: 'idle', error: { code: 'BRAID_SANDBOX_GAS' } });
    expect(variablesOf(end)).toEqual({ a: '1' });
    const next = await node.run(w, cell('call', 2));
    expect(next.calls).toMatchObject([{ id: 2 }]);
    await w.end();
    for (const name of readdirSync(store.disk.at('heaps'))) await store.disk.remove(store.disk.at('heaps', name));
    const there = worker(store);
    expect(await node.run(there, settle({ 2: 'y' }), { fresh: true })).toMatchObject({ state: 'idle', undone: false });
    expect(there.counts.replayed).toBe(3);
  });

  test('abandoning gives a waiting cell up', async () => {
    const w = worker();
    const node = new Node();
    await node.run(w, cell('a=1 call b=2'));
    expect(await node.run(w, abandon)).toMatchObject({ state: 'idle', calls: [] });
    expect(variablesOf(await node.run(w, cell('c=3', 2)))).toEqual({ a: '1', c: '3' });
  });

  test('S3: the session used longest ago goes first, and comes back from its journal', async () => {
    const w = worker(undefined, { liveSessions: 2 });
    const nodes = ['x', 'y', 'z'].map((name) => new Node(openOf(), name));
    for (const node of nodes) await node.run(w, cell(`a=${node.session}`));
    expect(w.count).toBe(2);
    const [x, y] = nodes as [Node, Node, Node];
    expect(variablesOf(await y.run(w, cell('b=1', 2)))).toEqual({ a: 'y', b: '1' });
    expect(await x.step(w, cell('b=1', 2))).toEqual({ kind: 'lost', fault: null, crashed: false });
    expect(variablesOf(await x.run(w, cell('b=1', 2)))).toEqual({ a: 'x', b: '1' });
  });

  test('S3: memory bounds live sessions', async () => {
    const w = worker(undefined, { liveBytes: 2.5 * 1024 * 1024 });
    for (const name of ['x', 'y', 'z']) await new Node(openOf(), name).run(w, cell('a=1'));
    expect(w.count).toBe(2);
  });

  test('S3: a session that nobody asks for is closed', async () => {
    const w = worker(undefined, { idleMs: 50 });
    await new Node().run(w, cell('a=1'));
    await expect.poll(() => w.count, { timeout: 10_000 }).toBe(0);
  });
});

describe('results', () => {
  test('S4: a final that counts ends the session and its snapshots', async () => {
    const store = newStore();
    const w = worker(store);
    const node = new Node(openOf({ schema: { type: 'string', minLength: 3 } }));
    expect(await node.run(w, cell('final:ab'))).toMatchObject({
      final: { ok: false, problem: expect.stringContaining('too short') as string },
    });
    expect(w.count).toBe(1);
    expect(await node.run(w, cell('final:abc', 2))).toMatchObject({ final: { ok: true, value: 'abc' } });
    expect(w.count).toBe(0);
    await w.end();
    expect(readdirSync(store.disk.at('heaps'))).toEqual([]);
  });

  test('C1: long texts of calls cross by reference', async () => {
    const store = newStore();
    const [call] = (await new Node().run(worker(store), cell('text:5000'))).calls;
    const prompt = call?.name === 'llm' ? call.items[0]?.prompt : null;
    expect(prompt).toEqual([
      { manifest: expect.stringMatching(/^[0-9a-f]{64}$/) as string, part: 0, start: 0, end: 5000 },
    ]);
  });
});
