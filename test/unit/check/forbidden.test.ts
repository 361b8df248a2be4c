import { describe, expect, it } from 'vitest';
import { check, META, refused } from './kit.ts';

describe('DW-06 TypeScript', () => {
  it.each([
    ['interface X { a: string }', '`interface`'],
    ['type X = string', '`type`'],
    ['export interface X {}', '`interface`'],
    ['export type X = string', '`type`'],
    ['declare const x', '`declare`'],
    ['namespace X {}', '`namespace`'],
    ['abstract class A {}', '`abstract`'],
    ['enum A { B }', 'enum'],
    ['const enum A { B }', 'enum'],
    ['export enum A { B }', 'enum'],
    ['import type { X } from "y"', '`import type`'],
    ['const x: string = 1', '`: string`'],
    ['let x: number', '`: number`'],
    ['let x: Array<string> = []', '`: Array<string>`'],
    ['let f: () => void', 'type annotation'],
    ['const r: Record<string, { a: number }> = {}', 'type annotation'],
    ['const {a, b}: {a: string} = args', 'type annotation'],
    ['const [a]: X = b', '`: X`'],
    ['for (const x: string of y) {}', 'type annotation'],
    ['function f(a: string) {}', '`: string`'],
    ['function f(a?: string) {}', '`?: string`'],
    ['function f(a, b: string[]) {}', '`: string[]`'],
    ['function f(x: number | null = null) {}', '`: number | null`'],
    ['function f({a}: {a: string}) {}', 'type annotation'],
    ['function f(this: any) {}', 'type annotation'],
    ['function f(): Promise<void> {}', '`: Promise<void>`'],
    ['const f = (a: string) => 1', '`: string`'],
    ['const f = (a): string => 1', '`: string`'],
    ['const f = async (x: string): Promise<void> => {}', '`: string`'],
    ['items.map((x: any) => x)', '`: any`'],
    ['items.filter((x): x is string => !!x)', '`: x is string`'],
    ['try {} catch (e: any) {}', '`: any`'],
    ['class A { x: string }', '`: string`'],
    ['class A { private x = 1 }', '`private`'],
    ['class A { readonly x = 1 }', '`readonly`'],
    ['class A { public async x() {} }', '`public`'],
    ['class A { constructor(private x) {} }', '`private`'],
    ['class A implements B {}', '`implements`'],
    ['const y = x as const', '`as`'],
    ['const y = x as unknown as Foo[]', '`as`'],
    ['const y = x satisfies Foo', '`satisfies`'],
    ['const a = x!.y', '`!`'],
    ['f(x!)', '`!`'],
    ['let x = y! + 1', '`!`'],
    ['new Map<string, number>()', 'angle brackets'],
    ['const m = new Set<string>()', 'angle brackets'],
    ['await agent<Answer>("x")', 'angle brackets'],
    ['await agent<string>("x")', 'angle brackets'],
    ['await agent<Answer[]>("x")', 'angle brackets'],
    ['function f<T>(x) {}', 'angle brackets'],
    ['const f = <T>(x) => x', 'angle brackets'],
    ['class A<T> {}', 'angle brackets'],
    ['const x = <const>["a"]', 'angle brackets'],
    ['<Foo>x', 'angle brackets'],
    ['export const meta: Meta = {}', '`: Meta`'],
    ['export const meta = { name: "n" } as const', '`as`'],
  ])('is refused and named: %s', (source, what) => {
    const error = refused(source.startsWith('export const meta') ? source : `${META};${source}`);
    expect(error.code).toBe('BRAID_SCRIPT_FORBIDDEN');
    expect(error.message).toContain(what);
    expect(error.message).toContain('TypeScript');
    expect(error.fix).toMatch(/Remove|plain object/);
    expect(error.at?.line).toBe(source.startsWith('export const meta') ? 1 : 2);
  });

  it.each([
    'const type = 1, as = 2, of = 3, namespace = 4, declare = 5; return type + as',
    'label: for (;;) break label',
    'return cond ? a : b',
    'return { string: 1, type: "x", interface: 2 }',
    'return a < b && c > (d)',
    'const MAX = 3; return n<MAX>(1)',
    'switch (x) { case 1: return a; default: return b }',
    'return x !== y && !z',
  ])('is not seen in plain JavaScript: %s', (source) => {
    expect(check(META + source).name).toBe('n');
  });
});

describe('DW-06 modules', () => {
  it.each([
    ['import x from "y"', 1, 'import'],
    ['import { a } from "y"', 1, 'import'],
    ['import "y"', 1, 'import'],
    ['const x = await import("y")', 17 - 6, 'import()'],
    ['return import.meta.url', 8, 'import.meta'],
    ['const fs = require("fs")', 12, 'require()'],
    ['f(() => { if (x) require(y) })', 18, 'require()'],
    ['export default async function () {}', 1, 'default export'],
    ['export default 1', 1, 'default export'],
    ['export { x }', 1, 'only `meta`'],
    ['export const other = 1', 1, 'only `meta`'],
    ['export function f() {}', 1, 'only `meta`'],
    ['export * from "x"', 1, 'only `meta`'],
  ])('%s', (source, column, what) => {
    const error = refused(META + source);
    expect(error).toMatchObject({ code: 'BRAID_SCRIPT_FORBIDDEN', at: { line: 2 } });
    expect(error.message).toContain(what);
    expect(error.at?.column).toBe(source.startsWith('const x = await') ? 17 : column);
  });

  it('an import above meta is the error, not the place of meta', () => {
    const error = refused(`import { helper } from './helper.js'\n${META}`);
    expect(error).toMatchObject({ code: 'BRAID_SCRIPT_FORBIDDEN', at: { line: 1 } });
    expect(error.message).toContain('cannot import');
  });

  it('names the first of several', () => {
    expect(refused(`${META}const a = 1\nrequire('b')\nawait import('c')`).at?.line).toBe(3);
  });

  it.each([
    'return "import x from y; require(1)"',
    "// import('x')\n/* require('x') export default */",
    'return `import("${1}") require("x")`',
    'return /import|require\\(/',
    'return { import: 1, require: 2, export: 3 }.import',
    'return o.require("x")',
    'function require() {} require("x")',
    'const f = (require) => require("x")',
    'try {} catch (require) { require("x") }',
    'const { require } = helpers; require("x")',
    "const fs = typeof require === 'function' ? require('fs') : null",
    "function load(name) { if (typeof require !== 'function') return null; return require(name) }",
  ])('K3 words do not trip it: %s', (source) => {
    expect(check(META + source).warnings).toEqual([]);
  });
});

describe('DW-07 clock and randomness', () => {
  it.each([
    ['return Date.now()', 'Date.now()', 'now()'],
    ['return Date["now"]()', 'Date.now()', 'now()'],
    ['return Math.random()', 'Math.random()', 'random()'],
    ['return new Date()', 'new Date()', 'new Date(now())'],
    ['return new Date', 'new Date()', 'new Date(now())'],
    ['return Date()', 'Date()', 'new Date(now())'],
    ['if (false) Math.random()', 'Math.random()', 'random()'],
  ])('warns with place and the deterministic way: %s', (source, call, use) => {
    const { warnings } = check(META + source);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^x\.js:2:\d+: /);
    expect(warnings[0]).toContain(call);
    expect(warnings[0]).toContain(`use ${use}`);
  });

  it.each([
    'return new Date(0)',
    'return new Date(args.when).getTime()',
    'return Math.max(1, 2)',
    'return "Date.now() and Math.random()"',
    '// Math.random()',
    'const Math = { random: () => 4 }; return Math.random()',
    'const f = (Date) => Date.now()',
    'return clock.now()',
    'return Date.parse("2020-01-01")',
    'return Math[name]()',
    'return Date.constructor()',
  ])('does not warn of %s', (source) => {
    expect(check(META + source).warnings).toEqual([]);
  });

  it('lists ten and counts the rest', () => {
    const { warnings } = check(META + 'Math.random();'.repeat(25));
    expect(warnings).toHaveLength(11);
    expect(warnings[10]).toContain('15 more');
  });
});
