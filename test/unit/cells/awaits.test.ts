import { Script } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { prepareCell } from '../../../sandbox/cells/index.ts';
import { FakeRepl } from './kit.ts';

/** Runs a cell over three chunks; gives its value, the most calls in flight at once, and how many were made. */
async function ask(code: string): Promise<{ value: unknown; peak: number; calls: number }> {
  const repl = new FakeRepl({ chunks: ['a', 'b', 'c'], q: 'q', results: [], docs: { x: 'X', y: 'Y' } });
  const value = await repl.run(code);
  return { value, peak: repl.peak, calls: repl.asked.length };
}

describe('RL-04: un-awaited host calls are awaited', () => {
  it.each<[string, unknown]>([
    ['const a = llm_query(q)\na.length', 3],
    ['let a; a = llm_query(q)\na', '<q>'],
    ['llm_query(q)', '<q>'],
    ['llm_query(q).toUpperCase()', '<Q>'],
    ['const n = 5\nllm_query(q).toUpperCase()', '<Q>'],
    ['llm_query(q)?.length', 3],
    ['llm_query(q)[1]', 'q'],
    ['`${llm_query(q)}!`', '<q>!'],
    ['({ a: llm_query(q), b: [1] })', { a: '<q>', b: [1] }],
    ['q ? llm_query(q) : 0', '<q>'],
    ['"" || llm_query(q)', '<q>'],
    ['llm_query(q) + llm_query("r")', '<q><r>'],
    ['llm_query(q).length ** 2', 9],
    ['!llm_query(q)', false],
    ['typeof llm_query(q)', 'string'],
    ['(1, llm_query(q)).length', 3],
    ['[...llm_query(q)].length', 3],
    ['String(llm_query(q))', '<q>'],
    ['new String(llm_query(q)).length', 3],
    ['const { length } = llm_query(q)\nlength', 3],
    ['const { a = llm_query(q) } = {}\na', '<q>'],
    ['const [a, b] = [llm_query(1), llm_query(2)]\na + b', '<1><2>'],
    ['const [a] = llm_query_batched(["x"])\na', '<x>'],
    ['for (const c of chunks) results.push(llm_query(c))\nresults.join()', '<a>,<b>,<c>'],
    ['for (const r of llm_query_batched(chunks)) results.push(r)\nresults.join()', '<a>,<b>,<c>'],
    ['if (llm_query(q) === "<q>") { results.push(1) } else { results.push(2) }\nresults[0]', 1],
    ['let i = 0\nwhile (llm_query(i).length < 4 || i < 1) i++\ni', 10],
    ['switch (llm_query(q)) { case llm_query("q"): results.push(7) }\nresults[0]', 7],
    ['try { throw llm_query(q) } catch (e) { results.push(e) }\nresults[0]', '<q>'],
    ['results[llm_query(q).length] = llm_query(q)\nresults[3]', '<q>'],
    ['let s = "-"\ns += llm_query(q)\ns', '-<q>'],
    ['tools.find(q)', '<q>'],
    ['tools["find"](q).length', 3],
    ['tools.find?.(q).length', 3],
    ['llm_query(q).then((s) => s + "!")', '<q>!'],
    ['const s = llm_query(q).then((t) => t + "!").catch(() => 0)\ns.length', 4],
    ['const s = await llm_query(q)\ns', '<q>'],
    ['(await llm_query(q)).length', 3],
    ['class A extends (llm_query(q), Object) { [llm_query("k")] = 1 }\nObject.keys(new A())[0]', '<k>'],
    ['return llm_query(q)', '<q>'],
    ['rlm_query(q).length + agent(q).length + sub_rlm(q).length + recursive_llm(q).length + call_llm(q).length', 15],
    ['parallel([() => llm_query(1), () => llm_query(2)]).join()', '<1>,<2>'],
    ['pipeline(chunks, (c) => llm_query(c)).join()', '<a>,<b>,<c>'],
    ['Promise.all([llm_query(1)]).length', 1],
  ])('%s', async (code, value) => {
    expect((await ask(code)).value).toEqual(value);
  });

  it('awaits what is printed', async () => {
    const repl = new FakeRepl({ chunks: ['a', 'b'] });
    await repl.run('print(llm_query("p"))\nprint("x", llm_query("p"))\nprint(chunks.map((c) => llm_query(c)).join())');
    expect(repl.printed).toEqual(['<p>', ['x', '<p>'], '<a>,<b>']);
  });

  it('changes no words in strings, templates, regexes and comments (C3)', async () => {
    const code =
      '// llm_query(q)\nconst s = "llm_query(q)" + `llm_query(q) ${/llm_query\\(q\\)/.source}` /* typeof x */\ns';
    expect((await ask(code)).value).toBe('llm_query(q)llm_query(q) llm_query\\(q\\)');
  });

  it("awaits calls of other functions where they stand alone at the cell's level", async () => {
    const repl = new FakeRepl();
    await repl.run('async function ask(c) { return (await llm_query(c)).trim() }\nconst lazy = (c) => llm_query(c)');
    await repl.run('const a = ask("a"), b = lazy("b")\nlet c; c = ask("c")\nask("d")\nconst e = true ? ask("e") : 0');
    expect(['a', 'b', 'c', 'e'].map((name) => repl.globals[name])).toEqual(['<a>', '<b>', '<c>', '<e>']);
    expect(
      await repl.run(
        'async function main() { const r = ask("m"); return r }\nlet got\nmain().then((v) => { got = v })\ngot',
      ),
    ).toBe('<m>');
    expect(await repl.run('let done = false;\n(async () => { await llm_query(1); done = true })()\ndone')).toBe(true);
  });

  it('awaits known async functions in async functions, and no others (A3)', async () => {
    const code = [
      'let total = 0',
      'const add = (a, b) => a + b',
      'await Promise.all([1, 2, 3].map(async (n) => { total = add(total, n) }))',
      'total',
    ].join('\n');
    expect((await ask(code)).value).toBe(6);
    expect(prepareCell('async function f() { const x = other() }').source).not.toContain('await');
    expect(prepareCell('async function g() {}\nasync function f() { const x = g() }').source).toContain(
      'x = await g()',
    );
  });
});

describe('RL-04: what is parallel stays parallel (A1, A2)', () => {
  it.each<[string, unknown]>([
    ['await Promise.all(chunks.map((c) => llm_query(c)))', ['<a>', '<b>', '<c>']],
    ['await Promise.all(chunks.map(async (c) => llm_query(c)))', ['<a>', '<b>', '<c>']],
    ['await Promise.all(chunks.map(async (c) => { const r = llm_query(c); return r.length }))', [3, 3, 3]],
    ['await Promise.all([llm_query(1), llm_query(2), llm_query(3)])', ['<1>', '<2>', '<3>']],
    ['Promise.all(chunks.map((c) => llm_query(c)))', ['<a>', '<b>', '<c>']],
    ['(await Promise.allSettled(chunks.map(llm_query))).map((r) => r.value)', ['<a>', '<b>', '<c>']],
    ['const rs = chunks.map((c) => llm_query(c))\nrs', ['<a>', '<b>', '<c>']],
    ['const rs = await chunks.map((c) => llm_query(c))\nrs', ['<a>', '<b>', '<c>']],
    ['chunks.map((c) => llm_query(c))', ['<a>', '<b>', '<c>']],
    ['chunks.map(c => llm_query(c)).join("")', '<a><b><c>'],
    ['chunks.map(function (c) { return llm_query(c) })', ['<a>', '<b>', '<c>']],
    ['chunks.map((c) => llm_query(c).toUpperCase())', ['<A>', '<B>', '<C>']],
    ['chunks.map((c) => { const r = llm_query(c); return { c, r } }).length', 3],
    ['chunks.map((c) => ({ r: llm_query(c) }))[2].r', '<c>'],
    ['chunks.map((c) => c ? llm_query(c) : null)', ['<a>', '<b>', '<c>']],
    ['chunks.map(async (c) => { return (await llm_query(c)).length })', [3, 3, 3]],
    ['[["a"], ["b", "c"]].map((part) => part.map((c) => llm_query(c)))', [['<a>'], ['<b>', '<c>']]],
    ['Array.from(chunks, (c) => llm_query(c))', ['<a>', '<b>', '<c>']],
    ['const f = async () => chunks.map((c) => llm_query(c))\nconst rs = f()\nrs', ['<a>', '<b>', '<c>']],
    ['[llm_query(1), llm_query(2), llm_query(3)]', ['<1>', '<2>', '<3>']],
    ['[...chunks.slice(0, 2).map((c) => llm_query(c)), llm_query("c")]', ['<a>', '<b>', '<c>']],
    [
      'const jobs = []\nfor (const c of chunks) jobs.push(llm_query(c))\nawait Promise.all(jobs)',
      ['<a>', '<b>', '<c>'],
    ],
    [
      'const jobs = {}\nfor (const c of chunks) jobs[c] = llm_query(c)\nawait Promise.all(Object.values(jobs))',
      ['<a>', '<b>', '<c>'],
    ],
    [
      'const a = llm_query(1), b = llm_query(2)\nlet c = llm_query(3)\nawait Promise.all([a, b, c])',
      ['<1>', '<2>', '<3>'],
    ],
    ['const jobs = chunks.map((c) => llm_query(c))\nconst rs = await Promise.all(jobs)\nrs', ['<a>', '<b>', '<c>']],
    [
      'const jobs = [llm_query("a")]\njobs.push(...["b", "c"].map((c) => llm_query(c)))\nawait Promise.all([...jobs])',
      ['<a>', '<b>', '<c>'],
    ],
    ['parallel([llm_query(1), llm_query(2), llm_query(3)])', ['<1>', '<2>', '<3>']],
    ['parallel(chunks.map((c) => () => llm_query(c)))', ['<a>', '<b>', '<c>']],
    [
      'const p = llm_query(1)\nconst all = [p.then((v) => v + "!"), llm_query(2), llm_query(3)]\nall',
      ['<1>!', '<2>', '<3>'],
    ],
  ])('%s', async (code, value) => {
    const { value: got, peak, calls } = await ask(code);
    expect(got).toEqual(value);
    expect({ peak, calls }).toEqual({ peak: 3, calls: 3 });
  });

  it('leaves a promise that is used as one', async () => {
    const { value } = await ask('const p = llm_query(q)\nlet seen = ""\nawait p.then((v) => { seen = v })\nseen');
    expect(value).toBe('<q>');
    expect((await ask('await Promise.race([llm_query(1), llm_query(2)])')).value).toBe('<1>');
    // A list that came as a promise: the combiner could not read it.
    expect((await ask('await Promise.all(llm_query_batched(chunks))')).value).toEqual(['<a>', '<b>', '<c>']);
  });

  it('leaves functions that are not async alone, and says when they use a promise as a value', () => {
    const cell = prepareCell(
      'const x = 1\nfunction f(c) {\n  return llm_query(c).trim()\n}\nconst g = (c) => llm_query(c)',
    );
    expect(cell.source).toContain('return llm_query(c).trim()');
    expect(cell.source).toContain('(c) => llm_query(c)');
    expect(cell.hints).toEqual([
      'Line 3: llm_query() gives a promise. Write `async` before the function around it, and `await` the call.',
    ]);
    expect(prepareCell('const g = (c) => llm_query(c).then((s) => s.trim())').hints).toEqual([]);
  });

  it('never writes `await` where the language has none', () => {
    for (const code of [
      'function f(a = llm_query(1)) {}',
      'const f = async (a = llm_query(1)) => a',
      'class A { x = llm_query(1); static y = llm_query(2); static { llm_query(3); (llm_query(4)).z } m() { return llm_query(5).z } }',
      'function* g() { yield llm_query(1).x }',
      'const o = { get a() { return llm_query(1) }, async b() { return llm_query(2).x } }',
      'llm_query`a`; new llm_query(1); new (llm_query(1))(2); llm_query(1)(2); llm_query(1)`x`',
      'label: for (;;) { llm_query(1).x; break label }',
      'if (1) llm_query(1).x; else llm_query(2).x',
      'do llm_query(1).x; while (llm_query(2))',
    ])
      expect(() => new Script(prepareCell(code).source), code).not.toThrow();
  });
});
