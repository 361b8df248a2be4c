import { describe, expect, it } from 'vitest';
import { isBraidError, type BraidError } from '../../../protocol/errors.ts';
import { prepareCell } from '../../../sandbox/cells/index.ts';
import { FakeRepl, runCells } from './kit.ts';

function refusal(code: string): BraidError {
  try {
    prepareCell(code);
  } catch (error) {
    if (isBraidError(error)) return error;
    throw error;
  }
  throw new Error(`was not refused: ${code}`);
}

describe('RL-02: types are stripped with a note', () => {
  it.each<[string, unknown]>([
    ['const x: number = 1; let y: string | null = null, z = 2; x + z', 3],
    ['interface A { a: string; b?: number }\nconst a: A = { a: "x" }\na.a', 'x'],
    ['type P = [string, number] | { a: string }\ntype Q<T> = T extends string ? 1 : 2\nconst p: P = ["a", 1]\np[1]', 1],
    ['export interface A { a: string }\n5 as number', 5],
    [
      'function add(a: number, b?: number, ...rest: string[]): number { return a + (b ?? 0) + rest.length }\nadd(1, 2, "x")',
      4,
    ],
    ['const f = async (x: string, { y }: { y: number } = { y: 1 }): Promise<string> => x + y\nawait f("a")', 'a1'],
    ['const m = new Map<string, Array<number>>()\nm.set("a", [1])\nm.get("a")!.length', 1],
    ['x = new Set<string>(["a"])\nx.size', 1],
    ['const id = <T,>(x: T): T => x\nfunction two<T extends object>(x: T) { return x }\nid<number>(4)', 4],
    ['const r = ["a"].map((c, i): string => c + i)\nr[0]', 'a0'],
    ['for (const it of [1, 2] as number[]) { var last = it! }\nlast', 2],
    [
      'class A<T> implements B { private n: number = 1; static s?: string; readonly list: T[] = []\n get(k: string): number | undefined { return this.n } }\nnew A<string>().get("x")',
      1,
    ],
    ['let r: string\ntry { throw new Error("no") } catch (e: unknown) { r = (e as Error).message }\nr', 'no'],
    ['const o = { f(a: string): string { return a }, g: (a: any) => a ? 1 : 2 }\no.f("q") + o.g(0)', 'q2'],
    ['const a: string = llm_query("x")\na', '<x>'],
    ['const v = { a: 1 } satisfies Record<string, number>\nv.a', 1],
    ['const k = ["a", "b"] as const\nk.length', 2],
    ['function isText(x: unknown): x is string { return typeof x === "string" }\nisText("a")', true],
    [
      'const f: (a: string) => Promise<void> = async (a) => {}\nconst g = (cb: (n: number) => number) => cb(2)\ng((n) => n * 2)',
      4,
    ],
    ['const nested: Map<string, Map<string, Set<number>>> = new Map()\nnested.size', 0],
  ])('%s', async (code, value) => {
    expect(await runCells(code)).toEqual(value);
    expect(prepareCell(code).hints).toEqual(['Types were stripped: cells are JavaScript.']);
  });

  it('leaves JavaScript that looks a little like it alone', async () => {
    const code =
      'const type = 1, as = 2, is = 3\nconst s = "x as string"; const o = { a: type, b: as }\nconst t = type < as && is > (as)\nt ? o.a : (o.b)';
    expect(prepareCell(code).hints).toEqual([]);
    expect(await runCells(code)).toBe(1);
  });

  it('keeps every place', () => {
    const code = 'const a: number = 1\nfunction f(x: string): void { }\na';
    const { source, prefix } = prepareCell(code);
    const lines = source.slice(prefix).split('\n');
    expect(lines[0]).toBe('      a         = 1');
    expect(lines[1]).toContain('(x        )       { }');
  });

  it('names what it cannot strip', () => {
    expect(refusal('enum Color { Red }').message).toBe('An `enum` is TypeScript; cells are plain JavaScript.');
    expect(refusal('namespace A { }').code).toBe('BRAID_SCRIPT_SYNTAX');
  });
});

describe('RL-02: Python', () => {
  it.each<[string, string | null]>([
    ['chunks = context.split("\\n")\nfor c in chunks:\n    print(c)', 'const chunks = context.split("\\n")'],
    ['for c in chunks:\n    print(c)', 'for (const c of chunks) {'],
    ['x = len(context)\nif x > 3:\n    pass', 'const x = context.length'],
    ['print(f"{x} a")', 'print(`${x} a`)'],
    ['print(f"Found {len(chunks)} of {total:.2f}")', 'print(`Found ${chunks.length} of ${total}`)'],
    ['def f(a):\n    return a', 'function f(a) {'],
    ['async def f(a, b):\n    return a', 'async function f(a, b) {'],
    ['if x in y:\n    pass', 'if (y.includes(x)) {'],
    ['while not done:\n    pass', 'while (!done) {'],
    ['import re\nm = re.findall(r"a+", context)', '// not needed: write patterns as /…/'],
    ['import json\nfrom collections import Counter', '// not needed: use JSON'],
    ['# Look first\nprint(context[:500])', 'print(context.slice(0, 500))'],
    [
      'answers = [llm_query(c) for c in chunks if c]',
      'const answers = chunks.filter((c) => c).map((c) => llm_query(c))',
    ],
    ['for i in range(len(chunks)):\n    pass', 'for (let i = 0; i < chunks.length; i++) {'],
    ['for i, c in enumerate(chunks):\n    pass', 'for (const [i, c] of chunks.entries()) {'],
    ['done = True\nif done:\n    pass', 'const done = true'],
    ['results = {}\nwith open("x") as f:\n    pass', 'const results = {}'],
    ['text = """\nmany\n"""', null],
    ['try:\n    x = 1\nexcept Exception as e:\n    pass', null],
    ['class A(B):\n    pass', null],
    ['best = a if a > b else b', null],
    ['key = lambda x: x', null],
  ])('%j', (code, first) => {
    const error = refusal(code);
    expect(error.code).toBe('BRAID_SCRIPT_SYNTAX');
    const help = first === null ? '' : ` Its first line would be: ${first}`;
    expect(error.message).toBe(`Cells are JavaScript, and this one is Python.${help}`);
  });

  it('is not seen in broken JavaScript that talks about it', () => {
    for (const code of [
      'const r = await llm_query("Is it and not … for x in y"',
      'const r = foo( // is not x and y',
      'const x = `\n# Title\n for a in b:\n`; foo(',
      'x = { a: 1, b: [2 }',
      'for (const x in y { }',
      'chunks.map((c => c)',
    ])
      expect(refusal(code).message, code).not.toContain('Python');
  });

  it('runs where the two languages agree', async () => {
    const repl = new FakeRepl();
    repl.globals['answer'] = {};
    expect(await repl.run('x = llm_query("q")\nanswer["content"] = x\nprint(x)\nanswer')).toEqual({ content: '<q>' });
  });
});

describe('modules', () => {
  it.each([
    ['import fs from "fs"', 1],
    ['const x = 1\nimport { a } from "./a.js"', 2],
    ['const fs = require("fs")', 1],
    ['function f() {\n  return require("fs")\n}', 2],
    ['await import("x")', 1],
    ['import.meta.url', 1],
    ['export * from "x"', 1],
    ['export { a } from "x"', 1],
    ['{ export const a = 1 }', 1],
  ])('%j', (code, line) => {
    const error = refusal(code);
    expect(error.code).toBe('BRAID_SCRIPT_FORBIDDEN');
    expect(error.message).toMatch(/^There are no modules here: /);
    expect(error.at?.line).toBe(line);
  });

  it('lets code that is ready for their absence run', async () => {
    expect(await runCells('const fs = typeof require === "function" ? require("fs") : null\nfs')).toBeNull();
  });
});
