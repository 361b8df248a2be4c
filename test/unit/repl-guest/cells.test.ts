import { describe, expect, test } from 'vitest';
import { REPL } from '../../../protocol/limits.ts';
import { options, outputOf, Session, shown } from './kit.ts';

describe('state and values (RL-03)', () => {
  test('variables, functions, classes, closures and generators persist; names may be declared again', () => {
    const session = new Session();
    session.cell(
      'const a = 1; let b = [2]; function f() { return a + b[0] } class C { #n = 5; n() { return this.#n++ } }',
    );
    session.cell(
      'const c = new C(); c.n(); const gen = (function* () { yield 1; yield 2 })(); gen.next(); const a = 10',
    );
    const end = session.cell('[a, f(), c.n(), gen.next().value, c instanceof C]');
    expect(outputOf(end)).toBe('[10, 12, 6, 2, true]\n');
  });

  test('assignments without declaration and destructuring persist too', () => {
    const session = new Session();
    session.cell('x = 5; const { p, q: [r] } = { p: 1, q: [2] }');
    expect(outputOf(session.cell('[x, p, r]'))).toBe('[5, 1, 2]\n');
  });

  test.each([
    ['1 + 1', '2\n'],
    ['"raw\\ntext"', 'raw\ntext\n'],
    ['undefined', ''],
    ['null', 'null\n'],
    ['0', '0\n'],
    ['-0', '0\n'],
    ['10n', '10n\n'],
    ['Symbol("s")', 'Symbol(s)\n'],
    [
      '({ a: 1, "b-c": [true, null, undefined], d: { e: {} } })',
      '{a: 1, "b-c": [true, null, undefined], d: {e: {}}}\n',
    ],
    ['[1, , 3]', '[1, <empty>, 3]\n'],
    ['new Map([["k", 1], [{ o: 1 }, "v"]])', 'Map(2) {"k" => 1, {o: 1} => "v"}\n'],
    ['new Set([1, "a"])', 'Set(2) {1, "a"}\n'],
    ['[llm_query]', '[[Function llm_query]]\n'],
    ['[class Foo {}]', '[[class Foo]]\n'],
    ['[new Promise(() => {})]', '[Promise {<pending>} — await it]\n'],
    ['new RangeError("far")', 'RangeError: far\n'],
    ['new Date(0)', '1970-01-01T00:00:00.000Z\n'],
    ['/a+/gi', '/a+/gi\n'],
    ['new Uint8Array([1, 2])', 'Uint8Array(2) [1, 2]\n'],
    ['class P { x = 1 } [new P()]', '[P {x: 1}]\n'],
    ['const o = {}; o.self = o; o', '{self: [Circular]}\n'],
    ['({ get x() { throw 1 } })', '{x: [Getter]}\n'],
    ['({ a: { b: { c: { d: { e: { f: { g: 1 } } } } } } })', '{a: {b: {c: {d: {e: {f: [Object]}}}}}}\n'],
    ['({ toString() { throw new Error("no") } })', '{toString: [Function toString]}\n'],
    ['new Proxy({}, { ownKeys() { throw new Error("trap") } })', '[cannot be shown: trap]\n'],
  ])('%s is shown as %j', (code, text) => {
    expect(shown(code)).toBe(text);
  });

  test('a value that does not fit in one line stands in several', () => {
    const text = shown(
      '({ list: Array.from({ length: 3 }, (_, i) => ({ name: "entry number " + i, value: "x".repeat(20) })) })',
    );
    expect(text).toBe(
      `{\n  list: [\n${[0, 1, 2].map((i) => `    {name: "entry number ${i}", value: "${'x'.repeat(20)}"}`).join(',\n')}\n  ]\n}\n`,
    );
  });

  test('large values are shown in part, with what is left out', () => {
    const text = shown('Array.from({ length: 1e6 }, (_, i) => i)');
    expect(text.length).toBeLessThan(REPL.outputHead * 4);
    expect(text).toMatch(/… 99\d,?\d{3} more\n\]/);
    expect(shown('[{ s: "y".repeat(1e6) }]')).toMatch(/… \+99\d{4} characters/);
    expect(shown('new Uint8Array(1e7)')).toMatch(/^Uint8Array\(10000000\) \[\n  0,\n[^]*… 999\d{4} more\n\]/);
    expect(shown('new Map(Array.from({ length: 1e5 }, (_, i) => [i, { i }]))')).toMatch(/… 99\d{3} more\n\}/);
    expect(shown('Object.fromEntries(Array.from({ length: 1e5 }, (_, i) => ["k" + i, i]))')).toMatch(
      /… 99\d{3} more\n\}/,
    );
    expect(shown('({ ["k".repeat(1e6)]: 1, other: 2 })')).toContain('other: 2');
    expect(shown('new Array(1e9)')).toMatch(/… 99999\d{4} more\n\]/);
  });

  test('top-level await works, and the value of the last expression is awaited', () => {
    expect(shown('const v = await (async () => 7)(); print(v); Promise.resolve(8)')).toBe('7\n8\n');
  });
});

describe('output', () => {
  test('print and console write lines; the last value comes after them', () => {
    expect(shown('print("a", { b: 1 }); console.log(1, "x"); console.error([2]); console.warn(); "last"')).toBe(
      'a {b: 1}\n1 x\n[2]\n\nlast\n',
    );
  });

  test('keeps head and tail and counts all (1 GB of prints)', () => {
    const session = new Session();
    const { output } = session.cell(
      'const mb = "z".repeat(1 << 20); print("BEGIN"); for (let i = 0; i < 1024; i++) print(mb); print("END")',
    );
    expect(output.chars).toBe(6 + 1024 * ((1 << 20) + 1) + 4);
    expect(output.head).toHaveLength(REPL.outputHead);
    expect(output.head.startsWith('BEGIN\nzzz')).toBe(true);
    expect(output.tail).toHaveLength(REPL.outputTail);
    expect(output.tail.endsWith('z\nEND\n')).toBe(true);
    expect(session.guest.memoryBytes).toBeLessThan(32 * 1024 * 1024);
  });

  test('many small prints keep exactly what many characters keep', () => {
    const { output } = new Session().cell('for (let i = 0; i < 100000; i++) print(i)');
    const all = Array.from({ length: 100_000 }, (_, i) => `${i}\n`).join('');
    expect(output).toEqual({
      head: all.slice(0, REPL.outputHead),
      tail: all.slice(-REPL.outputTail),
      chars: all.length,
    });
  });

  test('begins anew with each cell and goes on over its turns', () => {
    const session = new Session();
    session.cell('print("old")');
    const first = session.cell('print("a"); await llm_query("x"); print("b")');
    expect(outputOf(first)).toBe('a\n');
    expect(outputOf(session.settle({ id: 1, ok: true, value: 'v' }))).toBe('a\nb\n');
  });
});

describe('errors', () => {
  test('have the place in the cell and its lines', () => {
    const { error, state } = new Session().cell('const a = 1;\nconst b = a.x.y;\nprint(b)');
    expect(state).toBe('idle');
    expect(error).toMatchObject({ name: 'TypeError', line: 2, code: null });
    expect(error?.frame).toContain('> 2 | const b = a.x.y;');
  });

  test('on the first line have its columns', () => {
    expect(new Session().cell('let x = 1; null.foo').error).toMatchObject({ line: 1 });
    expect(new Session().cell('  boom()').error).toMatchObject({ name: 'ReferenceError', line: 1, column: 3 });
  });

  test('of a function of an earlier cell point to its call in this one', () => {
    const session = new Session();
    session.cell('function bad() {\n  throw new Error("inside")\n}');
    expect(session.cell('print(1)\nbad()').error).toMatchObject({ message: 'inside', line: 2 });
  });

  test('of code that does not parse leave the session as it was', () => {
    const session = new Session();
    session.cell('const kept = 1');
    const end = session.cell('const x = ;');
    expect(end).toMatchObject({
      state: 'idle',
      final: null,
      error: { name: 'SyntaxError', code: 'BRAID_SCRIPT_SYNTAX', line: 1 },
    });
    expect(end.error?.frame).toContain('> 1 | const x = ;');
    expect(end.variables.map(({ name }) => name)).toEqual(['kept']);
    expect(outputOf(session.cell('kept'))).toBe('1\n');
  });

  test('keep what was printed, and later cells run', () => {
    const session = new Session();
    const end = session.cell('print("before"); const v = 3; throw "text"');
    expect(outputOf(end)).toBe('before\n');
    expect(end.error).toMatchObject({ message: 'text' });
    expect(outputOf(session.cell('v'))).toBe('3\n');
  });

  test.each([
    'throw null',
    'throw undefined',
    'throw { toString() { throw 1 } }',
    'throw new Proxy({}, { get() { throw 1 } })',
  ])('%s is an error too', (code) => {
    const end = new Session().cell(code);
    expect(end.state).toBe('idle');
    expect(end.error).not.toBeNull();
  });
});

describe('variables', () => {
  test('are listed with type, size and preview, those of the newest cell first', () => {
    const session = new Session(options('c'.repeat(50_000)));
    session.cell('const s = "text"; const list = [1, 2]; const m = new Map([[1, 2]]); function f() {} class K {}');
    const { variables } = session.cell('const t = context.slice(10); const n = null; list.push(3); o = { a: 1 }');
    expect(variables.map(({ name, type, size }) => [name, type, size])).toEqual([
      ['o', 'Object', 1],
      ['n', 'null', null],
      ['t', 'Text', 49_990],
      ['f', 'function', null],
      ['K', 'class', null],
      ['m', 'Map', 1],
      ['list', 'Array', 3],
      ['s', 'string', 4],
    ]);
    expect(variables.find(({ name }) => name === 'list')?.preview).toBe('[1, 2, 3]');
  });

  test('previews and their number are bounded; built-in names are listed when a cell declares them', () => {
    const names = Array.from({ length: 100 }, (_, i) => `v${i} = "x".repeat(1000)`).join(', ');
    const { variables } = new Session().cell(`const print2 = 1, ${names}, context = 5`);
    expect(variables).toHaveLength(REPL.variablesShown);
    expect(variables.some(({ name }) => name === 'context')).toBe(true);
    expect(Math.max(...variables.map(({ preview }) => preview.length))).toBe(REPL.previewChars);
  });

  test('SHOW_VARS() gives them as text (RL-03)', () => {
    const session = new Session();
    expect(outputOf(session.cell('SHOW_VARS()'))).toBe('No variables yet.\n');
    session.cell('const a = [1]');
    expect(outputOf(session.cell('print(SHOW_VARS())'))).toBe('a: Array (1) = [1]\n');
  });

  test('a getter on the global object that throws does not break the list', () => {
    const code = 'Object.defineProperty(globalThis, "g", { get() { throw 1 }, enumerable: true, configurable: true })';
    expect(new Session().cell(`${code}; 1`).variables).toEqual([
      { name: 'g', type: 'accessor', size: null, preview: '' },
    ]);
  });
});
