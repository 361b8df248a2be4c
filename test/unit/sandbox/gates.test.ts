import { describe, expect, test } from 'vitest';
import { codeOf, open, play, run, START, valueOf, type Call } from './kit.ts';
import { MessageParser } from '../../../sandbox/messages.ts';

const calls = (source: string) => run(source).filter((message): message is Call => message.type === 'call');
const caught = (expression: string) =>
  valueOf(`try { await ${expression} } catch (error) { return error.code + ' ' + error.message }`);

describe('ask(), approve() and call()', () => {
  test('post what they were given', () => {
    const source = `ask('q'); ask('q', {schema: {type: 'string'}, default: null, timeout: undefined})
approve('w'); approve('w', [1], {timeout: 5}); call('n'); call('n', {a: 1}); call('n', null); await 0`;
    expect(calls(source).map(({ name, args }) => [name, args])).toEqual([
      ['ask', ['q', null]],
      ['ask', ['q', { schema: { type: 'string' }, default: null }]],
      ['approve', ['w', null, null]],
      ['approve', ['w', [1], { timeout: 5 }]],
      ['call', ['n', null]],
      ['call', ['n', { a: 1 }]],
      ['call', ['n', null]],
    ]);
  });

  test.each([
    [`ask(7)`, /^BRAID_OPTION ask\(\) takes its question as a string, got a number/],
    [`ask('')`, /^BRAID_OPTION .*an empty one/],
    [`ask('q', 'x')`, /^BRAID_OPTION ask\(\) takes its options as an object, got a string/],
    [`ask('q', [])`, /^BRAID_OPTION .*got an array/],
    [`approve()`, /^BRAID_OPTION .*got undefined/],
    [`approve('w', 1n)`, /^BRAID_SCRIPT_VALUE details is a BigInt/],
    [`call()`, /^BRAID_OPTION call\(\) takes a name as a string, got undefined/],
    [`call('n', {f: 1n})`, /^BRAID_SCRIPT_VALUE args.f is a BigInt/],
  ])('%s is refused', (expression, message) => expect(caught(expression)).toMatch(message));

  test('an answer is the value as it is; a failure is thrown at the call', () => {
    const answers = (call: Call) => (call.name === 'ask' ? { code: 1, outcome: 2 } : new Error('nobody'));
    const story = play(
      `const a = await ask('q'); try { await approve('w') } catch (e) { return [a, e.code, e.message] }`,
      answers,
    );
    expect(story.at(-1)).toEqual({
      type: 'done',
      value: [{ code: 1, outcome: 2 }, 'BRAID_BUDGET_EXHAUSTED', 'nobody'],
    });
  });

  test('call() gives a value, null for a call that died, throws when the host says so, and leaves outcomes', () => {
    const base = {
      reason: null,
      error: null,
      usage: null,
      replayed: false,
      degraded: false,
      ms: 0,
      throws: false,
      outcome: null,
    };
    const outcome = { address: 'agent:1' };
    const error = { code: 'BRAID_CALL_SCHEMA', message: 'no' };
    const results = [
      { ...base, ok: true, value: 7 },
      { ...base, ok: false, value: null, outcome },
      { ...base, ok: false, value: null, outcome, error, throws: true },
    ];
    const source = `const r = [await call('a'), await call('b')]; try { await call('c') } catch (e) { return [...r, e.code, outcomes().length] }`;
    const story = play(source, () => results.shift() as never);
    expect(story.at(-1)).toEqual({ type: 'done', value: [7, null, 'BRAID_CALL_SCHEMA', 2] });
  });

  test('patched built-ins change nothing of what is posted', () => {
    const patch =
      'String.prototype.concat = Array.prototype.push = Array.prototype[Symbol.iterator] = () => { throw 1 };';
    const source = `${patch} Object.prototype.toJSON = () => 'forged'; ask('q'); approve('w'); call('n'); await 0`;
    expect(calls(source).map(({ args }) => args[0])).toEqual(['q', 'w', 'n']);
  });
});

describe('phase() and budget', () => {
  test('the budget of a phase goes to the host as it is', () => {
    const said = run(
      `phase('A'); phase('B', {budget: {calls: 3}}); phase('C', {detail: 'x'}); phase('D', 'x'); await 0`,
    );
    expect(said.filter(({ type }) => type === 'phase')).toEqual([
      { type: 'phase', title: 'A' },
      { type: 'phase', title: 'B', budget: { calls: 3 } },
      { type: 'phase', title: 'C' },
      { type: 'phase', title: 'D' },
    ]);
  });

  test('DW-30: calls, usd and time have total, spent() and remaining(), which also read as numbers', () => {
    const start = {
      ...START,
      spent: 5,
      calls: 3,
      usd: 0.5,
      ms: 1_000,
      total: 8,
      totals: { calls: 10, usd: 2, ms: null },
    };
    const source = `const { calls, usd, time } = budget
return [calls.total, calls.spent(), calls.remaining(), calls.spent + 1, calls.remaining > 6, usd.total, usd.remaining(), time.total,
  time.spent(), time.remaining(), \`\${usd.spent}\`, JSON.parse(JSON.stringify(budget))]`;
    expect(valueOf(source, { start })).toEqual([
      ...[10, 3, 7, 4, true, 2, 1.5, null, 1_000, null, '0.5'],
      {
        ...{ total: 8, spent: 5, remaining: 3 },
        calls: { total: 10, spent: 3, remaining: 7 },
        usd: { total: 2, spent: 0.5, remaining: 1.5 },
        time: { total: null, spent: 1_000, remaining: null },
      },
    ]);
  });

  test('an unknown price is null, and each settlement brings the pools up to date (W3)', () => {
    const sandbox = open({ start: { ...START, totals: { calls: null, usd: 1, ms: null } } });
    const [call] = sandbox.run(
      `await sleep(1); return [budget.usd.spent(), budget.usd.remaining(), budget.calls.spent()]`,
      's.js',
    );
    const id = call?.type === 'call' ? call.id : 0;
    const said = sandbox.settle({ id, ok: true, value: null, now: 1, spent: 2, calls: 9, usd: null, ms: 4 });
    expect(said).toEqual([{ type: 'done', value: [null, null, 9] }]);
  });

  test('budget cannot be changed by the script', () => {
    expect(
      valueOf(
        `'use strict'; try { budget.calls.total = 9 } catch {} try { budget.usd = 1 } catch {} return [budget.calls.total, typeof budget.usd]`,
      ),
    ).toEqual([null, 'object']);
  });
});

describe('forged messages of the new calls are BRAID_SANDBOX_PROTOCOL (W4)', () => {
  const parse = (name: string, args: string) =>
    new MessageParser().parse(`{"type":"call","id":1,"name":"${name}","args":${args},"phase":null}`);

  test.each([
    ['ask', '["q"]'],
    ['ask', '[7,null]'],
    ['ask', '["q",[]]'],
    ['ask', '["q","x"]'],
    ['ask', '["q",null,null]'],
    ['approve', '["w",null]'],
    ['approve', '["w",null,[]]'],
    ['approve', '[{},null,null]'],
    ['call', '["n"]'],
    ['call', '[null,null]'],
    ['call', '["n",1,2]'],
  ])('%s %s', (name, args) => expect(codeOf(() => parse(name, args))).toBe('BRAID_SANDBOX_PROTOCOL'));
});
