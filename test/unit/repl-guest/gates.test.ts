import { expect, test } from 'vitest';
import { isBraidError } from '../../../protocol/errors.ts';
import { parseCall } from '../../../sandbox/repl/calls.ts';
import { options, outputOf, Session, STATE } from './kit.ts';

test('ask(), approve() and call() are calls of a cell', () => {
  const session = new Session(options('some context'));
  const { asked, ...end } = session.play(
    `const a = ask('Who?', {schema: {type: 'string'}}); const b = await approve('Sure?', {n: 1n, s: new Set([1])}, {timeout: '1h'})
[await a, b, await call('critic', context.slice(0, 4)), await call('n')]`,
    (call) => (call.name === 'approve' ? true : `<${call.name}>`),
  );
  expect(asked.map(({ id: _id, ...call }) => call)).toEqual([
    { name: 'ask', question: 'Who?', opts: { schema: { type: 'string' } } },
    { name: 'approve', what: 'Sure?', details: { n: '1', s: [1] }, opts: { timeout: '1h' } },
    { name: 'call', callee: 'critic', args: 'some' },
    { name: 'call', callee: 'n', args: null },
  ]);
  expect([end.state, end.error]).toEqual(['idle', null]);
});

test.each([`ask(7)`, `ask('')`, `ask('q', 5)`, `approve('w', undefined, [])`, `call(null)`])(
  '%s fails with what is wrong',
  (code) => {
    const { asked } = new Session().play(`try { await ${code} } catch (e) { print(e.code) }`);
    expect(asked).toMatchObject([{ name: 'wrong', error: { code: 'BRAID_OPTION' } }]);
  },
);

test.each<[string, never[]]>([
  ['ask', [1, null] as never[]],
  ['ask', ['q', []] as never[]],
  ['approve', ['w', null] as never[]],
  ['approve', ['w', undefined, null] as never[]],
  ['call', ['n'] as never[]],
  ['call', [null, null] as never[]],
])('a forged %s ends the guest', (name, args) => {
  const forged = (): string | null => {
    try {
      parseCall(1, name, args, { texts: [], tools: [] });
      return null;
    } catch (error) {
      return isBraidError(error) ? error.code : String(error);
    }
  };
  expect(forged()).toBe('BRAID_SANDBOX_PROTOCOL');
});

test('DW-30: budget.calls, budget.usd and budget.time in cells', () => {
  const state = { ...STATE, callsLeft: 7, calls: 3, usd: 0.5, ms: 100, totals: { calls: 10, usd: null, ms: 400 } };
  const code = `const {calls, usd, time} = budget
print([calls.total, calls.spent(), calls.remaining(), usd.total, usd.spent(), usd.remaining(), time.remaining()].join())`;
  expect(outputOf(new Session().cell(code, state))).toContain('10,3,7,,0.5,Infinity,300');
});
