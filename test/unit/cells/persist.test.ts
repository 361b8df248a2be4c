import { describe, expect, it } from 'vitest';
import { prepareCell } from '../../../sandbox/cells/index.ts';
import { FakeRepl, runCells } from './kit.ts';

describe('RL-03: what the top level declares persists (C2)', () => {
  it.each<[string, string[], unknown]>([
    ['const', ['const x = 1', 'x + 1'], 2],
    ['let', ['let x = 1', 'x++; x'], 2],
    ['var', ['var x = 1', 'x'], 1],
    ['several in one declaration', ['const a = 1, b = a + 1, c = [a, b]', '[...c, b]'], [1, 2, 2]],
    ['let without a value is undefined again', ['let x = 1', 'let x; x'], undefined],
    ['var without a value keeps it', ['var x = 1', 'var x; x'], 1],
    ['a function', ['function f(a) { return a * 2 }', 'f(4)'], 8],
    ['an async function', ['async function f(a) { return a * 2 }', 'await f(4)'], 8],
    ['a generator', ['function* f() { yield 1; yield 2 }', '[...f()]'], [1, 2]],
    ['an async generator', ['async function* f() { yield 1 }', 'let s = 0; for await (const x of f()) s += x; s'], 1],
    ['a class', ['class A { static n = 3; get() { return A.n } }', 'new A().get()'], 3],
    ['a derived class', ['class A { n = 1 }', 'class B extends A { m = 2 }', 'const { n, m } = new B(); n + m'], 3],
    ['a closure over a top-level let', ['let n = 0; const up = () => ++n', 'up(); up(); n'], 2],
    [
      'object patterns',
      ['const { a, b: { c = 5, ...rest }, ["d" + 1]: e } = { a: 1, b: { z: 2 }, d1: 3 }', '[a, c, rest.z, e]'],
      [1, 5, 2, 3],
    ],
    ['array patterns', ['let [a, , [b = 7], ...c] = [1, 2, [], 4, 5]', '[a, b, c]'], [1, 7, [4, 5]]],
    ['a pattern beside a name', ['const a = 1, { b } = { b: 2 }, [c] = [3]', 'a + b + c'], 6],
    [
      'a pattern after a line without a semicolon',
      ['const f = (x) => x\nconst { a } = { a: 1 }\nconst [b] = [2]\na + b'],
      3,
    ],
    ['var inside of blocks', ['if (true) { var x = 1; for (;;) { var y = 2; break } }', 'x + y'], 3],
    ['var in loop heads', ['for (var i = 0, n = 3; i < n; i++);', 'i + n'], 6],
    [
      'var in for-of and for-in',
      ['for (var [k, v] of [[1, 2]]); for (var key in { q: 1 });', '[k, v, key]'],
      [1, 2, 'q'],
    ],
    ['a function of a block', ['if (true) { function f() { return 1 } } f()', 'f() + 1'], 2],
    [
      'a function of a block that was not entered',
      ['function f() { return 1 }', 'if (false) { function f() { return 2 } } f()'],
      1,
    ],
    ['exports', ['export const a = 1; export function f() { return a }; export { a as b }', 'f()'], 1],
    ['a default export', ['export default function f() { return 4 }', 'f()'], 4],
    ['a name outside of ASCII', ['const größe = 2; function ƒ() { return größe }', 'ƒ()'], 2],
  ])('%s', async (_name, cells, value) => {
    expect(await runCells(...cells)).toEqual(value);
  });

  it.each<[string, string[], unknown]>([
    ['const in a later cell', ['const x = 1', 'const x = 2', 'x'], 2],
    ['const twice in one cell', ['const x = 1; const x = 2; let x = 3; var x = 4; x'], 4],
    ['const beside a var of a block', ['const x = 1; if (true) { var x = 2 } x'], 2],
    ['a function, then a const', ['function f() { return 1 }', 'const f = () => 2', 'f()'], 2],
    ['a class, then a class', ['class A { n = 1 }', 'class A { n = 2 }', 'new A().n'], 2],
    ['a const may be assigned', ['const x = 1', 'x = 5; x'], 5],
    ['two functions of one name: the last', ['function f() { return 1 }\nfunction f() { return 2 }\nf()'], 2],
    [
      'callers see a function redefined',
      ['function g() { return 1 }\nfunction f() { return g() }', 'function g() { return 2 }', 'f()'],
      2,
    ],
    [
      'recursion sees it too',
      ['function f(n) { return n ? f(n - 1) : "old" }', 'const keep = f', 'f = () => "new"', 'keep(1)'],
      'new',
    ],
  ])('redeclaring: %s', async (_name, cells, value) => {
    expect(await runCells(...cells)).toEqual(value);
  });

  it('hoists functions to the top of the cell, wherever they stand', async () => {
    expect(
      await runCells(
        'const a = f(2)\nconst b = g\n  (3)\na + b\nfunction f(x) { return x + 1 }\n\nfunction g(x) { return f(x) }',
      ),
    ).toBeUndefined();
    expect(await runCells('const a = f(2)\nfunction f(x) { return x + 1 }\na')).toBe(3);
  });

  it('keeps the names of functions', async () => {
    expect(await runCells('function f() {}\nconst g = () => 1\nclass A {}\n[f.name, g.name, A.name]')).toEqual([
      'f',
      'g',
      'A',
    ]);
  });

  it('keeps what blocks, loops and functions declare to themselves', async () => {
    const repl = new FakeRepl();
    await repl.run(
      'for (const a of [1]) { let b = a; const c = b; class D {} }\nfunction f() { var g = 1; return g }\nf()',
    );
    for (const name of ['a', 'b', 'c', 'D', 'g']) expect(repl.globals).not.toHaveProperty(name);
  });

  it('lets a block shadow a global, function by function', async () => {
    const cell =
      'const seen = []\nfor (const c of [1, 2]) { function one() { return c } seen.push(one) }\nseen.map((f) => f())';
    expect(await runCells(cell)).toEqual([1, 2]);
    expect(await runCells('let f = 1; { function f() {} } typeof f')).toBe('number');
  });

  it('tells what it declares', () => {
    const cell = prepareCell(
      'const a = 1; let { b, c: [d] } = o; class E {}; function f() {} async function g() {} if (1) { var h }',
    );
    expect(new Set(cell.declared)).toEqual(new Set(['a', 'b', 'd', 'E', 'h']));
    expect(cell.functions).toEqual(['f', 'g']);
  });
});

describe('RL-03: the value of a cell', () => {
  it.each<[string, unknown]>([
    ['1 + 1', 2],
    ['1 + 1;', 2],
    ['1 + 1 // two', 2],
    ['1 + 1 /* ; */', 2],
    ['1 + 1\n// two\n;', 2],
    ['1; ;;', 1],
    ['(1, 2)', 2],
    ['1, 2', 2],
    ['({ a: 1 })', { a: 1 }],
    ['[1, 2].map((x) => x * 2)', [2, 4]],
    ['`a${1}`', 'a1'],
    ['/;/.test(";")', true],
    ['"just a string"', 'just a string'],
    ['"use strict"\nundeclared = 1\nundeclared', 1],
    ['x = 5', 5],
    ['await Promise.resolve(3)', 3],
    ['Promise.resolve(3)', 3],
    ['const x = 1', undefined],
    ['if (true) { 1 }', undefined],
    ['try { 1 } finally {}', undefined],
    ['for (const x of [1]) x', undefined],
    ['', undefined],
    ['// nothing', undefined],
    ['return 7', 7],
    ['if (true) { return "early" }\n"late"', 'early'],
    ['export default 4', 4],
    ['export default (1, 2)', 2],
    ['typeof missing', 'undefined'],
    ['function f() {}', undefined],
    ['this === globalThis', true],
  ])('%s', async (code, value) => {
    expect(await runCells(code)).toEqual(value);
  });

  it('runs top-level await and for-await', async () => {
    const cell =
      'let sum = 0\nfor await (const x of [Promise.resolve(1), 2]) sum += x\nconst y = await new Promise((r) => r(4))\nsum + y';
    expect(await runCells(cell)).toBe(7);
  });

  it('asks the prelude for the kind of an object that `typeof` is asked of', async () => {
    const repl = new FakeRepl({ context: {} });
    expect(
      await repl.run(
        'const f = (v) => typeof v;\n[typeof context, typeof  1, typeof f, f({}), typeof (context), typeof typeof f]',
      ),
    ).toEqual(['string', 'number', 'function', 'string', 'string', 'string']);
    expect(await repl.run('print(1)\ntypeof context === "string" ? 1 : 2')).toBe(1);
  });
});
