/** `replStep` with real guests: cells, contexts, restored heaps. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, expect, test } from 'vitest';
import type { Sessions } from '../../../activities/repl/sessions.ts';
import { createReplStep } from '../../../activities/repl/step.ts';
import type { ContextRef, TextRef } from '../../../protocol/context.ts';
import { REPL } from '../../../protocol/limits.ts';
import type { ReplTurn } from '../../../protocol/repl.ts';
import type { Store } from '../../../store/blobs.ts';
import { ingestText } from '../../../store/contexts/ingest.ts';
import { contextOfValue, putContext, spillTexts } from '../../../store/contexts/refs.ts';
import { cell, hasHeap, newStore, newWorker, Node, openOf, settle, STATE, type Ran } from './kit.ts';

const workers: Sessions[] = [];

function worker(store: Store, limits: Parameters<typeof newWorker>[1] = {}): Sessions {
  const made = newWorker(store, limits);
  workers.push(made);
  return made;
}

afterEach(async () => {
  await Promise.all(workers.splice(0).map((each) => each.end()));
});

const TAG = { address: 'rlm/cell:1', label: 'cell 1', phase: null, model: null, turn: 0 };
const LINES = Array.from({ length: 2_000 }, (_, i) => `line ${i} of the text, naïve`).join('\n');

async function files(store: Store, count = 3): Promise<ContextRef> {
  const names = Array.from({ length: count }, (_, i) => `f${i}.txt`);
  const parts = await Promise.all(names.map((name) => ingestText(store, `${name}: ${LINES}`, { name })));
  return putContext(store, 'files', parts, 'files');
}

/** Turns without what may differ between a live and a rebuilt session. */
const comparable = (end: Ran) => ({ ...end, ms: 0 });

test('V1, RL-61: a rebuilt session equals the live one: closures, generators, classes, Maps, open calls', async () => {
  const turns: ReplTurn[] = [
    cell(`const seen = new Map([['a', 1]]);
      class Counter { #n = 0; up() { return ++this.#n; } }
      const counter = new Counter();
      function* ids() { let i = 0; for (;;) yield i++; }
      const gen = ids(); gen.next();
      const add = ((base) => (n) => base + n)(counter.up());
      const answers = await Promise.all([llm_query('one'), llm_query('two')]);
      seen.set('b', answers); gen.next().value`),
    settle({ 2: 'second' }),
    settle({ 1: 'first' }),
    cell(`print([...seen.entries()], counter.up(), add(10), gen.next().value, Math.random()); context.lines(2, 4)`, 2),
    cell(`const part = context.slice(100, 90_000); const r = await llm_query(['Read: ', part].join('')); r`, 3),
    settle({ 3: { deep: [1, 2] } }),
  ];
  const first = newStore();
  const context = await contextOfValue(first, LINES);
  const live = new Node(openOf({ context }));
  const whole = worker(first);
  const expected = [];
  for (const turn of turns) expected.push(comparable(await live.run(whole, turn)));
  expect(expected.map(({ error }) => error)).toEqual(turns.map(() => null));
  expect(expected[3]?.output).toContain('["first", "second"]');
  for (let at = 1; at < turns.length; at += 1) {
    const store = newStore();
    const node = new Node(openOf({ context: await contextOfValue(store, LINES) }));
    const [before, after] = [worker(store), worker(store)];
    for (const [i, turn] of turns.entries()) {
      const end = await node.run(i < at ? before : after, turn, { fresh: i === 0 || i === at });
      // The first turn leaves a snapshot, a moment after its answer, so not all of the journal is replayed.
      if (i === at - 1) await expect.poll(() => hasHeap(store), { timeout: 10_000 }).toBe(true);
      if (i === at) expect(after.counts.replayed).toBeLessThan(at);
      expect(comparable(end), `turn ${i} after a loss before turn ${at}`).toEqual(expected[i]);
    }
  }
});

test('RL-43: slices cross as references to the context itself', async () => {
  const store = newStore();
  const node = new Node(openOf({ context: await contextOfValue(store, LINES) }));
  const end = await node.run(
    worker(store),
    cell(`await Promise.all([
      llm_query(['About: ', context.slice(10, 50_001)]), rlm_query('what?', context.slice(5, 50_000)),
      rlm_query('all?', context), rlm_query('json?', { a: [1] })])`),
  );
  expect(end.error).toBeNull();
  const manifest =
    node.open.context !== null && 'manifest' in node.open.context.of ? node.open.context.of.manifest : '';
  const [llm, slice, all, json] = end.calls;
  expect(llm).toMatchObject({
    name: 'llm',
    items: [{ prompt: ['About: ', { manifest, part: 0, start: 10, end: 50_001 }] }],
  });
  expect(slice).toMatchObject({
    name: 'rlm',
    items: [
      { context: { kind: 'text', length: 49_995, of: { pieces: [{ manifest, part: 0, start: 5, end: 50_000 }] } } },
    ],
  });
  expect(all).toMatchObject({ items: [{ context: { length: LINES.length } }] });
  expect(json).toMatchObject({ items: [{ context: { kind: 'json', length: 9 } }] });
});

test('a context of pieces opens with its own names; whole files are passed on as a manifest', async () => {
  const store = newStore();
  const many = await files(store, 20);
  const w = worker(store);
  const parent = new Node(openOf({ context: many }));
  const asked = await parent.run(
    w,
    cell(`await Promise.all([rlm_query('all', context), rlm_query('two', context.slice(3, 5))])`),
  );
  expect(asked.error).toBeNull();
  const [all, two] = asked.calls.map((call) => (call.name === 'rlm' ? call.items[0]?.context : null));
  expect(all).toEqual(many);
  expect(two).toMatchObject({ kind: 'files', parts: 2, names: [{ name: 'f3.txt' }, { name: 'f4.txt' }] });
  const child = new Node(openOf({ context: two ?? null }), 'child');
  const end = await child.run(w, cell(`print(context.map((f) => f.name)); context[1].text.slice(0, 12)`));
  expect(end.output).toBe('["f3.txt", "f4.txt"]\nf4.txt: line\n');
});

test('JSON contexts are values, long questions are texts', async () => {
  const store = newStore();
  const [ref] = await spillTexts(store, ['long question '.repeat(5_000)]);
  const question = ['Please: ', ref as TextRef];
  const node = new Node(openOf({ context: await contextOfValue(store, { list: [1, 2, 3] }), question }));
  const end = await node.run(worker(store), cell(`print(context.list.length, question.length); question.slice(0, 21)`));
  expect(end.output).toBe('3 70008\nPlease: long question\n');
});

test('a regex that hangs is ended with its thread, and fails when the turn is taken again', async () => {
  const store = newStore();
  const context = await contextOfValue(store, `${'a'.repeat(60)}!\n${LINES}`);
  const w = worker(store, { limits: { operationMs: 400 } });
  const node = new Node(openOf({ context }));
  await node.run(w, cell('const a = 1'));
  // A back reference, which the engine without backtracking does not know.
  const hanging = cell(`print(context.count('line')); const hits = context.grep(/(a+)+\\1b/)`, 2);
  const startedAt = performance.now();
  expect(await node.step(w, hanging)).toEqual({ kind: 'lost', fault: 1, crashed: false });
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  const end = await node.run(w, hanging, { faults: [1] });
  expect(end).toMatchObject({ faults: [1], output: '2000\n', error: { code: 'BRAID_CONTEXT_SLOW' } });
  const [next, rebuilt] = [cell('a + 1', 3), worker(store, { limits: { operationMs: 400 } })];
  expect((await node.run(rebuilt, next, { fresh: true })).output).toBe('2\n');
});

test('a regex that only backtracks too much is answered', async () => {
  const store = newStore();
  const node = new Node(openOf({ context: await contextOfValue(store, `${'a'.repeat(60)}!\n${LINES}`) }));
  const end = await node.run(worker(store, { limits: { operationMs: 2_000 } }), cell('context.grep(/(a+)+b/).length'));
  expect(end).toMatchObject({ output: '0\n', error: null });
});

test('R3: memory and stack end a cell, not the session', async () => {
  const store = newStore();
  const node = new Node();
  const w = worker(store);
  await node.run(w, cell(`const kept = 'yes'`));
  const hostile = [
    [`const all = []; for (;;) all.push('x'.repeat(1e6) + all.length);`, 'BRAID_SANDBOX_MEMORY'],
    ['(function f() { return 1 + f(); })()', 'BRAID_SANDBOX_STACK'],
  ] as const;
  for (const [i, [code, expected]] of hostile.entries()) {
    const end = await node.run(w, cell(code, i + 2));
    expect(end).toMatchObject({ state: 'idle', undone: true, output: '', error: { code: expected } });
  }
  expect((await node.run(w, cell('kept', 9))).output).toBe('yes\n');
});

test('finals: values are judged, spans read, large ones passed by reference', async () => {
  const store = newStore();
  const big = 'é'.repeat(REPL.finalChars + 1);
  const context = await contextOfValue(store, LINES + big);
  const w = worker(store);
  const final = async (code: string, schema: Parameters<typeof openOf>[0] = {}) => {
    const end = await new Node(openOf({ context, ...schema }), code).run(w, cell(code));
    expect(end.error).toBeNull();
    return end.final;
  };
  expect(await final('FINAL(0)')).toEqual({ ok: true, value: 0 });
  expect(await final('FINAL(context.slice(0, 40_000))')).toEqual({ ok: true, value: LINES.slice(0, 40_000) });
  const length = LINES.length + big.length;
  expect(await final('FINAL(context)')).toMatchObject({ ok: true, length, text: { part: 0, start: 0, end: length } });
  expect(await final(`FINAL('x'.repeat(${REPL.finalChars + 5}))`)).toMatchObject({
    ok: true,
    length: REPL.finalChars + 5,
  });
  const schema = { type: 'object', required: ['n'] };
  expect(await final('FINAL({})', { schema })).toMatchObject({
    ok: false,
    problem: expect.stringContaining('n') as string,
  });
  expect(await final('FINAL(context)', { schema })).toMatchObject({ ok: false });
  expect(await final('FINAL({ n: 1 })', { schema })).toEqual({ ok: true, value: { n: 1 } });
});

test('the activity: beats, and ends its thread when it is cancelled', async () => {
  const sessions = worker(newStore());
  const step = createReplStep({ sessions, queue: 'own', near: false });
  const env = new MockActivityEnvironment();
  const running = env.run(step, TAG, new Node().request(cell('for (;;);')));
  setTimeout(() => env.cancel(), 500);
  await expect(running).rejects.toThrow('CANCELLED');
  expect(sessions.count).toBe(0);
});

test('a live session is bounded: threads and contexts are let go of', async () => {
  const store = newStore();
  const context = await contextOfValue(store, LINES);
  const w = worker(store, { limits: { liveSessions: 2 } });
  for (let i = 0; i < 4; i += 1) {
    const node = new Node(openOf({ context }), `n${i}`);
    expect((await node.run(w, { ...cell(`context.count('line')`), state: STATE })).output).toBe('2000\n');
  }
  expect(w.count).toBe(2);
});
