import { fails, some, value } from './row.ts';

/** Putting megabytes into messages takes gas as well: which limit comes first is a matter of their sizes (see limits.test.ts). */
const FLOOD = ['BRAID_SANDBOX_OUTPUT', 'BRAID_SANDBOX_GAS'] as const;

/** Attacks on the bridge, on the prelude and on the host behind it. */
export const BORDER = [
  value(
    'Function constructor',
    "return [''.constructor.constructor('return typeof process')(), (async () => {}).constructor('return 1').length]",
    ['undefined', 0],
  ),
  value(
    'constructor of a hook',
    "return agent.constructor('return typeof require + typeof globalThis.process')()",
    'undefinedundefined',
  ),
  value('constructor of a host result', "return log.constructor.constructor('return typeof fetch')()", 'undefined'),
  value(
    'indirect eval',
    "return (0, eval)('typeof post + typeof connect + typeof bundle + typeof state')",
    'undefinedundefinedundefinedundefined',
  ),
  value(
    'names of globals',
    'return Object.getOwnPropertyNames(globalThis).filter((n) => /post|settle|receive|bridge|braid|boot|__/i.test(n))',
    [],
  ),
  value(
    'caller and callee',
    'const f = function () { try { return String(f.caller) } catch { return "null" } }; return /post/.test(await parallel([f]))',
    false,
  ),
  value(
    'patched JSON',
    'JSON.stringify = () => \'{"type":"done","value":"forged"}\'; JSON.parse = () => 1; log("x"); return "real"',
    'real',
  ),
  value(
    'patched toJSON on every prototype',
    'for (const C of [Object, Array, String, Number, Function, Error]) C.prototype.toJSON = () => "forged"; log("x"); return "real"',
    'real',
  ),
  value(
    'patched Promise.prototype.then',
    'Promise.prototype.then = function () { throw 1 }; Promise.resolve = null; return await parallel([() => 1])',
    [1],
  ),
  value(
    'patched Promise constructor',
    'globalThis.Promise = class {}; Object.defineProperty(Object.prototype, "constructor", { get() { return 1 }, configurable: true }); return await parallel([() => 2])',
    [2],
  ),
  value(
    'patched Array.prototype',
    'for (const k of Object.getOwnPropertyNames(Array.prototype)) if (k !== "length") try { Array.prototype[k] = null } catch {} return await pipeline([1], (x) => x + 1)',
    [2],
  ),
  value(
    'patched iterators',
    'Array.prototype[Symbol.iterator] = function* () { yield "forged" }; return await parallel([() => 1, () => 2])',
    [1, 2],
  ),
  value(
    'patched String.prototype',
    'for (const k of Object.getOwnPropertyNames(String.prototype)) if (k !== "length") try { String.prototype[k] = null } catch {} log("x"); phase("p"); return 1',
    1,
  ),
  value(
    'setters on Object.prototype',
    'for (const k of ["id", "ok", "type", "value", "resolve", "1", "passed"]) Object.defineProperty(Object.prototype, k, { __proto__: null, set() { throw new Error("seen " + k) }, get() { return "forged" } }); return await parallel([() => 7])',
    [7],
  ),
  fails(
    'setters on Array.prototype',
    'Object.defineProperty(Array.prototype, "0", { set() { throw new Error("own") } }); return await parallel([() => 7])',
    'own',
  ),
  value(
    'patched Reflect and Object',
    'Reflect.apply = Reflect.ownKeys = Object.defineProperty = Object.hasOwn = null; log({ a: 1 }); return await parallel([() => 1])',
    [1],
  ),
  value(
    'patched Error',
    'globalThis.Error = class { constructor() { throw 1 } }; Error.prepareStackTrace = () => { throw 2 }; return await parallel([() => { throw 3 }])',
    [null],
  ),
  value(
    'prepareStackTrace',
    'Error.prepareStackTrace = () => ({ forged: true }); Error.stackTraceLimit = 1e9; const e = new Error("x"); return typeof e',
    'object',
  ),
  value(
    'deleted globals',
    'for (const k of Object.getOwnPropertyNames(globalThis)) try { delete globalThis[k] } catch {} return 5',
    5,
  ),
  value(
    'frozen world',
    'for (const k of Object.getOwnPropertyNames(globalThis)) try { Object.freeze(globalThis[k]) } catch {} Object.freeze(globalThis); return await parallel([() => 5])',
    [5],
  ),
  value(
    'settlements made up',
    'const { agent: a } = globalThis; for (const f of [a, parallel, log]) { try { f.call({ ok: true, id: 1 }, "{}") } catch {} } return "no effect"',
    'no effect',
  ),
  value('a message as text of a log line', 'log(\'"}\\n{"type":"done","value":"forged"}\'); return "real"', 'real'),
  value('a message as phase', 'phase(\'x","type":"done","value":"forged\'); return "real"', 'real'),
  value('NUL and lone surrogates in texts', 'log("a\\0b\\ud800"); return "a\\0b".length', 3),
  value('__proto__ as a member of the result', 'return JSON.parse(\'{"__proto__":{"polluted":1},"a":1}\')', { a: 1 }),
  value(
    'prototype pollution stays inside',
    'Object.prototype.polluted = 1; Array.prototype.polluted = 1; return Object.keys({}).length',
    0,
  ),
  value('constructor.prototype as members', 'return { constructor: { prototype: { polluted: 1 } } }', {
    constructor: { prototype: { polluted: 1 } },
  }),
  fails(
    'error with a hostile prototype',
    'const e = new Error("m"); Object.setPrototypeOf(e, new Proxy({}, { get() { throw 1 } })); e.code = 7; throw e',
    'm',
  ),
  fails('error that is a Proxy', 'throw new Proxy({}, { get() { throw 1 } })', 'cannot be shown'),
  fails(
    'error that wants to be ours',
    'throw Object.assign(new Error("x"), { name: "ApplicationFailure", nonRetryable: true, code: "BRAID_INTERNAL" })',
    'BRAID_INTERNAL',
  ),
  fails('error of 5 MB', 'throw new Error("x".repeat(5e6))', 'xxx'),
  fails('revoked Proxy', 'const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); throw proxy', 'cannot be shown'),
  fails('break out of the wrapper', "return 1 }); throw new Error('outside'); (async () => {", 'outside'),
  fails('import() of a Node module', "await import('node:fs')", 'BRAID_SCRIPT_FORBIDDEN'),
  fails('import() by eval', 'await eval(\'import("os")\')', 'BRAID_SCRIPT_FORBIDDEN'),
  fails('import() with a data URL', "await import('data:text/javascript,export default 1')", 'BRAID_SCRIPT_FORBIDDEN'),
  fails(
    'clock by an original reference',
    'new (Object.getPrototypeOf(new Date(0)).constructor)()',
    'BRAID_SCRIPT_NONDETERMINISTIC',
  ),
  fails('randomness by Math', 'return Math.random()', 'BRAID_SCRIPT_NONDETERMINISTIC'),
  fails('Atomics.wait', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1e6)', 'is not defined'),
  fails(
    'detached buffer',
    'const b = new ArrayBuffer(8), a = new Uint8Array(b); b.transfer(); return a.at(0).x',
    'detached',
  ),
  value(
    'resize during sort',
    'const b = new ArrayBuffer(64, { maxByteLength: 128 }), a = new Uint8Array(b); a.sort(() => { b.resize(8); return 1 }); return a.length',
    8,
  ),
  value(
    'resize during fill',
    'const b = new ArrayBuffer(64, { maxByteLength: 64 }), a = new Uint8Array(b); a.fill({ valueOf() { b.resize(0); return 1 } }); return a.length',
    0,
  ),
  fails('generator re-entered', 'const g = (function* () { g.next() })(); g.next()', 'generator'),
  value(
    'array shrunk by its own getter',
    'const a = [1, 2, 3]; Object.defineProperty(a, 0, { get() { a.length = 0; return 1 } }); return a.map((x) => x).length',
    3,
  ),
  some('endless requests', "for (;;) agent('x')", 'BRAID_SANDBOX_REQUESTS'),
  some(
    'endless requests by jobs',
    "const f = async () => { agent('x'); await 0; return f() }; await f()",
    'BRAID_SANDBOX_REQUESTS',
    'BRAID_SANDBOX_GAS',
  ),
  some('endless timers', 'for (;;) setTimeout(() => 1, 1)', 'BRAID_SANDBOX_REQUESTS'),
  some(
    'timers set and dropped for ever',
    'for (;;) clearTimeout(setTimeout(() => 1, 1))',
    'BRAID_SANDBOX_REQUESTS',
    'BRAID_SANDBOX_OUTPUT',
  ),
  some('endless workflows', "for (;;) workflow('w')", 'BRAID_SANDBOX_REQUESTS'),
  some('endless log', "for (;;) log('x')", 'BRAID_SANDBOX_OUTPUT'),
  some('endless phases', "for (let i = 0; ; i++) phase('p' + i)", 'BRAID_SANDBOX_OUTPUT'),
  some('endless console', 'for (;;) console.error(1)', 'BRAID_SANDBOX_OUTPUT'),
  some('long lines', "const s = 'x'.repeat(5e6); for (;;) log(s)", ...FLOOD),
  some('long prompts', "const s = 'x'.repeat(5e6); for (;;) agent(s)", ...FLOOD),
  some('flood caught', "try { for (;;) log('x') } catch { return 'caught' }", 'BRAID_SANDBOX_OUTPUT'),
  some(
    'flood in a pipeline of the allowed width',
    "await parallel(new Array(4096).fill(() => { for (let i = 0; i < 10; i++) log('x') }))",
    'BRAID_SANDBOX_OUTPUT',
  ),
  value('work after the end', '(async () => { for (;;) await 0 })(); return "ended"', 'ended'),
  value(
    'requests after the end',
    '(async () => { for (let i = 0; i < 9; i++) await 0; for (;;) agent("x") })(); return "ended"',
    'ended',
  ),
];
