import { fails, memory, some, stack, value } from './row.ts';

/** The slower ones may run out of gas before they have filled the memory. */
const SLOW = ['BRAID_SANDBOX_MEMORY', 'BRAID_SANDBOX_GAS'] as const;

/** More memory than there is. */
export const MEMORY_BOMBS = [
  some('array that grows', 'const a = []; for (;;) a.push(a.length)', ...SLOW),
  memory('array of arrays', 'const a = []; for (;;) a.push(new Array(1000).fill(1))'),
  memory('array of 1e9', 'new Array(1e9).fill(0)'),
  memory('objects', 'let o = {}; for (;;) o = { o }'),
  memory('closures', 'let f = () => 1; for (;;) { const g = f; f = () => g }'),
  memory('bound functions', 'let f = () => 1; for (;;) f = f.bind(null)'),
  some('promises', 'const a = []; for (;;) a.push(new Promise(() => {}))', ...SLOW),
  some('promise chain', 'let p = new Promise(() => {}); for (;;) p = p.then(() => 1)', ...SLOW),
  some('jobs', 'for (;;) Promise.resolve().then(() => 1)', ...SLOW),
  memory('Map', 'const m = new Map(); for (let i = 0; ; i++) m.set(i, {})'),
  memory('Set of texts', "const s = new Set(); for (let i = 0; ; i++) s.add('k' + i)"),
  memory(
    'WeakMap with living keys',
    'const w = new WeakMap(), k = []; for (;;) { const o = {}; k.push(o); w.set(o, {}) }',
  ),
  memory('symbols', 'const a = []; for (;;) a.push(Symbol())'),
  memory('property names', "const o = {}; for (let i = 0; ; i++) o['k' + i] = i"),
  some(
    'text doubled',
    "let s = 'x'; const keep = []; for (;;) { s = s.slice(0, 1e6) + s.slice(0, 1e6) + keep.length; s.charCodeAt(0); keep.push(s.split('').join('')) }",
    ...SLOW,
  ),
  memory('repeat', "const a = []; for (;;) a.push('ab'.repeat(1e6))"),
  some('padEnd', "const a = []; for (let i = 0; ; i++) a.push('x'.padEnd(1e6 + i))", ...SLOW),
  memory('text of two-byte units', "('\\u1234').repeat(5e7)"),
  memory('ArrayBuffers', 'const a = []; for (;;) a.push(new ArrayBuffer(1e6))'),
  memory('one ArrayBuffer of 1 GB', 'new ArrayBuffer(1e9)'),
  memory('typed array of 1e8', 'new Float64Array(1e8)'),
  memory('resizable buffer', 'const b = new ArrayBuffer(8, { maxByteLength: 1e9 }); b.resize(9e8)'),
  memory('BigInts', 'const a = []; for (let i = 1000000n; ; ) a.push(2n ** i - BigInt(a.length))'),
  some('spread of an endless generator', 'function* g() { for (;;) yield 1 } [...g()]', ...SLOW),
  some(
    'Array.from of an endless iterator',
    'Array.from({ [Symbol.iterator]: () => ({ next: () => ({ done: false, value: 1 }) }) })',
    ...SLOW,
  ),
  memory('split', "const a = []; for (;;) a.push('a,'.repeat(1e5).split(','))"),
  some('join of a sparse array', "new Array(2e8).join('ab')", ...SLOW),
  memory('JSON text', "JSON.stringify(new Array(1e6).fill('x'.repeat(100)))"),
  some('regex that remembers', "const a = []; for (;;) a.push('ab'.repeat(1e4).match(/(a)(b)/g))", ...SLOW),
  memory(
    'generators left open',
    'const a = []; for (;;) { const g = (function* () { yield 1 })(); g.next(); a.push(g) }',
  ),
  memory('agent() with an endless prompt list', "const a = []; for (;;) a.push('prompt '.repeat(1e5) + a.length)"),
  some('replaceAll that grows', "let s = 'aa'; for (;;) s = s.replaceAll('a', 'aa')", ...SLOW),
  some(
    'structuredClone of itself, kept',
    'let o = { l: [1] }; for (;;) o.l.push(structuredClone({ l: o.l.slice() }))',
    ...SLOW,
  ),
  some('getter called for each of 1e9', 'return Array.from({ length: 1e9 })', ...SLOW),
  fails('length beyond the language', "'x'.repeat(2 ** 31)", 'invalid'),
  some('BigInt beyond the engine', 'return (9n ** 9n ** 9n) > 0', ...SLOW),
];

/** Deeper than the stack. */
export const RECURSION = [
  stack('plain', '(function f() { f() })()'),
  stack('mutual', 'const f = () => g(), g = () => f(); f()'),
  stack('arrow with arguments', 'const f = (...a) => f(...a, 1); f()'),
  stack('async without await', 'async function f() { await f() } await f()'),
  stack('getter', '({ get a() { return this.a } }).a'),
  stack('toString', "const o = { toString() { return '' + o } }; '' + o"),
  stack('toJSON', 'const o = { toJSON() { return JSON.stringify(o) } }; JSON.stringify(o)'),
  stack('valueOf', 'const o = { valueOf() { return +o } }; +o'),
  stack('Proxy', 'const p = new Proxy({}, { get(t, k, r) { return r[k] } }); p.x'),
  stack(
    'Proxy that is its own prototype',
    'const p = new Proxy({}, {}); const q = Object.create(p); Object.setPrototypeOf(p, new Proxy({}, { get: (t, k, r) => r[k] })); q.x',
  ),
  stack('chain of 100,000 proxies', 'let p = {}; for (let i = 0; i < 1e5; i++) p = new Proxy(p, {}); p.x'),
  stack('JSON.parse of a deep text', "JSON.parse('['.repeat(1e5) + ']'.repeat(1e5))"),
  stack('JSON.stringify of a deep value', 'let a = []; for (let i = 0; i < 1e5; i++) a = [a]; JSON.stringify(a)'),
  stack('deep result', 'let a = {}; for (let i = 0; i < 1e5; i++) a = { a }; return a'),
  stack('regex of deep groups', "new RegExp('(?:'.repeat(1e5) + ')'.repeat(1e5))"),
  stack('eval of deep parentheses', "eval('('.repeat(1e5) + '1' + ')'.repeat(1e5))"),
  stack('eval of deep arrays', "eval('['.repeat(1e5) + ']'.repeat(1e5))"),
  stack('eval of deep templates', "eval('`${'.repeat(1e4) + '1' + '}`'.repeat(1e4))"),
  stack('deep flat', 'let a = []; for (let i = 0; i < 1e5; i++) a = [a]; a.flat(Infinity)'),
  stack('comparator of sort', 'const f = () => [2, 1].sort(f).length; f()'),
  stack('replacer', "const f = () => 'a'.replace(/a/, f); f()"),
  stack('constructor', 'class A { constructor() { new A() } } new A()'),
  stack('inherited constructors', 'let C = class {}; for (let i = 0; i < 1e4; i++) C = class extends C {}; new C()'),
  stack('generator that delegates', 'function* g() { yield* g() } [...g()]'),
  // Its name is "bound bound bound …": the memory may end first.
  some(
    'bound functions called',
    'let f = () => 1; for (let i = 0; i < 1e5; i++) f = f.bind(null); f()',
    'BRAID_SANDBOX_STACK',
    'BRAID_SANDBOX_MEMORY',
  ),
  stack('structuredClone of a deep value', 'let a = []; for (let i = 0; i < 1e5; i++) a = [a]; structuredClone(a)'),
  stack('thunks of parallel', 'const f = () => { f() }; await parallel([f])'),
  value(
    'what is deep but not recursive',
    'let n = 0, a = null; for (let i = 0; i < 1e5; i++) a = { a }; for (; a; a = a.a) n++; return n',
    100_000,
  ),
];
