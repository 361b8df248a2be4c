import { describe, expect, test } from 'vitest';
import type { Json } from '../../../protocol/json.ts';
import { MessageParser } from '../../../sandbox/messages.ts';
import { codeOf, play, run, valueOf, type Call } from './kit.ts';

const P = { id: 'agent:1', overlay: 'a'.repeat(64), from: null, files: [] };
const Q = { ...P, id: 'agent:2', overlay: 'b'.repeat(64) };

/** What agent() is settled with. `patch` undefined: the agent only reads. */
const ended = (value: Json, patch?: Json): Json => ({
  ...{ ok: true, value, reason: null, error: null, usage: null, replayed: false, degraded: false, ms: 1 },
  ...{ throws: false, outcome: null },
  ...(patch === undefined ? {} : { patch }),
});

/** The script's value when every agent ends with `value` and `patch`. */
const after = (source: string, value: Json, patch?: Json) =>
  play(source, (call: Call) => (call.name === 'agent' ? ended(value, patch) : { patch: null, conflicts: [] })).at(-1);
const calls = (source: string) => run(source).filter((message): message is Call => message.type === 'call');
const caught = (expression: string) =>
  valueOf(`try { await ${expression} } catch (error) { return error.code + ' ' + error.message }`);

describe('what an agent gives', () => {
  test('a text of one that may change files carries its patch, and serves wherever a text does', () => {
    const source = `const r = await agent('x')
return [typeof r, r.patch.id, r.trim(), \`<\${r}>\`, r + '!', JSON.stringify({r}), Object.keys({...[r]}), r]`;
    expect(after(source, ' hi ', P)).toEqual({
      type: 'done',
      value: ['object', 'agent:1', 'hi', '< hi >', ' hi !', '{"r":" hi "}', ['0'], ' hi '],
    });
  });

  test('a text that carries a patch is a prompt, a question, a line of the log', () => {
    const source = `const r = await agent('x'); log(r); phase(r); await agent(r); return 1`;
    const told = play(source, () => ended('hi', P));
    expect(told.filter((message) => message.type === 'call').map(({ args }) => args[0])).toEqual(['x', 'hi']);
    expect(told.find((message) => message.type === 'log')).toMatchObject({ text: 'hi' });
    expect(told.find((message) => message.type === 'phase')).toMatchObject({ title: 'hi' });
  });

  test('an object carries it unseen by JSON; a member of its own stays what it is', () => {
    const source = `const r = await agent('x'); return [r.patch, Object.keys(r), JSON.stringify(r)]`;
    expect(after(source, { a: 1 }, null)).toMatchObject({ value: [null, ['a'], '{"a":1}'] });
    expect(after(source, { patch: 'mine' }, P)).toMatchObject({ value: ['mine', ['patch'], '{"patch":"mine"}'] });
  });

  test('of one that only reads it is the plain value as ever', () => {
    const source = `const p = agent('x'); const r = await p; return [typeof r, r.patch === undefined, await p.patch]`;
    expect(after(source, 'hi')).toMatchObject({ value: ['string', true, null] });
  });

  test('the promise of agent() has the patch, also of a call that failed, and is not enumerable', () => {
    const source = `const p = agent('x'); return [(await p.patch).id, Object.keys(p), (await p.patch).id]`;
    expect(after(source, 'hi', P)).toMatchObject({ value: ['agent:1', [], 'agent:1'] });
    expect(valueOf(`const p = agent(7); try { await p } catch {} return [await p.patch]`)).toEqual([null]);
  });

  test('agentResult() tells it beside a plain value, of agents that may change files only', () => {
    const source = `const r = await agentResult('x'); return [typeof r.value, r.patch?.id, 'patch' in r]`;
    expect(after(source, 'hi', P)).toMatchObject({ value: ['string', 'agent:1', true] });
    expect(after(source, 'hi')).toMatchObject({ value: ['string', null, false] });
  });
});

describe('on, merge() and keep()', () => {
  test('take patches, what has one, and pass over null', () => {
    const source = `const p = ${JSON.stringify(P)}, r = await agent('x')
agent('1', {on: p, label: 'l'}); agent('2', {on: [r, null, {patch: p, conflicts: []}, undefined]}); agent('3', {on: null})
merge([r, null, p]); merge([]); keep(r); keep({patch: null, conflicts: []}); keep(null); await 0`;
    const told = play(source, (call) => (call.args[0] === 'x' ? ended('hi', Q) : null));
    const asked = told.filter((message): message is Call => message.type === 'call').slice(1);
    expect(asked.map(({ name, args }) => [name, ...args])).toEqual([
      ['agent', '1', { on: [P], label: 'l' }],
      ['agent', '2', { on: [Q, P] }],
      ['agent', '3', { on: null }],
      ['merge', [Q, P]],
      ['merge', []],
    ]);
    expect(told.filter((message) => message.type === 'keep')).toEqual([
      { type: 'keep', patch: Q },
      { type: 'keep', patch: null },
      { type: 'keep', patch: null },
    ]);
  });

  test.each([
    [`merge(1)`, /^BRAID_OPTION merge\(\) takes an array of patches, got a number/],
    [`merge([1])`, /^BRAID_OPTION merge\(\) takes patches, got a number without one: only agents that may change/],
    [`merge([{a: 1}])`, /^BRAID_OPTION merge\(\) takes patches, got an object without one/],
    [`merge([agent('x')])`, /^BRAID_OPTION merge\(\) takes patches, got a Promise: await it first/],
    [`agent('x', {on: 'text'})`, /^BRAID_OPTION agent\(\): on takes patches, got a string/],
    [`(async () => keep())()`, /^BRAID_OPTION keep\(\) takes a patch, got undefined/],
  ])('%s is refused', (expression, message) => expect(caught(expression)).toMatch(message));

  test('patched built-ins change nothing about what is posted', () => {
    const source = `Array.prototype.push = Array.prototype.join = String.prototype.valueOf = () => { throw 1 }
Object.hasOwn = () => false; Object.defineProperty = () => { throw 1 }
merge([${JSON.stringify(P)}]); await 0`;
    expect(calls(source).map(({ args }) => args)).toEqual([[[P]]]);
  });
});

test('P1 forged messages of merge and keep end the guest', () => {
  const parse = (message: Json) => new MessageParser().parse(JSON.stringify(message));
  const call = { type: 'call', id: 1, name: 'merge', phase: null };
  expect(codeOf(() => parse({ ...call, args: ['x'] }))).toBe('BRAID_SANDBOX_PROTOCOL');
  expect(codeOf(() => parse({ ...call, args: [[], []] }))).toBe('BRAID_SANDBOX_PROTOCOL');
  expect(parse({ type: 'keep' })).toEqual({ type: 'keep', patch: null });
});
