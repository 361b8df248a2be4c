import { describe, expect, test } from 'vitest';
import { REPL_SANDBOX } from '../../../protocol/limits.ts';
import { codeOf, options, outputOf, Session, shown, STATE } from './kit.ts';

describe('turns', () => {
  test('a cell that waits goes on when its call is settled, in the same state', () => {
    const session = new Session();
    expect(session.cell('const a = await llm_query("x"); print(a)')).toMatchObject({ state: 'waiting', variables: [] });
    const end = session.settle({ id: 1, ok: true, value: 'v' });
    expect(end).toMatchObject({ state: 'idle', calls: [], error: null });
    expect(outputOf(end)).toBe('v\n');
  });

  test('settlements come one at a time, with all jobs between them, also when given together (R2)', () => {
    const code =
      'const seen = []; await Promise.all([1, 2, 3].map(async (n) => { seen.push(await llm_query("q" + n)); await 0; await 0; seen.push(n) })); seen';
    const together = new Session();
    together.cell(code);
    const all = [3, 1, 2].map((id) => ({ id, ok: true as const, value: `v${id}` }));
    const one = new Session();
    one.cell(code);
    for (const settlement of all.slice(0, 2)) one.settle(settlement);
    const expected = '["v3", 3, "v1", 1, "v2", 2]\n';
    expect(outputOf(together.settle(...all))).toBe(expected);
    expect(outputOf(one.settle(...all.slice(2)))).toBe(expected);
  });

  test('a cell has not ended while a call is open that nobody awaits: nothing paid is lost (R1)', () => {
    const session = new Session();
    const code = 'let got; (async () => { got = await llm_query("x") })(); FINAL("f"); "value"';
    expect(session.cell(code)).toMatchObject({ state: 'waiting', final: null, output: { chars: 0 } });
    const end = session.settle({ id: 1, ok: true, value: 'v' });
    expect(end).toMatchObject({ state: 'idle', final: { value: 'f' } });
    expect(outputOf(end)).toBe('value\n');
    expect(outputOf(session.cell('got'))).toBe('v\n');
  });

  test('so it is when the cell has thrown', () => {
    const session = new Session();
    expect(
      session.cell('const p = (async () => { globalThis.got = await llm_query("x") })(); throw new Error("e")').state,
    ).toBe('waiting');
    expect(session.settle({ id: 1, ok: true, value: 1 })).toMatchObject({ state: 'idle', error: { message: 'e' } });
  });

  test('a cell that waits for what never comes ends with an error', () => {
    const session = new Session();
    const end = session.cell('FINAL("x"); print("p"); await new Promise(() => {})');
    expect(end).toMatchObject({ state: 'idle', final: null, error: { code: 'BRAID_SCRIPT_STUCK', line: null } });
    expect(outputOf(end)).toBe('p\n');
    expect(outputOf(session.cell('1'))).toBe('1\n');
  });

  test('what an abandoned or stuck cell does later is no end of a later one', () => {
    const session = new Session();
    session.cell('let go; await new Promise((r) => { go = r }); FINAL("stale"); throw new Error("old")');
    const end = session.cell('go(); await llm_query("x"); "new"');
    expect(end.state).toBe('waiting');
    expect(session.settle({ id: 1, ok: true, value: 1 })).toMatchObject({ state: 'idle', error: null });
  });

  test('abandon gives the waiting cell up; late settlements are ignored; a new cell runs', () => {
    const session = new Session();
    session.cell('print("p"); let v = "unset"; v = await llm_query("x"); FINAL(v)');
    const end = session.abandon();
    expect(end).toMatchObject({ state: 'idle', error: null, final: null, calls: [] });
    expect(outputOf(end)).toBe('p\n');
    expect(session.settle({ id: 1, ok: true, value: 'late' })).toMatchObject({ state: 'idle', final: null });
    expect(outputOf(session.cell('v'))).toBe('unset\n');
  });

  test('a second settlement of a call and one of an unknown call change nothing', () => {
    const session = new Session();
    session.cell('const a = await llm_query("x"); const b = await llm_query("y"); [a, b]');
    const first = session.settle(
      { id: 9, ok: true, value: 0 },
      { id: 1, ok: true, value: 1 },
      { id: 1, ok: true, value: 2 },
    );
    expect(first.calls.map(({ id }) => id)).toEqual([2]);
    expect(outputOf(session.settle({ id: 2, ok: true, value: 3 }))).toBe('[1, 3]\n');
  });

  test('a cell while another one waits is a mistake of the host', () => {
    const session = new Session();
    session.cell('await llm_query("x")');
    expect(codeOf(() => session.cell('1'))).toBe('BRAID_INTERNAL');
  });

  test('wants each answer at once while a pipeline is open', () => {
    const session = new Session();
    expect(session.cell('const r = await pipeline(["a"], (x) => llm_query(x)); await llm_query("z")').eager).toBe(true);
    expect(session.settle({ id: 1, ok: true, value: 'v' }).eager).toBe(false);
  });

  test('a value that is too deep fails its call, not the guest', () => {
    const session = new Session();
    session.cell('try { await llm_query("x") } catch (e) { print(e.code) }');
    const deep = JSON.parse('['.repeat(3000) + ']'.repeat(3000)) as never;
    expect(outputOf(session.settle({ id: 1, ok: true, value: deep }))).toBe('BRAID_SCRIPT_VALUE\n');
  });
});

describe('what the turn says', () => {
  test('time stands still within it', () => {
    const session = new Session();
    expect(outputOf(session.cell('[Date.now(), now(), new Date().getTime()]', { now: 5 }))).toBe('[5, 5, 5]\n');
    expect(outputOf(session.cell('Date.now()', { now: 6 }))).toBe('6\n');
  });

  test('budget tells what is left, as an object and as a function', () => {
    const session = new Session();
    const state = { total: 100, spent: 30, iterationsLeft: 4, callsLeft: 7 };
    const code =
      '[budget.total, budget.spent(), budget.remaining(), budget.iterationsLeft(), budget.callsLeft(), budget.calls.remaining(), budget().remaining]';
    expect(outputOf(session.cell(code, state))).toBe('[100, 30, 70, 4, 7, 7, 70]\n');
    expect(outputOf(session.cell('[budget.total, budget.remaining(), budget.callsLeft()]'))).toBe(
      '[null, Infinity, Infinity]\n',
    );
  });

  test('randomness comes from the seed', () => {
    const numbers = (seed: string): string =>
      shown('[Math.random(), random(), Math.random()]', options(undefined, { seed }));
    expect(numbers('a')).toBe(numbers('a'));
    expect(numbers('a')).not.toBe(numbers('b'));
  });

  test('sleep goes on at once, timers run in the order of their delays when all else has, with a hint', () => {
    const code = `setTimeout(() => print('late'), 1000); setTimeout((x) => print(x), 5, 'early');
      const t = setTimeout(() => print('never')); clearTimeout(t); print('a'); await sleep(1e9); print('b')`;
    const end = new Session().cell(code);
    expect(outputOf(end)).toBe('a\nb\nearly\nlate\n');
    expect(end.hints).toHaveLength(1);
    expect(outputOf(new Session().cell('setTimeout(() => { throw new Error("t") })'))).toContain(
      'Uncaught in setTimeout(): t',
    );
    expect(outputOf(new Session().cell('await new Promise((done) => setTimeout(done, 100)); "after"'))).toBe('after\n');
  });

  test('the question is there, by reference when it is long', () => {
    expect(shown('question')).toBe('What?\n');
  });
});

test('equal turns give equal ends, gas and memory (R4)', () => {
  const run = (): unknown[] => {
    const session = new Session(options('text '.repeat(10_000)));
    const ends = [
      session.cell(
        'const r = await llm_query_batched(context.chunks(2e4)); print(r.length, Math.random(), Object.keys(globalThis))',
      ),
      session.settle({ id: 1, ok: true, value: ['a', 'b', 'c'] }),
      session.cell('r.map((x) => x + x)', { now: STATE.now + 5 }),
    ];
    return [ends, session.guest.gasUsed, session.guest.memoryBytes, session.guest.snapshot()];
  };
  expect(run()).toEqual(run());
});

test('gas is counted over turns and bounded over the session', () => {
  const session = new Session(options(undefined, { limits: { ...REPL_SANDBOX, gasTotal: 3_000_000 } }));
  session.cell('1');
  expect(session.guest.gasUsed).toBeGreaterThan(1_000);
  expect(codeOf(() => session.cell('for (let i = 0; i < 1e7; i++);'))).toBe('BRAID_SANDBOX_GAS');
  expect(session.guest.closed).toBe(true);
  expect(codeOf(() => session.cell('1'))).toBe('BRAID_INTERNAL');
});
