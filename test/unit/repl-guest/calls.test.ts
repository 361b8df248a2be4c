import { describe, expect, test } from 'vitest';
import { LIMITS, REPL } from '../../../protocol/limits.ts';
import type { GuestCall } from '../../../sandbox/repl/index.ts';
import { memoryText } from '../../kit/memory-text.ts';
import { options, outputOf, Session } from './kit.ts';

const NONE = { label: null, model: null, system: null, schema: null, maxOutputTokens: null, budget: null };
const BIG = 'some words\n'.repeat(10_000);

/** The calls of one cell over a big text, without their ids. */
function callsOf(code: string, given = options(BIG)): object[] {
  return new Session(given)
    .cell(code)
    .calls.map((call) => Object.fromEntries(Object.entries(call).filter(([key]) => key !== 'id')));
}

const llm = (...prompts: unknown[]): object => ({
  name: 'llm',
  batch: false,
  items: prompts.map((prompt) => ({ prompt, options: NONE })),
});
const span = (start: number, end: number): object => ({ doc: 0, start, end });

describe('llm_query', () => {
  test.each([
    ['llm_query("q")', llm('q')],
    ['llm_query(context)', llm([span(0, 110_000)])],
    ['llm_query(["Sum up: ", context.slice(11, 40000)])', llm(['Sum up: ', span(11, 40_000)])],
    ['llm_query(["a", "b"])', llm('ab')],
    ['llm_query("Sum up", context)', llm(['Sum up', '\n\n', span(0, 110_000)])],
    ['llm_query("Sum up", context.slice(0, 10))', llm('Sum up\n\nsome words')],
    ['llm_query("Sum up", [context, "end"])', llm(['Sum up', '\n\n', span(0, 110_000), 'end'])],
    ['llm_query("Sum: " + context.slice(0, 4))', llm('Sum: some')],
    ['call_llm("q")', llm('q')],
  ])('%s', (code, call) => {
    expect(callsOf(`await ${code}`)).toEqual([call]);
  });

  test('takes its options last, a model by its name, and a prompt among the options', () => {
    const schema = { type: 'object' };
    const [first, second, third, fourth] = callsOf(
      `await Promise.all([
        llm_query('q', { label: 'l', model: 'p/m', system: 's', schema: ${JSON.stringify(schema)}, maxOutputTokens: 9, budget: { calls: 2 } }),
        llm_query('q', 'openai/gpt-5'), llm_query('q', 'content', { label: 'x' }), llm_query({ prompt: 'p', label: 'y' })])`,
    ) as { items: { prompt: unknown; options: object }[] }[];
    const budget = { calls: 2 };
    expect(first?.items).toEqual([
      { prompt: 'q', options: { label: 'l', model: 'p/m', system: 's', schema, maxOutputTokens: 9, budget } },
    ]);
    expect(second?.items).toEqual([{ prompt: 'q', options: { ...NONE, model: 'openai/gpt-5' } }]);
    expect(third?.items).toEqual([{ prompt: 'q\n\ncontent', options: { ...NONE, label: 'x' } }]);
    expect(fourth?.items).toEqual([{ prompt: 'p', options: { ...NONE, label: 'y' } }]);
  });

  test('an unknown option is a hint', () => {
    const end = new Session().play('await llm_query("q", { lable: "x" })');
    expect(end.hints.join()).toContain('llm_query() has no option "lable"');
    expect(end.error).toBeNull();
  });

  test('resolves to the value; a failed call throws with code and place (RL-20)', () => {
    const session = new Session();
    const end = session.play('const r = await llm_query("q", { schema: {} }); r', () => ({ n: 1 }));
    expect(outputOf(end)).toBe('{n: 1}\n');
    const failed = session.play('print(1)\nawait llm_query("q")', () => new Error('spent'));
    expect(failed.error).toMatchObject({ message: 'spent', code: 'BRAID_BUDGET_EXHAUSTED', line: 2 });
    expect(
      outputOf(session.play('try { await llm_query("q") } catch (e) { print(e.code) }', () => new Error('x'))),
    ).toBe('BRAID_BUDGET_EXHAUSTED\n');
  });
});

describe('llm_query_batched', () => {
  test.each(['llm_query_batched', 'batch_llm_query', 'llm_batch', 'llm_query_parallel'])(
    '%s is one call of many items',
    (name) => {
      const [call] = callsOf(
        `await ${name}(['a', 'a', context.slice(0, 20000), { prompt: 'd', label: 'x' }], { model: 'p/m' })`,
      );
      expect(call).toEqual({
        name: 'llm',
        batch: true,
        items: [
          { prompt: 'a', options: { ...NONE, model: 'p/m' } },
          { prompt: 'a', options: { ...NONE, model: 'p/m' } },
          { prompt: [span(0, 20_000)], options: { ...NONE, model: 'p/m' } },
          { prompt: 'd', options: { ...NONE, model: 'p/m', label: 'x' } },
        ],
      });
    },
  );

  test('takes contents beside the prompts', () => {
    expect(callsOf("await llm_query_batched(['a', 'b'], ['1', context])")).toEqual([
      { ...llm('a\n\n1', ['b', '\n\n', span(0, 110_000)]), batch: true },
    ]);
  });

  test('a failed item is an error object that prints as one (RL-21)', () => {
    const answer = (): unknown => ['fine', { error: 'no luck', code: 'BRAID_PROVIDER_FAILED' }];
    const end = new Session().play(
      "const r = await llm_query_batched(['a', 'b']); print(`${r[1]}`, r[1].code); r",
      answer as never,
    );
    expect(outputOf(end)).toBe(
      'Error: no luck BRAID_PROVIDER_FAILED\n["fine", {error: "no luck", code: "BRAID_PROVIDER_FAILED"}]\n',
    );
  });

  test('an empty batch is a call without items', () => {
    expect(callsOf('await llm_query_batched([])')).toEqual([{ name: 'llm', batch: true, items: [] }]);
  });
});

describe('rlm_query', () => {
  const rlm = (question: unknown, context: unknown, more: object = {}): object => ({
    name: 'rlm',
    batch: false,
    items: [{ question, context, options: { ...NONE, ...more } }],
  });
  const texts = (...list: [string, unknown][]): object => ({
    kind: 'texts',
    texts: list.map(([name, text]) => ({ name, text })),
  });

  test.each([
    ['rlm_query("q")', rlm('q', null)],
    ['sub_rlm("q", "small")', rlm('q', texts(['context', 'small']))],
    ['recursive_llm("q", context)', rlm('q', texts(['context', [span(0, 110_000)]]))],
    ['rlm_query("q", [context.slice(0, 20000), "b"])', rlm('q', texts(['part 1', [span(0, 20_000)]], ['part 2', 'b']))],
    ['rlm_query("q", [{ name: "n", text: context }])', rlm('q', texts(['n', [span(0, 110_000)]]))],
    ['rlm_query("q", { a: [1] })', rlm('q', { kind: 'value', value: { a: [1] } })],
    ['rlm_query("q", [1, "x"])', rlm('q', { kind: 'value', value: [1, 'x'] })],
    [
      'rlm_query("q", { label: "l", budget: { iterations: 3 } })',
      rlm('q', null, { label: 'l', budget: { iterations: 3 } }),
    ],
    ['rlm_query("q", "c", { model: "p/m" })', rlm('q', texts(['context', 'c']), { model: 'p/m' })],
    ['rlm_query({ query: "q", context: "c", label: "l" })', rlm('q', texts(['context', 'c']), { label: 'l' })],
    ['rlm_query(context.slice(0, 20000))', rlm([span(0, 20_000)], null)],
  ])('%s', (code, call) => {
    expect(callsOf(`await ${code}`)).toEqual([call]);
  });

  test('batched: questions, pairs and objects, with contexts beside them too', () => {
    const [call] = callsOf(
      "await rlm_query_batched(['a', ['b', 'B'], { question: 'c', context: [1], model: 'p/m' }, { prompt: 'd' }], { label: 'l' })",
    ) as { items: object[] }[];
    expect(call?.items).toEqual([
      { question: 'a', context: null, options: { ...NONE, label: 'l' } },
      { question: 'b', context: texts(['context', 'B']), options: { ...NONE, label: 'l' } },
      { question: 'c', context: { kind: 'value', value: [1] }, options: { ...NONE, label: 'l', model: 'p/m' } },
      { question: 'd', context: null, options: { ...NONE, label: 'l' } },
    ]);
    const [beside] = callsOf("await batch_rlm_query(['a', 'b'], ['1', context])") as { items: { context: object }[] }[];
    expect(beside?.items.map(({ context }) => context)).toEqual([
      texts(['context', '1']),
      texts(['context', [span(0, 110_000)]]),
    ]);
  });

  test('files are passed by reference, with their names (RL-24)', () => {
    const files = [memoryText('x'.repeat(50_000), { name: 'a.txt' }), memoryText('short', { name: 'b.txt' })];
    expect(callsOf('await rlm_query("q", context)', options(files))).toEqual([
      rlm('q', texts(['a.txt', [{ doc: 0, start: 0, end: 50_000 }]], ['b.txt', [{ doc: 1, start: 0, end: 5 }]])),
    ]);
  });
});

describe('agent, workflow, tools', () => {
  test.each([
    ["agent('p', { label: 'x', schema: {} })", { name: 'agent', prompt: 'p', opts: { label: 'x', schema: {} } }],
    ['agent(["look at ", context])', { name: 'agent', prompt: ['look at ', span(0, 110_000)], opts: null }],
    ["workflow('audit', { n: 1 })", { name: 'workflow', ref: 'audit', args: { n: 1 } }],
    ["workflow({ scriptPath: 'a.js' })", { name: 'workflow', ref: { scriptPath: 'a.js' }, args: undefined }],
    ["workflow({ source: 'return 1' })", { name: 'workflow', ref: { source: 'return 1' }, args: undefined }],
    [
      "workflow('const a = 1\\nreturn a')",
      { name: 'workflow', ref: { source: 'const a = 1\nreturn a' }, args: undefined },
    ],
    [
      "workflow('export const meta = {}')",
      { name: 'workflow', ref: { source: 'export const meta = {}' }, args: undefined },
    ],
    ["tools.find({ q: 'x' })", { name: 'tool', tool: 'find', args: { q: 'x' } }],
    ['tools.find()', { name: 'tool', tool: 'find', args: null }],
  ])('%s', (code, call) => {
    expect(callsOf(`await ${code}`, options(BIG, { tools: [{ name: 'find', description: '' }] }))).toEqual([call]);
  });

  test('parallel and pipeline run over calls; what became null is printed', () => {
    const code = `const r = await parallel([() => llm_query('a'), () => { throw new Error('no') }]);
      const p = await pipeline([1, 2], (n) => agent('p' + n), (v) => v + '!'); [r, p]`;
    const end = new Session().play(code);
    expect(outputOf(end)).toBe('parallel[1] failed: no\n[["<\\"a\\">", null], ["<agent>!", "<agent>!"]]\n');
  });
});

describe('wrong arguments fail the call with what is wrong', () => {
  test.each([
    ['llm_query(42)', 'got a number'],
    ['llm_query()', 'got undefined'],
    ['llm_query("")', 'empty'],
    ['llm_query(Promise.resolve("x"))', 'got a Promise'],
    ['llm_query(["a", 1])', '[1] is a string, a text'],
    ['llm_query("q", { schema: 5 })', 'opts.schema is no object'],
    ['llm_query("q", { model: 5 })', 'opts.model is 5'],
    ['llm_query("q", { maxOutputTokens: -1 })', 'above 0'],
    ['llm_query("q", { budget: 5 })', 'opts.budget'],
    ['llm_query("q", { budget: { calls: 1.5 } })', 'opts.budget.calls'],
    ['llm_query("q", { get label() { throw new Error("mine") } })', 'mine'],
    ['llm_query_batched("x")', 'takes an array, got a string'],
    ['llm_query_batched(["a", 5])', 'Item 1'],
    ['llm_query_batched(["a", ""])', 'Item 1'],
    ['llm_query_batched(["a"], ["1", "2"])', '1 prompts and 2 contents'],
    ['llm_query_batched(Array.from({ length: 10001 }, () => "x"))', `at most ${REPL.batchItems} items, got 10001`],
    ['rlm_query(5)', 'the question of rlm_query()'],
    ['const c = {}; c.c = c; await rlm_query("q", c)', 'cycle'],
    ['rlm_query("q", { later: Promise.resolve(1) })', 'context.later is a Promise'],
    ['agent("p", [])', 'as an object'],
    ['workflow(5)', 'got a number'],
  ])('%s', (code, part) => {
    const end = new Session().play(code.includes('await') ? code : `await ${code}`);
    expect(end.asked.map(({ name }) => name)).toEqual(['wrong']);
    expect(end.error?.message).toContain(part);
    expect(end.error).toMatchObject({
      code: expect.stringMatching(/^BRAID_(OPTION|SCRIPT_VALUE)$/) as string,
      line: 1,
    });
  });

  test(`more than ${REPL.callsPerTurn} calls at once: the rest fails, the first ones stand`, () => {
    const end = new Session().cell(
      'const all = []; for (let i = 0; i < 5000; i++) all.push(llm_query("q" + i).catch((e) => e.code)); await Promise.all(all)',
    );
    const names = end.calls.map(({ name }) => name);
    expect(names.filter((name) => name === 'llm')).toHaveLength(REPL.callsPerTurn);
    expect(names.filter((name) => name === 'wrong')).toHaveLength(5000 - REPL.callsPerTurn);
  });

  test('a list that is too long for parallel() is an error of the cell', () => {
    const end = new Session().cell(`await parallel(Array.from({ length: ${LIMITS.maxItems + 1} }, () => () => 1))`);
    expect(end.error?.code).toBe('BRAID_TOO_MANY_ITEMS');
  });

  test.each([
    ['await fetch("https://example.org")', 'llm_query'],
    ['require("fs")', 'no modules'],
    ['setInterval(() => 1, 5)', 'no clock'],
    ['process.exit()', 'process'],
  ])('%s says what there is', (code, part) => {
    const end = new Session().cell(code);
    expect(end.error?.message).toContain(part);
  });
});

test('an object that looks like a reference is plain data, and never becomes one', () => {
  const session = new Session(options(BIG));
  const calls: GuestCall[] = session.cell(
    'await Promise.all([rlm_query("q", { $text: [0, 0, 5] }), llm_query("p", { schema: { $text: [9, 9, 9] } }), agent("a", { $text: [0, 0, 1] })])',
  ).calls;
  expect(calls).toMatchObject([
    { items: [{ context: { kind: 'value', value: { $text: [0, 0, 5] } } }] },
    { items: [{ options: { schema: { $text: [9, 9, 9] } } }] },
    { opts: { $text: [0, 0, 1] } },
  ]);
});
