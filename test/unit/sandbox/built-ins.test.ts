import { expect, test } from 'vitest';
import { valueOf } from './kit.ts';

test('URL and URLSearchParams follow the standard, international names included (DW-08)', () => {
  const source = `const u = new URL('../b?x=1&y=ü#h', 'HTTPS://exämple.org:443/a/c/');
    u.searchParams.append('z', 'a b');
    let bad; try { new URL('nope') } catch (e) { bad = e.name }
    return [u.href, u.host, [...new URLSearchParams('a=1&a=2').getAll('a')], bad]`;
  expect(valueOf(source)).toEqual([
    'https://xn--exmple-cua.org/a/b?x=1&y=%C3%BC&z=a+b#h',
    'xn--exmple-cua.org',
    ['1', '2'],
    'TypeError',
  ]);
});

test('URL may be shadowed and replaced', () => {
  expect(valueOf('const URL = 1; return URL')).toBe(1);
  expect(valueOf('globalThis.URL = 2; return URL')).toBe(2);
});

test.each(['', 'plain', 'äöü', '€', '😀 and 𝒳', '\u0000\u007f\u0080\u07ff\u0800\uffff', 'x'.repeat(10_000) + '😀'])(
  'TextEncoder and TextDecoder are inverse and agree with the host on %j',
  (text) => {
    const source = `const bytes = new TextEncoder().encode(args); return [[...bytes], new TextDecoder().decode(bytes)]`;
    expect(valueOf(source, { start: { args: text } })).toEqual([[...new TextEncoder().encode(text)], text]);
  },
);

test('TextDecoder replaces bad bytes as the host does', () => {
  const samples = [
    [0xff],
    [0xc3],
    [0xe2, 0x82],
    [0xe2, 0x28, 0xa1],
    [0xf0, 0x9f, 0x98],
    [0xed, 0xa0, 0x80],
    [0xc0, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0xef, 0xbb, 0xbf, 65],
  ];
  const decoded = valueOf('return args.map((bytes) => new TextDecoder().decode(new Uint8Array(bytes)))', {
    start: { args: samples },
  });
  expect(decoded).toEqual(samples.map((bytes) => new TextDecoder().decode(new Uint8Array(bytes))));
  expect(
    valueOf(
      "try { new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([255])) } catch (e) { return e.name }",
    ),
  ).toBe('TypeError');
});

test('structuredClone copies data, cycles, maps, dates, bytes; refuses functions', () => {
  const source = `const a = { d: new Date(5), m: new Map([[{ k: 1 }, new Set([1])]]), r: /x/gi, b: new Uint8Array([1, 2]), e: new RangeError('r'), l: [1, , 3] };
    a.self = a;
    const c = structuredClone(a);
    let refused; try { structuredClone({ f() {} }) } catch (e) { refused = e.name }
    return [c !== a && c.self === c, c.d.getTime(), [...c.m.keys()][0].k, [...c.m.values()][0].has(1), String(c.r), [...c.b], c.e instanceof RangeError, c.e.message, c.l.length, 1 in c.l, refused]`;
  expect(valueOf(source)).toEqual([true, 5, 1, true, '/x/gi', [1, 2], true, 'r', 3, false, 'DataCloneError']);
});

test('top-level names of a script shadow the hooks (DW-08)', () => {
  const source =
    'const agent = 1; let budget = 2; var log = 3; function phase() { return 4 } class pipeline {} const args = 5; return [agent, budget, log, phase(), typeof pipeline, args]';
  expect(valueOf(source)).toEqual([1, 2, 3, 4, 'function', 5]);
});

test('hooks are there, hidden from enumeration; what depends on collection of memory is not', () => {
  expect(valueOf('return Object.keys(globalThis)')).toEqual([]);
  expect(valueOf('return [agent, agentResult, parallel, pipeline, workflow, sleep].map((f) => f.name)')).toEqual([
    'agent',
    'agentResult',
    'parallel',
    'pipeline',
    'workflow',
    'sleep',
  ]);
  const gone = [
    'WeakRef',
    'FinalizationRegistry',
    'SharedArrayBuffer',
    'Atomics',
    'process',
    'require',
    'fetch',
    'WebAssembly',
    'performance',
    'post',
    'std',
    'os',
  ];
  expect(valueOf('return args.filter((name) => name in globalThis)', { start: { args: gone } })).toEqual([]);
});
