import { describe, expect, test } from 'vitest';
import { MessageParser } from '../../../sandbox/messages.ts';
import { parseCall } from '../../../sandbox/repl/calls.ts';
import { outputOf, Session } from '../repl-guest/kit.ts';
import { codeOf, play, valueOf, type Call } from './kit.ts';

describe('agents() and describe() of a script', () => {
  test('are calls, whose answers are given as they are', () => {
    const story = play(
      `const [one] = await agents(); const told = await describe(one.name); const agents2 = 1
return [one, told.cost.calls, typeof agents, typeof describe]`,
      ({ args }: Call) => (args[0] === null ? [{ name: 'critic' }] : { name: String(args[0]), cost: { calls: 3 } }),
    );
    expect(story.flatMap((message) => (message.type === 'call' ? [[message.name, message.args]] : []))).toEqual([
      ['describe', [null]],
      ['describe', ['critic']],
    ]);
    expect(story.at(-1)).toMatchObject({ type: 'done', value: [{ name: 'critic' }, 3, 'function', 'function'] });
  });

  test('a variable of the script may have their names', () =>
    expect(valueOf('const agents = [1], describe = 2; return [agents, describe]')).toEqual([[1], 2]));

  test.each(['describe()', "describe('')", 'describe(7)', 'describe({})'])('%s says what is wrong', (code) =>
    expect(valueOf(`try { await ${code} } catch (error) { return error.code }`)).toBe('BRAID_OPTION'),
  );

  test('a forged one is refused', () => {
    const parse = (args: unknown) => () =>
      new MessageParser().parse(JSON.stringify({ type: 'call', id: 1, name: 'describe', args, phase: null }));
    for (const args of [[], [1], [null, null], [{}]]) expect(codeOf(parse(args))).toBe('BRAID_SANDBOX_PROTOCOL');
  });
});

describe('in cells', () => {
  test('they are calls as well', () => {
    const { asked, ...end } = new Session().play(`const a = await agents(); print(await describe('x')); print(a)`);
    expect(asked.map(({ id: _id, ...call }) => call)).toEqual([
      { name: 'describe', callee: null },
      { name: 'describe', callee: 'x' },
    ]);
    expect([end.state, end.error]).toEqual(['idle', null]);
  });

  test('variables of cells may have their names', () => {
    const session = new Session();
    session.play('const agents = [1, 2]; describe = 5');
    expect(outputOf(session.play('print(agents.length, describe)'))).toBe('2 5\n');
  });

  test('wrong and forged ones are told so', () => {
    const { asked } = new Session().play('try { await describe(7) } catch (e) { print(e.code) }');
    expect(asked).toMatchObject([{ name: 'wrong', error: { code: 'BRAID_OPTION' } }]);
    for (const args of [[], [7]]) {
      const forge = () => parseCall(1, 'describe', args, { texts: [], tools: [] });
      expect(codeOf(forge)).toBe('BRAID_SANDBOX_PROTOCOL');
    }
  });
});
