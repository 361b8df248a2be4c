import { describe, expect, test } from 'vitest';
import { scriptOfCells } from '../../../client/export/script.ts';
import { ViewBuilder } from '../../../client/view/reduce.ts';
import type { CallResult } from '../../../protocol/guest.ts';
import type { Json } from '../../../protocol/json.ts';
import { checkScript } from '../../../sandbox/check/index.ts';
import { gave, play } from '../sandbox/kit.ts';
import { apply } from '../view/histories.ts';
import { RlmHistory, rlmInput } from '../view/rlm-histories.ts';

function scriptOf(cells: string[], question = 'How many?'): string {
  const h = new RlmHistory().open(rlmInput({ asked: { head: question, length: question.length } })).turn('x');
  for (const code of cells) h.cell(code);
  return scriptOfCells(apply(new ViewBuilder('run-1'), 'run-1', h), 'root');
}

const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as new (
  ...args: string[]
) => (...args: unknown[]) => Promise<unknown>;

/** Runs an exported script as the sandbox would: as the body of an async function, with hooks that a test sees. */
async function run(source: string, args: unknown, agent: (prompt: string, opts: unknown) => unknown = () => 'ok') {
  const said: string[] = [];
  const body = checkScript(source, { file: 'x.js' }).source;
  const hooks = {
    args,
    log: (text: string) => said.push(text),
    agentResult: async (prompt: string, opts: unknown) => {
      const value = agent(prompt, opts);
      return value instanceof Error
        ? { ok: false, value: null, error: { code: 'BRAID_CALL', message: value.message } }
        : { ok: true, value, error: null };
    },
    rlm: async (question: string, context: unknown) => `rlm(${question}, ${String(context)})`,
  };
  const value = await new AsyncFunction(...Object.keys(hooks), body)(...Object.values(hooks));
  return { value, said };
}

describe('the code of an RLM as a script', () => {
  test('runs its cells in order, and gives the first final answer (E3)', async () => {
    const script = scriptOf([
      'const lines = context.split("\\n"); let n = lines.length',
      'const n = context.count("error"); function twice(x) { return x * 2 }',
      'FINAL(twice(n))',
      'FINAL("too late")',
    ]);
    expect(await run(script, { context: 'error\nok\nerror' })).toEqual({ value: 4, said: [] });
  });

  test('texts of a context are texts for typeof, functions of the configuration are called by name', async () => {
    const script = scriptOf([
      'const [one] = context, none = null; const kinds = [typeof context, typeof one, typeof none, typeof nothing]',
      'const half = await tools.half(4)\nFINAL([...kinds, half])',
    ]);
    const story = play(checkScript(script, { file: 'x.js' }).source, () => gave(2), {
      start: { args: { context: [{ name: 'a', text: 'b' }] } },
    });
    const kinds = ['object', 'string', 'object', 'undefined'];
    expect(story.at(-1)).toMatchObject({ type: 'done', value: [...kinds, 2] });
    expect(story.filter(({ type }) => type === 'call')).toMatchObject([{ name: 'call', args: ['tool:half', 4] }]);
  });

  test('calls that nobody awaits are awaited, batches keep their failures in their slots', async () => {
    const script = scriptOf([
      'const one = llm_query("first", {label: "a", budget: {calls: 1}})\nconst all = llm_query_batched(["x", "bad", "y"])',
      'const deep = rlm_query("q", context.slice(0, 3))\nFINAL([one, all, deep])',
    ]);
    const asked: unknown[] = [];
    const { value } = await run(script, { context: 'abcdef' }, (prompt, opts) => {
      asked.push(opts);
      return prompt === 'bad' ? new Error('no') : `<${prompt}>`;
    });
    expect(value).toEqual(['<first>', ['<x>', { error: 'no', code: 'BRAID_CALL' }, '<y>'], 'rlm(q, abc)']);
    expect(asked[0]).toEqual({ tools: [], label: 'a' });
  });

  test('a cell that fails is told and gone past; answer.ready and FINAL_VAR end it as well', async () => {
    const bad = scriptOf(['nope()', 'print("here", {a: 1})', 'answer = { content: 0, ready: true }']);
    expect(await run(bad, { context: '' })).toEqual({
      value: 0,
      said: ['cell 1 failed: nope is not defined', 'here {"a":1}'],
    });
    expect((await run(scriptOf(['const total = 7', 'FINAL_VAR("total")']), { context: '' })).value).toBe(7);
    expect((await run(scriptOf(['1 + 1']), undefined)).said).toEqual([
      'There is no args.context, so the context is empty.',
    ]);
  });

  test('a context of files, and the searches of texts', async () => {
    const script = scriptOf([
      'const hits = context[1].grep(/err(o)r/, {around: 1})',
      'FINAL({ name: context[1].name, hit: hits[0], chunks: context[0].chunks(2), lines: context[1].lines(1, 2), n: context.length })',
    ]);
    const context = [
      { name: 'a', text: 'abcde' },
      { name: 'b', text: 'x\nan error\ny' },
    ];
    expect((await run(script, { context })).value).toEqual({
      name: 'b',
      hit: { index: 5, line: 1, match: 'error', groups: ['o'], text: 'x\nan error\ny' },
      chunks: ['ab', 'cd', 'e'],
      lines: ['an error'],
      n: 2,
    });
  });

  test('what cannot stand in a script is a comment; the rest runs (E1)', async () => {
    const script = scriptOf([
      'def f(x):\n  return x',
      'import fs from "fs"',
      'x = (',
      '"ends // in a comment" // like this',
      'FINAL(1)',
    ]);
    expect(script).toContain('// def f(x):');
    expect((await run(script, { context: '' })).value).toBe(1);
  });

  test('nothing gets out of its comment or its literal (E2)', async () => {
    const evil = 'a\nFINAL("pwned")\u2028FINAL("pwned")\rFINAL("pwned") */ `${FINAL("pwned")}`';
    const script = scriptOf([`(\u2028FINAL("pwned")`, 'FINAL("good")'], evil);
    expect((await run(script, { context: '' })).value).toBe('good');
  });

  test('names of the dialect that a cell declares stay usable', async () => {
    const script = scriptOf(['const args = 5; const log = print', 'FINAL(typeof args)']);
    expect(checkScript(script, { file: 'x.js' }).warnings).toEqual([]);
  });

  test('runs in the sandbox of scripts', () => {
    const script = scriptOf([
      'const parts = context.chunks({ size: 4 }); class Box { #n = 1; get n() { return this.#n } }',
      'const sums = await llm_query_batched(parts.map((p) => "sum " + p)); print(sums.length)',
      'function add(a, b) { return a + b }\nFINAL({ sums, n: new Box().n, hits: context.grep("b").length, twice: add(1, 1) })',
    ]);
    const { source } = checkScript(script, { file: 'x.js' });
    const usage = { inputTokens: 0, outputTokens: 0, usd: 0 };
    const answer = ({ args }: { args: Json[] }): CallResult => ({
      ...{
        ok: true,
        value: `<${String(args[0])}>`,
        reason: null,
        error: null,
        usage,
        replayed: false,
        degraded: false,
      },
      ...{ ms: 1, throws: false, outcome: null },
    });
    const story = play(source, answer, { start: { args: { context: 'abcdefab' } } });
    expect(story.at(-1)).toMatchObject({
      type: 'done',
      value: { sums: ['<sum abcd>', '<sum efab>'], n: 1, hits: 2, twice: 2 },
    });
    expect(story).toContainEqual(expect.objectContaining({ type: 'log', text: '2' }));
  });

  test('a node without cells has no code', () => {
    const h = new RlmHistory().open();
    const view = apply(new ViewBuilder('run-1'), 'run-1', h);
    expect(() => scriptOfCells(view, 'root')).toThrow(/no cell/);
    expect(() => scriptOfCells(view, 'rlm:9')).toThrow(/no cell/);
  });
});
