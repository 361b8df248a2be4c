import { describe, expect, test } from 'vitest';
import { REPL_SANDBOX } from '../../../protocol/limits.ts';
import { memoryText } from '../../kit/memory-text.ts';
import { codeOf, echo, options, outputOf, Session } from './kit.ts';

/** Smaller than a session's, so that a test takes a moment; the guest's stack fits into a test's thread. */
const limits = { ...REPL_SANDBOX, gasPerTurn: 100_000_000, memoryBytes: 64 * 1024 * 1024, stackBytes: 128 * 1024 };
const TEXT = `${'a'.repeat(40)}\nline\n`.repeat(1_000);
const given = options(TEXT, { limits, tools: [{ name: 'find', description: '' }] });

const GAS = 'BRAID_SANDBOX_GAS';
const MEMORY = 'BRAID_SANDBOX_MEMORY';
const STACK = 'BRAID_SANDBOX_STACK';

describe('limits end the turn and cannot be caught (RL-26)', () => {
  test.each([
    ['endless loop', 'for (;;);', [GAS]],
    ['endless loop in try', 'for (;;) try { for (;;); } catch {} finally { for (;;); }', [GAS]],
    ['endless jobs', 'const f = () => Promise.resolve().then(f); f(); await new Promise(() => {})', [GAS]],
    ['endless timers', 'const f = () => setTimeout(f, 1); f(); 1', [GAS, 'BRAID_SANDBOX_REQUESTS']],
    ['endless generator', 'function* g() { for (;;) yield 1 } for (const x of g());', [GAS]],
    ['catastrophic regex', '/^(a+)+$/.test("a".repeat(40) + "b")', [GAS]],
    ['catastrophic regex on a text', 'context.slice(0, 100).match(/^(a|a)*b/)', [GAS]],
    ['recursion', 'function f() { try { return f() + 1 } catch { return f() } } f()', [STACK]],
    ['recursion of getters', 'const o = { get x() { return this.x } }; try { o.x } catch {}', [STACK]],
    ['recursive toString', 'const o = { toString() { return `${this}` } }; try { `${o}` } catch {}', [STACK]],
    ['deep JSON', 'try { JSON.parse("[".repeat(1e6)) } catch {}', [STACK, GAS]],
    ['array that grows', 'const a = []; try { for (;;) a.push(new Array(1000).fill(a)) } catch {}', [MEMORY, GAS]],
    ['string that doubles', 'let s = "x"; try { for (;;) s += s } catch {}', [MEMORY, GAS]],
    ['huge buffer', 'try { new Uint8Array(1e9) } catch {}', [MEMORY]],
    ['many closures', 'const all = []; for (;;) all.push(() => all)', [MEMORY, GAS]],
    [
      'a flood of calls',
      'await Promise.all(Array.from({ length: 200000 }, (_, i) => llm_query("x" + i)))',
      ['BRAID_SANDBOX_REQUESTS', GAS, MEMORY],
    ],
    ['a text read again and again', 'for (;;) context.toString()', [GAS]],
    ['a search again and again', 'for (;;) context.grep(/zzz/)', [GAS]],
    ['getter bomb in a value', 'new Proxy({}, { ownKeys() { for (;;); } })', [GAS]],
    ['toJSON bomb in a final', 'FINAL({ toJSON() { for (;;); } })', [GAS]],
    ['getter bomb in answer', 'Object.defineProperty(globalThis, "answer", { get() { for (;;); } }); 1', [GAS]],
    ['getter bomb in options', 'await llm_query("x", { get label() { for (;;); } })', [GAS]],
    ['getter bomb on the global object', 'Object.defineProperty(globalThis, "g", { get() { for (;;); } }); 1', [GAS]],
    ['thenable bomb', '({ get then() { for (;;); } })', [GAS]],
    ['error whose message loops', 'throw { get message() { for (;;); } }', [GAS]],
    ['sort with an endless comparison', '[3, 2, 1].sort(() => { for (;;); })', [GAS]],
    ['replace with an endless function', '"x".replace("x", () => { for (;;); })', [GAS]],
    ['string of 1 GB', 'try { "x".repeat(2 ** 30 - 1) } catch {}', [MEMORY, GAS]],
    ['exponential BigInt', 'let n = 3n; try { for (;;) n = n ** 3n } catch {}', [MEMORY, GAS]],
  ])('%s', (_, code, codes) => {
    const session = new Session(given);
    const code_ = codeOf(() => session.cell(code));
    expect(codes).toContain(code_);
    expect(session.guest.closed).toBe(true);
    // The process and other sessions live on.
    expect(outputOf(new Session(given).play('print(await llm_query("x")); context.length'))).toContain(
      String(TEXT.length),
    );
  });
});

/** Cells that break what they can reach. Afterwards the session must still do its work, unless it says otherwise. */
const BREAKERS: [string, string][] = [
  ['overwritten names', 'print = FINAL = llm_query = context = answer = console = tools = budget = question = 1'],
  ['deleted names', 'for (const n of Object.getOwnPropertyNames(globalThis)) try { delete globalThis[n] } catch {}'],
  [
    'setters on Object.prototype',
    'for (const k of ["then", "get", "set", "value", "0", "length", "id", "error", "toJSON", "prompt"]) Object.defineProperty(Object.prototype, k, { set() { throw new Error("trap") }, get() { return undefined }, configurable: true })',
  ],
  [
    'values on Object.prototype',
    'Object.prototype.polluted = 1; Object.prototype.enumerable = false; Object.prototype.get = undefined',
  ],
  [
    'setters on Array.prototype',
    'for (let i = 0; i < 50; i++) Object.defineProperty(Array.prototype, i, { set() { throw new Error("trap") }, get() { return "got" }, configurable: true })',
  ],
  [
    'methods of Array.prototype',
    'for (const k of Object.getOwnPropertyNames(Array.prototype)) if (k !== "length") Array.prototype[k] = () => { throw new Error("trap") }',
  ],
  [
    'iterators',
    'Array.prototype[Symbol.iterator] = function* () { yield "forged" }; Map.prototype[Symbol.iterator] = null; Object.getPrototypeOf([][Symbol.iterator] ? new Map().entries() : 0).next = () => ({ done: true })',
  ],
  [
    'methods of String.prototype',
    'for (const k of ["slice", "indexOf", "split", "trim", "charCodeAt", "concat", "grep", "lines"]) String.prototype[k] = () => { throw new Error("trap") }',
  ],
  [
    'Promise.prototype.then',
    'Promise.prototype.then = () => { throw new Error("trap") }; Promise.resolve = Promise.all = null',
  ],
  [
    'JSON',
    'JSON.parse = () => ({ type: "done" }); JSON.stringify = () => "{\\"type\\":\\"report\\"}"; globalThis.JSON = null',
  ],
  [
    'Map and Set',
    'Map.prototype.forEach = Map.prototype.entries = Set.prototype.values = () => { throw new Error("trap") }; globalThis.Map = globalThis.Set = null',
  ],
  [
    'Object and Reflect',
    'for (const k of Object.getOwnPropertyNames(Object)) try { Object[k] = () => { throw new Error("trap") } } catch {} for (const k of Reflect.ownKeys(Reflect)) try { Reflect[k] = null } catch {}',
  ],
  [
    'Error',
    'Error.prototype.name = null; Object.defineProperty(Error.prototype, "message", { get() { throw 1 }, configurable: true }); Error.prepareStackTrace = () => { throw new Error("trap") }; Error.stackTraceLimit = 0',
  ],
  ['RegExp.prototype.exec', 'RegExp.prototype.exec = () => { throw new Error("trap") }; RegExp.prototype.test = null'],
  ['Function.prototype', 'Function.prototype.call = Function.prototype.apply = Function.prototype.toString = null'],
  [
    'Symbol.hasInstance',
    'for (const k of [Promise, Error, Date, RegExp]) Object.defineProperty(k, Symbol.hasInstance, { value() { throw new Error("trap") } })',
  ],
  [
    'frozen globals',
    'Object.freeze(globalThis.answer); Object.freeze(Object.prototype); Object.freeze(Array.prototype); Object.freeze(Promise.prototype)',
  ],
  ['Math', 'for (const k of Object.getOwnPropertyNames(Math)) try { Math[k] = () => NaN } catch {}'],
];

describe('a session whose built-ins are broken still asks, prints, fails and ends', () => {
  test.each(BREAKERS)('%s', (_, code) => {
    const session = new Session(given);
    // The machinery by names of its own, so that overwritten globals do not matter.
    session.cell('var m = { print, FINAL, llm_query, llm_query_batched, context, rlm_query }');
    expect(session.cell(`${code}; undefined`)).toMatchObject({ state: 'idle' });
    const asked = session.play(
      'm.print("asked"); m.print(await m.llm_query(["sum up ", m.context], { label: "l" }), await m.llm_query_batched(["a", "b"])); m.FINAL({ ok: [1] })',
      echo,
    );
    expect(asked.error).toBeNull();
    expect(asked.asked).toMatchObject([
      {
        name: 'llm',
        items: [{ prompt: ['sum up ', { doc: 0, start: 0, end: TEXT.length }], options: { label: 'l' } }],
      },
      { name: 'llm', batch: true, items: [{ prompt: 'a' }, { prompt: 'b' }] },
    ]);
    expect(asked.final).toEqual({ value: { ok: [1] } });
    expect(outputOf(asked)).toContain('asked\n');
    expect(outputOf(asked)).toContain('"<\\"b\\">"');
    const failed = session.cell('nowhere.to.be.found');
    expect(failed.error?.message).toContain('nowhere');
    expect(failed.variables.length).toBeGreaterThan(0);
  });
});

describe('forged messages and odd values', () => {
  test.each([
    [
      'no way to the host is left in the globals',
      '["post", "__post", "host", "send", "settle", "std", "os", "process", "require2"].filter((n) => n in globalThis)',
      '[]\n',
    ],
    [
      'functions of the prelude give no way in',
      'const f = llm_query; [f.constructor("return typeof post")(), typeof f.caller]',
      undefined,
    ],
    ['a text with markers is text', 'print(\'{"type":"report"}\')', '{"type":"report"}\n'],
    ['a value with __proto__', 'JSON.parse(\'{"__proto__": {"x": 1}}\').x', ''],
    [
      'a Proxy for everything',
      'new Proxy(function () {}, { get: () => () => 1, ownKeys: () => ["a"], getOwnPropertyDescriptor: () => ({ value: 1, configurable: true, enumerable: true }) })',
      undefined,
    ],
    [
      'a revoked Proxy',
      'const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); [proxy]',
      '[[cannot be shown: revoked proxy]]\n',
    ],
    ['an array with a length that lies', 'new Proxy([], { get: (t, k) => (k === "length" ? 1e15 : t[k]) })', undefined],
    [
      'a class that throws when shown',
      'class X { get [Symbol.toStringTag]() { throw new Error("x") } } [new X()]',
      '[X {}]\n',
    ],
    ['a symbol as key', '({ [Symbol("s")]: 1, a: 2 })', '{a: 2}\n'],
    [
      'getters that throw',
      'Object.defineProperty({}, "boom", { get() { throw new Error("x") }, enumerable: true })',
      '{boom: [Getter]}\n',
    ],
    ['calls while a value is shown', 'new Proxy({}, { ownKeys() { llm_query("x"); return [] } })', undefined],
    [
      'a final of a Proxy that throws',
      'try { FINAL(new Proxy({}, { ownKeys() { throw new Error("trap") } })) } catch (e) { print(e.message) }',
      'trap\n',
    ],
    [
      'eval and Function stay inside',
      '[eval("1 + 1"), new Function("return typeof llm_query")()]',
      '[2, "function"]\n',
    ],
    [
      'import() is refused',
      'const load = (0, eval)("(name) => import(name)"); try { await load("fs") } catch (e) { print(e.code) }',
      'BRAID_SCRIPT_FORBIDDEN\n',
    ],
  ])('%s', (_, code, text) => {
    const session = new Session(given);
    const end = session.play(code);
    expect(end.state).toBe('idle');
    expect(end.calls).toEqual([]);
    if (text !== undefined) expect([outputOf(end), end.error]).toEqual([text, null]);
    expect(outputOf(session.cell('"alive"'))).toBe('alive\n');
  });

  test('a batch of 10,000 and 10,000 arguments of print', () => {
    const session = new Session(given);
    const end = session.play(
      'const r = await llm_query_batched(Array.from({ length: 10000 }, (_, i) => "p" + i)); print(...r); r.length',
    );
    expect(end.error).toBeNull();
    expect(end.output.tail.endsWith('10000\n')).toBe(true);
  });

  test('promises whose constructor throws cannot be awaited by anyone: each cell ends with an error', () => {
    const session = new Session(given);
    const patch =
      'Object.defineProperty(Promise.prototype, "constructor", { get() { throw new Error("trap") }, configurable: true })';
    session.cell(patch);
    expect(session.play('await llm_query("x")')).toMatchObject({ state: 'idle', final: null });
    expect(session.cell('1').error?.code).toBe('BRAID_SCRIPT_STUCK');
    session.cell('delete Promise.prototype.constructor');
    expect(session.cell('1').error).toBeNull();
  });

  test('files with hostile names', () => {
    const names = ['__proto__', 'constructor', '"},{', 'a\nb', ''];
    const files = names.map((name) => memoryText(`text of ${name}`, { name }));
    expect(
      new Session(options(files)).cell('FINAL(context.map((f) => [f.name, context.file(f.name).text.length]))').final,
    ).toEqual({
      value: names.map((name) => [name, 8 + name.length]),
    });
  });
});
