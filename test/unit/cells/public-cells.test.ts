import { describe, expect, it } from 'vitest';
import { FakeRepl } from './kit.ts';

/** What public systems' prompts teach models to write, in own words: their names and habits, each a list of cells. */
const SYSTEMS: Record<string, { cells: string[]; value: unknown; peak?: number }[]> = {
  'rlms and rlm-minimal': [
    {
      cells: ['print(context.slice(0, 10))', 'const answer1 = llm_query(`Q: ${query}`)\nFINAL_VAR(answer1)\nanswer1'],
      value: '<Q: How many words?>',
    },
    {
      cells: [
        'chunks = context.split("\\n")\nbuffers = []\nfor (const [i, chunk] of chunks.entries()) {\n  const note = llm_query(`part ${i}: ${chunk}`)\n  buffers.push(note)\n}\nbuffers.length',
      ],
      value: 3,
    },
    {
      cells: [
        'const prompts = context.split("\\n").map((c) => `count ${c}`)\nconst answers = llm_query_batched(prompts)\nanswers.map((a, i) => `${i}${a.length}`).join(" ")',
      ],
      value: '018 119 215',
    },
    { cells: ['const subs = rlm_query_batched(["a", "b"])\nfor (const s of subs) print(s)\nsubs[1]'], value: '<b>' },
    {
      cells: [
        'answer = { content: "", ready: false }',
        'answer["content"] = rlm_query(context)\nanswer["ready"] = true\nanswer.content.length',
      ],
      value: 32,
    },
  ],
  'grishahq/recursive-llm': [
    { cells: ['const r = recursive_llm("find it", context)\nFINAL(r)\nr'], value: '<find it>' },
    {
      cells: [
        'let found = context.match(/g\\w+/)\nif (found) { let check = recursive_llm(found[0]); result = check } else { result = "none" }\nresult',
      ],
      value: '<gamma>',
    },
  ],
  'ai-rlm': [
    {
      cells: [
        'const lines = context.split("\\n");\nconsole_log = print;\nconst summaries = await Promise.all(lines.map(line => llm_query("Sum: " + line)));\nsummaries.length',
      ],
      value: 3,
      peak: 3,
    },
    {
      cells: ['const part = await sub_rlm("What is here?", context.slice(0, 5));\nFINAL(part);\npart'],
      value: '<What is here?>',
    },
    { cells: ['const hits = await tools.find("beta");\nhits'], value: '<beta>' },
    { cells: ['let total = 0;', 'let total = 0;\nfor (const c of context) if (c === "a") total++;\ntotal'], value: 6 },
    { cells: ['(async () => {\n  const x = await llm_query("late");\n  FINAL(x);\n})();', '1'], value: 1 },
  ],
  'dspy.RLM': [
    {
      cells: [
        'print(typeof context, context.length)\nconst verdicts = llm_query_batched(context.split("\\n").map(function (row) { return "Judge: " + row }))\nSUBMIT({ answer: verdicts[0] })\nverdicts[0]',
      ],
      value: '<Judge: alpha beta>',
    },
    {
      cells: [
        'const [first, ...others] = context.split("\\n")\nconst label = llm_query(first).toUpperCase()\nSUBMIT(label)\nlabel',
      ],
      value: '<ALPHA BETA>',
    },
    { cells: ['try {\n  undefinedThing()\n} catch (e) {\n  var why = e.name\n}', 'why'], value: 'ReferenceError' },
  ],
  'fast-rlm': [
    {
      cells: ['const results = await batch_llm_query(context.split("\\n"))\nFINAL(results.join(","))\nresults.length'],
      value: 3,
    },
    {
      cells: [
        'async function summarize(part) {\n  const out = await llm_query(part)\n  return out.length\n}\nconst sizes = await Promise.all(context.split("\\n").map(summarize))\nsizes',
      ],
      value: [12, 13, 9],
      peak: 3,
    },
    {
      cells: [
        'const summarize = async (part) => (await llm_query(part)).length',
        'const sizes = context.split("\\n").map(async (p) => summarize(p))\nsizes',
      ],
      value: [12, 13, 9],
      peak: 3,
    },
  ],
  'mepuka/recursive-llm': [
    {
      cells: [
        'globalThis.__vars = { context, query }',
        '__vars.lines = __vars.context.split("\\n")\n__vars.lines.length',
      ],
      value: 3,
    },
    {
      cells: [
        'const answers = await Promise.all(\n  context.split("\\n").map((line, i) => llm_query("classify", line))\n);\nprint(JSON.stringify(answers));\nanswers[2]',
      ],
      value: '<classify>',
      peak: 3,
    },
    {
      cells: [
        'const counts = new Map()\nfor (const w of context.split(/\\s+/)) counts.set(w, (counts.get(w) ?? 0) + 1);\n[...counts.keys()].length',
      ],
      value: 5,
    },
  ],
  'DwayneWilkes/rlm': [
    {
      cells: [
        'const parts = batch_rlm_query([{ task: 1 }, { task: 2 }].map((t) => `task ${t.task}`))\nparts[0] + parts[1]',
      ],
      value: '<task 1><task 2>',
    },
    {
      cells: [
        'function chunk_by_size(text, n) {\n  const out = []\n  for (let i = 0; i < text.length; i += n) out.push(text.slice(i, i + n))\n  return out\n}',
        'const pieces = chunk_by_size(context, 10)\npieces.map(p => rlm_query(p)).length',
      ],
      value: 3,
      peak: 3,
    },
  ],
  'rlm-cli, rllm and others': [
    {
      cells: [
        'const tasks = context.split("\\n").map((l) => async () => llm_query(l))\nconst rs = await parallel(tasks)\nrs.length',
      ],
      value: 3,
      peak: 3,
    },
    {
      cells: ['const rs = llm_query_parallel(["x", "y"])\nconst more = llm_batch(rs)\nmore'],
      value: ['<<x>>', '<<y>>'],
    },
    {
      cells: [
        'const pending = [];\nfor (let i = 0; i < 4; i++) {\n  pending.push(llm_query(String(i)));\n}\nconst done = await Promise.all(pending);\ndone.join("")',
      ],
      value: '<0><1><2><3>',
      peak: 4,
    },
    {
      cells: [
        'const p1 = llm_query("a");\nconst p2 = llm_query("b");\nconst [r1, r2] = await Promise.all([p1, p2]);\nr1 + r2',
      ],
      value: '<a><b>',
      peak: 2,
    },
  ],
  deepagents: [
    {
      cells: [
        'const rows = [1, 2, 3]\nconst out = await Promise.allSettled(rows.map((n) => agent(`row ${n}`)))\nout.every((o) => o.status === "fulfilled")',
      ],
      value: true,
      peak: 3,
    },
    { cells: ['const x = 1; // first turn', 'const x = 2; // a turn that declares it again', 'x'], value: 2 },
    {
      cells: [
        'class Acc { #n = 0; add(v) { this.#n += v; return this } get n() { return this.#n } }\nconst acc = new Acc()',
        'acc.add(2).add(3)\nacc.n',
      ],
      value: 5,
    },
    {
      cells: [
        'let i = 0\nconst gen = (function* () { while (true) yield i++ })()\ngen.next().value',
        'gen.next().value + gen.next().value',
      ],
      value: 3,
    },
  ],
};

describe.each(Object.entries(SYSTEMS))('cells in the style of %s', (_system, cases) => {
  it.each(cases)('$cells', async ({ cells, value, peak }) => {
    const repl = new FakeRepl();
    let last: unknown;
    for (const code of cells) last = await repl.run(code);
    expect(last).toEqual(value);
    if (peak !== undefined) expect(repl.peak).toBe(peak);
  });
});
