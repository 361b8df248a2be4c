/**
 * Cells in the manner of public RLM systems (names and habits of theirs, words of ours): they run as they stand. The context is
 * a list of events; every style has to find how many were failures, 37.
 */
import { describe, expect, it } from 'vitest';
import { promptOf, type SeenRequest } from '../../../testing/provider/index.ts';
import { useHarness } from '../../kit/harness.ts';
import { playingNodes } from '../../kit/play-nodes.ts';

const h = useHarness();
const EVENTS = Array.from(
  { length: 1_000 },
  (_, i) => `event ${i}: ${i % 27 === 3 ? 'FAILURE in module' : 'all is well with'} m${i % 5}`,
);
const FAILURES = EVENTS.filter((line) => line.includes('FAILURE')).length;

/** A leaf that counts what it is shown, and adds up what it is given. */
function counting(request: SeenRequest): string {
  const prompt = promptOf(request);
  if (!/add up/i.test(prompt)) return String((prompt.match(/FAILURE/g) ?? []).length);
  return String((prompt.match(/\d+/g) ?? []).reduce((sum, n) => sum + Number(n), 0));
}

const fence = (language: string, ...codes: string[]): string =>
  codes.map((code) => `I look at it.\n\`\`\`${language}\n${code}\n\`\`\``).join('\n');
/** What a child answers, whatever it was asked: by its own code. */
const CHILD = fence('js', 'FINAL(String((String(context).match(/FAILURE/g) || []).length))');

const STYLES: [name: string, answers: string[], calls: number][] = [
  [
    'rlms: chunks in a loop, batched without await, text markers, FINAL_VAR of a name',
    [
      fence('repl', 'print(typeof context, context.length)\nprint(context.slice(0, 200))'),
      fence(
        'repl',
        `const chunk_size = Math.floor(context.length / 4) + 1
        prompts = []
        for (let i = 0; i < 4; i++) prompts.push(\`How many failures?\\n\${context.slice(i * chunk_size, (i + 1) * chunk_size)}\`)
        answers = llm_query_batched(prompts)
        for (const [i, a] of answers.entries()) print(\`chunk \${i}: \${a}\`)`,
      ),
      fence('repl', "final_answer = llm_query('Add up: ' + answers.join(', '))"),
      'FINAL_VAR(final_answer)',
      fence('repl', 'FINAL_VAR("final_answer")'),
    ],
    5,
  ],
  [
    'ai-rlm: console.log, sub_rlm, several cells in an answer, FINAL of a template',
    [
      fence(
        'javascript',
        'const lines = context.split("\\n");\nconsole.log("lines:", lines.length, { first: lines[0] });',
        'const bad = lines.filter(l => /FAILURE/.test(l));\nbad.length',
      ),
      fence(
        'javascript',
        "const checked = await sub_rlm('Count the failures', lines.slice(0, 500).join('\\n'));\nconst rest = await sub_rlm('Count the failures', lines.slice(500).join('\\n'));\nFINAL(`${Number(checked) + Number(rest)}`)",
      ),
    ],
    2,
  ],
  [
    'mepuka: Promise.all over recursive_llm, var in every cell, answer.content and answer.ready',
    [
      fence(
        'js',
        'var parts = []; for (var i = 0; i < context.length; i += 10000) parts.push(context.substring(i, i + 10000));',
      ),
      fence(
        'js',
        "var parts = parts.map((p, i) => ({ i, p }));\nvar counts = await Promise.all(parts.map(({ p }) => recursive_llm('count failures', p)));",
      ),
      fence('js', 'answer.content = String(counts.map(Number).reduce((a, b) => a + b, 0)); answer.ready = true;'),
    ],
    Math.ceil(EVENTS.join('\n').length / 10_000),
  ],
  [
    'DSPy: explore, act, SUBMIT with keywords as an object, errors on the way',
    [
      fence('js', 'print(len(context))'),
      fence(
        'js',
        'const hits = context.grep(/FAILURE in (\\w+)/, {limit: 1000});\nprint(hits.length, hits[0].groups);\nhits.lenght.toFixed()',
      ),
      fence(
        'js',
        'const verified = await llm_query_batched([`how many? ${hits.map(h => h.text).join("\\n")}`]);\nSUBMIT(String(verified[0]))',
      ),
    ],
    1,
  ],
  [
    'fast-rlm: objects with prompt and context, batch_llm_query, intermediate state in a dictionary',
    [
      fence(
        'js',
        'const state = {}; state.lines = context.split("\\n"); state.groups = {};\nfor (const l of state.lines) (state.groups[l.split(" ").at(-1)] ??= []).push(l);',
      ),
      fence(
        'js',
        'const keys = Object.keys(state.groups).sort();\nconst found = await batch_llm_query(keys.map((k) => ({ prompt: "count failures in " + k, context: state.groups[k].join("\\n"), label: k })));\nstate.total = found.reduce((s, n) => s + parseInt(n, 10), 0);',
      ),
      fence('js', 'FINAL(String(state.total))'),
    ],
    5,
  ],
  [
    'deepagents: an async function, allSettled, try and catch, JSON',
    [
      fence(
        'js',
        `async function analyse(text, retries = 2) {
          try { return JSON.parse(await call_llm('count: ' + text)) } catch (error) { if (retries > 0) return analyse(text, retries - 1); throw error }
        }
        const halves = [context.slice(0, context.length / 2), context.slice(context.length / 2)]
        const settled = await Promise.allSettled(halves.map((half) => analyse(half)))
        console.log(settled.map((s) => s.status))`,
      ),
      fence(
        'js',
        'FINAL(String(settled.filter((s) => s.status === "fulfilled").reduce((sum, s) => sum + s.value, 0)))',
      ),
    ],
    2,
  ],
  [
    'TypeScript: types, interfaces, generics',
    [
      fence(
        'ts',
        `interface Row { n: number; text: string }
        const rows: Row[] = String(context).split('\\n').map((text: string, n: number): Row => ({ n, text }))
        const pick = <T,>(list: T[], test: (item: T) => boolean): T[] => list.filter(test)
        const failing = pick(rows, (row) => row.text.includes('FAILURE')) as Row[]`,
      ),
      fence(
        'typescript',
        'const asked: string[] = await llm_batch(failing.map((row): string => row.text))\nFINAL(`${asked.reduce((sum: number, n: string) => sum + Number(n), 0)}`)',
      ),
    ],
    FAILURES,
  ],
  [
    'a generator over chunks, a class that keeps score, a while loop of single calls',
    [
      fence(
        'js',
        'function* windows(size) { for (let at = 0; at < context.length; at += size) yield context.slice(at, at + size) }\nclass Score { total = 0; add(n) { this.total += Number(n); return this } }\nconst score = new Score(); const source = windows(12000)',
      ),
      fence(
        'js',
        "let next; while (!(next = source.next()).done) score.add(await llm_query('count', next.value))\nscore.total",
      ),
      fence(
        'js',
        'SHOW_VARS(); print(budget.callsLeft(), budget().iterationsLeft)\nconst total = String(score.total); FINAL_VAR("total")',
      ),
    ],
    Math.ceil(EVENTS.join('\n').length / 12_000),
  ],
  [
    'rlm_query_batched with pairs, llm_query_parallel, results by index',
    [
      fence(
        'js',
        "const chunks = context.chunks({ by: 'lines', size: 250 })\nconst subs = await rlm_query_batched(chunks.map((chunk, i) => [`count failures of part ${i}`, chunk]))",
      ),
      fence('js', "const [sum] = await llm_query_parallel(['Add up: ' + subs.join(' ')])\nFINAL(sum)"),
    ],
    5,
  ],
];

describe('cells of public systems', () => {
  it.each(STYLES)('%s', async (_name, answers, calls) => {
    const { result } = await h.rlm('How many failures are there?', {
      context: EVENTS.join('\n'),
      provider: playingNodes({ 'How many failures': answers, count: [CHILD], Count: [CHILD] }, counting),
    });
    expect(result).toMatchObject({ value: String(FAILURES), partial: null, status: 'completed' });
    expect(result.usage.calls).toBe(calls);
  });
});
