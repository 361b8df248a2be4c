import { describe, expect, test } from 'vitest';
import { isBraidError } from '../../../protocol/errors.ts';
import { codeOf, failureOf, open, run, valueOf } from './kit.ts';

describe('result', () => {
  test.each<[string, unknown]>([
    ['return 1', 1],
    ['return', null],
    ['', null],
    ['return { a: undefined, f() {}, n: NaN, d: new Date(0) }', { n: null, d: '1970-01-01T00:00:00.000Z' }],
    ['return await Promise.resolve([1])', [1]],
    ["#!/usr/bin/env braid\nreturn 'hash bang'", 'hash bang'],
    ['return 1 // comment at the end', 1],
    ["return '\\u0000 \\ud800 \\u2028 ü 😀'", '\u0000 \ud800 \u2028 ü 😀'],
  ])('%j gives %j', (source, value) => expect(valueOf(source)).toEqual(value));

  test('tells what JSON could not carry', () => {
    expect(run('return () => 1')).toEqual([
      { type: 'done', value: null, warning: expect.stringContaining('function') },
    ]);
    expect(run('return Symbol("x")')).toEqual([
      { type: 'done', value: null, warning: expect.stringContaining('symbol') },
    ]);
    expect(run('return new Map([[1, 2]])')[0]).toMatchObject({ value: {}, warning: expect.stringContaining('Map') });
  });

  test.each([
    ['const a = { list: [] }; a.list.push(a); return a', 'result.list[0] is a cycle'],
    ['return { a: [{ b: 2n }] }', 'result.a[0].b is a BigInt'],
    ['return { get x() { throw new Error("no") } }', 'cannot be written as JSON: no'],
  ])('%j fails by name', (source, part) => {
    const error = failureOf(source);
    expect(error.code).toBe('BRAID_SCRIPT_VALUE');
    expect(error.message).toContain(part);
  });

  test('what is nested too deep does not cross', () => {
    expect(codeOf(() => run('let a = []; for (let i = 0; i < 1100; i++) a = [a]; return a'))).toBe(
      'BRAID_SCRIPT_VALUE',
    );
  });
});

describe('places are those of the script', () => {
  test.each<[string, number, number]>([
    ["throw new Error('x')", 1, 16],
    ["\n\n  throw new Error('x')", 3, 18],
    ['const f = () => null.x\nawait 0\nf()', 1, 21],
    ['       const meta = {}\nnull.x', 2, 5],
    ['await agent(1)', 1, 12],
  ])('%j', (source, line, column) => expect(failureOf(source)).toMatchObject({ line, column }));

  test('stacks show the script only, with columns of line 1 put right', () => {
    const { stack } = failureOf("await parallel([1].map(() => 1)); function f() { throw new Error('x') } f()");
    const first = failureOf("function f() { throw new Error('x') } f()").stack;
    expect(first).toBe('    at f (script.js:1:31)\n    at <anonymous> (script.js:1:40)');
    expect(stack).not.toContain('braid:');
  });

  test('syntax errors are BRAID_SCRIPT_SYNTAX with line and column', () => {
    for (const [source, line, column] of [
      ['let a = ;', 1, 9],
      ['let a = 1;\nlet a = 2', 2, 5],
      ['x = `', 1, 5],
    ] as const) {
      const sandbox = open();
      let thrown: unknown;
      try {
        sandbox.run(source, 'script.js');
      } catch (error) {
        thrown = error;
      }
      expect(isBraidError(thrown, 'BRAID_SCRIPT_SYNTAX'), source).toBe(true);
      if (isBraidError(thrown)) expect(thrown.at, source).toMatchObject({ line });
      expect(Math.abs(((thrown as { at: { column: number } }).at.column ?? 0) - column), source).toBeLessThan(4);
      expect(sandbox.closed).toBe(true);
    }
  });

  test('odd file names do not confuse them', () => {
    const last = open().run("\n throw new Error('x')", 'a) (b:1:1 [.*].js').at(-1);
    expect(last).toMatchObject({ type: 'fail', error: { line: 2 } });
  });
});

test.each([
  ['throw { a: 1 }', '{"a":1}'],
  ["throw 'text'", 'text'],
  ['throw null', 'null'],
  ['throw undefined', 'undefined'],
])('%s is reported', (source, message) => expect(failureOf(source)).toMatchObject({ name: 'Error', message }));

test('a closed sandbox refuses further turns', () => {
  const sandbox = open();
  sandbox.run('return 1', 's.js');
  expect(sandbox.closed).toBe(true);
  expect(codeOf(() => sandbox.settle({ id: 1, ok: true, value: 1, now: 0, spent: 0 }))).toBe('BRAID_INTERNAL');
  expect(codeOf(() => sandbox.run('return 1', 's.js'))).toBe('BRAID_INTERNAL');
});

test('import() is refused with the reason', () => {
  expect(
    valueOf(
      "try { await import('fs') } catch (e) { return [e.code, e.message.includes('import() is not available')] }",
    ),
  ).toEqual(['BRAID_SCRIPT_FORBIDDEN', true]);
});

test('a script that waits for nothing says nothing and stays open', () => {
  const sandbox = open();
  expect(sandbox.run('await new Promise(() => {})', 's.js')).toEqual([]);
  expect(sandbox.closed).toBe(false);
});
