import { describe, expect, test } from 'vitest';
import { died, failureOf, gave, lines, open, play, resultOf, run, START, valueOf } from './kit.ts';

describe('agent()', () => {
  test('asks with prompt, options and the current phase, and gives the value (DW-10, DW-24)', () => {
    const story = play("phase('Find'); return await agent('look', { label: 'x', schema: { type: 'object' } })", () =>
      gave({ n: 1 }),
    );
    expect(story[1]).toEqual({
      type: 'call',
      id: 1,
      name: 'agent',
      args: ['look', { label: 'x', schema: { type: 'object' } }],
      phase: 'Find',
    });
    expect(resultOf(story)).toEqual({ n: 1 });
  });

  test('gives null for a dead call and lists its outcome (DW-14)', () => {
    const story = play("const a = await agent('x'); return [a, outcomes()]", () => died({ label: 'dead' }));
    expect(resultOf(story)).toEqual([null, [died({ label: 'dead' }).outcome]]);
  });

  test('throws with the code and the place of the call when the host says so', () => {
    const story = play("const x = 1;\n  await agent('x')", () => died({ throws: true }));
    expect(story.at(-1)).toMatchObject({
      type: 'fail',
      error: { code: 'BRAID_PROVIDER_FAILED', message: 'no luck', line: 2 },
    });
  });

  test('a refused call rejects with its code, catchable by the script', () => {
    const story = play(
      "try { await agent('x') } catch (e) { return [e.code, e.message, e instanceof Error] }",
      () => new Error('spent'),
    );
    expect(resultOf(story)).toEqual(['BRAID_BUDGET_EXHAUSTED', 'spent', true]);
  });

  test.each([
    ['agent(42)', 'BRAID_OPTION', 'a number'],
    ['agent()', 'BRAID_OPTION', 'undefined'],
    ["agent(['x'])", 'BRAID_OPTION', 'an array'],
    ["agent('x', 'label')", 'BRAID_OPTION', 'a string'],
    ["agent('x', [])", 'BRAID_OPTION', 'an array'],
    ["agent('x', { toJSON: () => 5 })", 'BRAID_OPTION', 'toJSON'],
    ["const o = {}; o.schema = { o }; await agent('x', o)", 'BRAID_SCRIPT_VALUE', 'opts.schema.o is a cycle'],
    ["agent('x', { a: [1n] })", 'BRAID_SCRIPT_VALUE', 'opts.a[0] is a BigInt'],
    ['workflow(5)', 'BRAID_OPTION', 'a number'],
  ])('%s fails with %s', (call, code, part) => {
    const error = failureOf(call.includes('await') ? call : `await ${call}`);
    expect(error.code).toBe(code);
    expect(error.message).toContain(part);
    expect(error.line).toBe(1);
  });

  test('agentResult() never throws (DW-14)', () => {
    const source = "return [await agentResult('a'), await agentResult('b'), (await agentResult(1)).error.code]";
    const [ok, bad, wrong] = resultOf(
      play(source, (call) => (call.args[0] === 'a' ? gave('v') : new Error('spent'))),
    ) as object[];
    expect(ok).toEqual({
      ok: true,
      value: 'v',
      reason: null,
      error: null,
      usage: gave(1).usage,
      replayed: false,
      degraded: false,
      ms: 5,
    });
    expect(bad).toMatchObject({
      ok: false,
      value: null,
      reason: 'error',
      error: { code: 'BRAID_BUDGET_EXHAUSTED', message: 'spent' },
    });
    expect(wrong).toBe('BRAID_OPTION');
  });
});

describe('workflow()', () => {
  test('passes the reference and args only when given (DW-25)', () => {
    const story = run("workflow('a'); workflow({ scriptPath: 'b.js', other: 1 }, { n: 1 }); workflow('c', null)");
    expect(story.flatMap((m) => (m.type === 'call' ? [m.args] : []))).toEqual([
      ['a'],
      [{ scriptPath: 'b.js' }, { n: 1 }],
      ['c', null],
    ]);
  });

  test('resolves to the value', () => {
    expect(resultOf(play("return await workflow('a')", () => ({ any: 1 })))).toEqual({ any: 1 });
  });
});

describe('state that comes with settlements (W3)', () => {
  test('budget, now() and spent() change only there (DW-30)', () => {
    const source =
      "const before = [now(), budget.spent(), budget.remaining(), budget.total]; await agent('x'); return [before, now(), budget.spent(), budget.remaining()]";
    const story = play(source, () => gave(1), { start: { total: 10, spent: 4 } });
    expect(resultOf(story)).toEqual([[START.now, 4, 6, 10], START.now + 1, 1, 9]);
  });

  test('without a total remaining() is Infinity and never below zero with one', () => {
    expect(valueOf('return [budget.total, budget.remaining() === Infinity]')).toEqual([null, true]);
    expect(valueOf('return budget.remaining()', { start: { total: 3, spent: 9 } })).toBe(0);
  });

  test('args is the JSON value, undefined when omitted (DW-04)', () => {
    expect(valueOf('return [args.a, typeof args]', { start: { args: { a: [1] } } })).toEqual([[1], 'object']);
    expect(valueOf('return typeof args')).toBe('undefined');
    expect(valueOf('return args', { start: { args: null } })).toBeNull();
  });

  test('a settlement for an unknown or settled id changes nothing', () => {
    const sandbox = open();
    sandbox.run("return await agent('x')", 's.js');
    expect(sandbox.settle({ id: 99, ok: true, value: 1, now: 1, spent: 0 })).toEqual([]);
    expect(sandbox.closed).toBe(false);
    expect(sandbox.settle({ id: 1, ok: true, value: gave('v'), now: 1, spent: 0 })).toEqual([
      { type: 'done', value: 'v' },
    ]);
    expect(sandbox.closed).toBe(true);
  });
});

test('log() and console write lines; phase() needs a title', () => {
  const story = run(
    "log('a', { b: 1 }); console.warn([1], undefined, 2n); console.error(new Error('e')); phase('P'); phase()",
  );
  expect(lines(story)).toEqual(['a {"b":1}', '[1] undefined 2', 'Error: e']);
  expect(story.at(-1)).toMatchObject({ type: 'fail', error: { code: 'BRAID_OPTION' } });
});
