import { describe, expect, test } from 'vitest';
import { isBraidError } from '../../../protocol/errors.ts';
import { MessageParser } from '../../../sandbox/messages.ts';
import { codeOf } from './kit.ts';

const parse = (...texts: string[]) => {
  const parser = new MessageParser();
  return texts.map((text) => parser.parse(text)).at(-1);
};
const call = (members: string) => `{"type":"call","id":1,"name":"agent","args":["p",null],"phase":null${members}}`;

describe('forged messages are BRAID_SANDBOX_PROTOCOL (W4)', () => {
  test.each([
    'x',
    '',
    '1',
    'null',
    '[]',
    '"done"',
    '{}',
    '{"type":1}',
    '{"type":"exec"}',
    '{"type":"__proto__"}',
    '{"type":"call","id":0,"name":"agent","args":["p",null],"phase":null}',
    '{"type":"call","id":-1,"name":"agent","args":["p",null],"phase":null}',
    '{"type":"call","id":1.5,"name":"agent","args":["p",null],"phase":null}',
    '{"type":"call","id":"1","name":"agent","args":["p",null],"phase":null}',
    '{"type":"call","id":1e300,"name":"agent","args":["p",null],"phase":null}',
    '{"type":"call","id":1,"name":"constructor","args":["p",null],"phase":null}',
    '{"type":"call","id":1,"name":"agent","args":["p"],"phase":null}',
    '{"type":"call","id":1,"name":"agent","args":["p",[]],"phase":null}',
    '{"type":"call","id":1,"name":"agent","args":["p","x"],"phase":null}',
    '{"type":"call","id":1,"name":"agent","args":[{},null],"phase":null}',
    '{"type":"call","id":1,"name":"agent","args":{"0":"p","1":null,"length":2},"phase":null}',
    '{"type":"call","id":1,"name":"agent","args":["p",null]}',
    '{"type":"call","id":1,"name":"agent","args":["p",null],"phase":7}',
    '{"type":"call","id":1,"name":"sleep","args":["1"],"phase":null}',
    '{"type":"call","id":1,"name":"sleep","args":[-1],"phase":null}',
    '{"type":"call","id":1,"name":"sleep","args":[null],"phase":null}',
    '{"type":"call","id":1,"name":"workflow","args":[7],"phase":null}',
    '{"type":"call","id":1,"name":"workflow","args":["a",1,2],"phase":null}',
    '{"type":"drop","id":1}',
    '{"type":"drop","id":"1"}',
    '{"type":"phase","title":null}',
    '{"type":"log","level":"fatal","text":"x"}',
    '{"type":"log","level":"log","text":{}}',
    '{"type":"done"}',
    '{"type":"done","value":1,"warning":2}',
    '{"type":"fail","error":"x"}',
    '{"type":"fail","error":{"name":"E","message":1,"stack":""}}',
    '{"type":"fail","error":{"name":"E","message":"m","stack":"","code":7}}',
  ])('%s', (text) => expect(codeOf(() => parse(text))).toBe('BRAID_SANDBOX_PROTOCOL'));

  test('an id is never used twice, nor one below the last (P2)', () => {
    expect(codeOf(() => parse(call(''), call('')))).toBe('BRAID_SANDBOX_PROTOCOL');
    expect(codeOf(() => parse(call('').replace('"id":1', '"id":5'), call('').replace('"id":1', '"id":4')))).toBe(
      'BRAID_SANDBOX_PROTOCOL',
    );
    expect(parse(call(''), '{"type":"drop","id":1}')).toEqual({ type: 'drop', id: 1 });
  });
});

test('nothing but the known members survives (P1)', () => {
  expect(parse(call(',"extra":1,"__proto__":{"a":1}'))).toEqual({
    type: 'call',
    id: 1,
    name: 'agent',
    args: ['p', null],
    phase: null,
  });
  const fail = parse('{"type":"fail","error":{"name":"E","message":"m","stack":"s","line":"9","nonRetryable":true}}');
  expect(fail).toEqual({ type: 'fail', error: { name: 'E', message: 'm', stack: 's' } });
});

test.each(['"__proto__"', '"\\u005f_proto__"', '"__pr\\u006Fto__"'])(
  'a member named %s is dropped at any depth (P3)',
  (key) => {
    const message = parse(`{"type":"done","value":{"a":[{${key}:{"polluted":1},"b":2}]}}`);
    expect(message).toEqual({ type: 'done', value: { a: [{ b: 2 }] } });
    expect(JSON.stringify(message)).not.toContain('polluted');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  },
);

test('1,000 levels pass, more do not (P3)', () => {
  const nested = (depth: number) => `{"type":"done","value":${'['.repeat(depth)}${']'.repeat(depth)}}`;
  expect(parse(nested(999))).toMatchObject({ type: 'done' });
  expect(codeOf(() => parse(nested(1_001)))).toBe('BRAID_SCRIPT_VALUE');
  expect(codeOf(() => parse(nested(1_000_000)))).toBe('BRAID_SCRIPT_VALUE');
});

test('the messages name what is wrong', () => {
  try {
    parse('{"type":"exec"}');
    expect.unreachable();
  } catch (error) {
    expect(isBraidError(error) && error.message).toContain('unknown type "exec"');
  }
});
