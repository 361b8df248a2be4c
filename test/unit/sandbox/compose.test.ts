import { describe, expect, test } from 'vitest';
import { failureOf, gave, died, lines, open, play, resultOf, run, valueOf, type Call } from './kit.ts';

describe('parallel()', () => {
  test('starts all at once, is a barrier, keeps the order of input (DW-20)', () => {
    const sandbox = open();
    const asked = sandbox.run("return await parallel(['a', 'b', 'c'].map((p) => () => agent(p)))", 's.js');
    expect(asked.map((m) => m.type)).toEqual(['call', 'call', 'call']);
    const answer = (id: number) => sandbox.settle({ id, ok: true, value: gave(`v${id}`), now: 1, spent: 0 });
    expect([answer(3), answer(1)]).toEqual([[], []]);
    expect(answer(2)).toEqual([{ type: 'done', value: ['v1', 'v2', 'v3'] }]);
  });

  test('a throw, synchronous or not, is null at its index and a line (DW-20, DW-26)', () => {
    const story = run(
      "return await parallel([() => { throw new Error('now') }, async () => { await 0; throw 'later' }, () => 3])",
    );
    expect(resultOf(story)).toEqual([null, null, 3]);
    expect(lines(story, 'null')).toEqual(['parallel[0] failed: now', 'parallel[1] failed: later']);
  });

  test('a call that throws is null at its index', () => {
    const story = play("return await parallel([() => agent('a'), () => agent('b')])", (c) =>
      c.id === 1 ? died({ throws: true }) : gave(2),
    );
    expect(resultOf(story)).toEqual([null, 2]);
    expect(lines(story, 'null')).toEqual(['parallel[0] failed: no luck']);
  });

  test('of nothing is nothing', () => {
    expect(valueOf('return [await parallel([]), await pipeline([], () => 1)]')).toEqual([[], []]);
  });

  test.each([
    ["parallel([agent('x')])", 'BRAID_OPTION', 'functions, not promises: item 0 is a Promise'],
    ['parallel([() => 1, 2])', 'BRAID_OPTION', 'item 1 is a number'],
    ["parallel('x')", 'BRAID_OPTION', 'takes an array, got a string'],
    ['parallel()', 'BRAID_OPTION', 'takes an array, got undefined'],
    ['pipeline({ length: 1 }, () => 1)', 'BRAID_OPTION', 'takes an array, got an object'],
    ["pipeline([1], () => 1, agent('x'))", 'BRAID_OPTION', 'not promises: stage 2 is a Promise'],
    ['parallel(Array.from({ length: 4097 }, () => () => 1))', 'BRAID_TOO_MANY_ITEMS', 'at most 4096 items, got 4097'],
    ['pipeline(new Array(4097).fill(1), (x) => x)', 'BRAID_TOO_MANY_ITEMS', 'slices'],
  ])('%s fails with %s (DW-20, DW-22)', (call, code, part) => {
    const error = failureOf(`await ${call}`);
    expect(error.code).toBe(code);
    expect(error.message).toContain(part);
  });

  test('4,096 items pass', () => {
    expect(valueOf('return (await pipeline(new Array(4096).fill(1), (x, item, i) => x + i)).length')).toBe(4096);
  });
});

describe('pipeline()', () => {
  test('stages get (prev, item, index); the first prev is the item (DW-21)', () => {
    expect(
      valueOf("return await pipeline(['a', 'b'], (p, item, i) => [p, item, i], (p, item, i) => [...p, item, i])"),
    ).toEqual([
      ['a', 'a', 0, 'a', 0],
      ['b', 'b', 1, 'b', 1],
    ]);
  });

  test('has no barrier: an item enters its next stage while another is in its first', () => {
    const sandbox = open();
    sandbox.run("return await pipeline(['a', 'b'], (x) => agent(x), (x) => agent(x + '2'))", 's.js');
    const next = sandbox.settle({ id: 2, ok: true, value: gave('b'), now: 1, spent: 0 });
    expect((next[0] as Call).args[0]).toBe('b2');
  });

  test('a throw makes the item null and skips its later stages (DW-21, DW-26)', () => {
    const story = run(
      "return await pipeline([1, 2], (x) => { if (x === 1) throw new Error('one'); return x }, (x) => { log(x); return x * 2 })",
    );
    expect(resultOf(story)).toEqual([null, 4]);
    expect(lines(story, 'log')).toEqual(['2']);
    expect(lines(story, 'null')).toEqual(['pipeline[0] stage 1 failed: one']);
  });

  test('a stage that resolves null passes it on, counted and logged (DW-21a)', () => {
    const story = run(
      'return await pipeline([1, 2], (x) => (x === 1 ? null : x), (x) => (x === null ? "was null" : x))',
    );
    expect(resultOf(story)).toEqual(['was null', 2]);
    expect(lines(story, 'null')).toEqual(['pipeline[0] stage 1 gave null', 'pipeline: 1 null passed on among 2 items']);
  });

  test('a TypeError on that null names item and stage', () => {
    const story = run('return await pipeline([1], () => null, (x) => x.findings)');
    expect(lines(story, 'null')[1]).toBe("pipeline[0] stage 2 failed: cannot read property 'findings' of null");
  });

  test('nests with parallel (DW-23)', () => {
    const story = play(
      "return (await pipeline(['a', 'b'], (d) => agent(d), (r) => parallel([1, 2].map((n) => () => agent(r + n))))).flat()",
      (call) => gave(`<${String(call.args[0])}>`),
    );
    expect(resultOf(story)).toEqual(['<<a>1>', '<<a>2>', '<<b>1>', '<<b>2>']);
  });
});
