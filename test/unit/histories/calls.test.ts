/** Which answers end a call that ran in its caller's history (X1, X2 of histories/journal/execution.ts). */
import { describe, expect, test } from 'vitest';
import type { Json } from '../../../protocol/json.ts';
import { Events, failure, key, misfit, said, submitted, tooFast, USAGE, World } from './world.ts';

const A = key('aa');
const B = key('bb');
const S = key('cc', { tries: 3 });

async function entriesOf(events: Events) {
  const world = new World();
  world.runs.set('run', events);
  return { world, words: await world.words('run') };
}

const script = () => new Events('script');

test('a text answer ends a call; its entry has what it cost, how long it took and who paid', async () => {
  const { world } = await entriesOf(script().ask(A, said('one')));
  const [entry] = await world.entries(await world.open('run'));
  expect(entry).toEqual({
    ...{ kind: 'call', ...A, label: 'aa', seq: 0, failed: null, stale: false, from: 'run', value: 'one', large: null },
    ...{ usage: USAGE, degraded: false, ms: 1_000, reads: [] },
  });
});

test('three voters with the same key stay three, also when one of them failed (J2)', async () => {
  const events = script();
  const sent = [1, 2, 3].map((ordinal) => events.send(key('aa', { ordinal })));
  events.answer(sent[2] ?? 0, said('third'));
  events.add({
    type: 'activityFailed',
    scheduledId: sent[1] ?? 0,
    failure: failure('application', 'BRAID_PROVIDER_FAILED'),
  });
  events.answer(sent[0] ?? 0, said('first'));
  const { world, words } = await entriesOf(events);
  expect(words).toEqual(['call aa.3="third"', 'call aa.2!BRAID_PROVIDER_FAILED', 'call aa="first"']);
  expect((await world.open('run')).calls).toBe(2);
});

test('order is that of completion', async () => {
  const events = script();
  const [a, b] = [events.send(A), events.send(B)];
  expect((await entriesOf(events.answer(b, said('b')).answer(a, said('a')))).words).toEqual([
    'call bb="b"',
    'call aa="a"',
  ]);
});

describe('text', () => {
  test.each<[string, Json[], string[]]>([
    ['waits are no answers', [tooFast(), tooFast(), said('at last')], ['call aa="at last"']],
    [
      'an answer that calls tools that are not there goes on',
      [said('', { toolCalls: [{}] }), said('ok')],
      ['call aa="ok"'],
    ],
    ['content that was cut', [said('I wo', { finish: 'content-filter' })], ['call aa!BRAID_PROVIDER_REFUSED']],
    ['a length that was cut is an answer', [said('I wo', { finish: 'length' })], ['call aa="I wo"']],
    ['only waits: open', [tooFast()], []],
    ['an answer that cannot be read here: open', [null], []],
  ])('%s', async (_name, answers, expected) => {
    const events = script();
    answers.forEach((answer, turn) => events.ask(A, answer, turn));
    expect((await entriesOf(events)).words).toEqual(expected);
  });
});

describe('structured output', () => {
  test.each<[string, Json[], string[]]>([
    ['first try', [submitted({ n: 1 })], ['call cc={"n":1}']],
    ['second try', [misfit(), submitted(2)], ['call cc=2']],
    ['last try: degraded', [misfit(), said('prose'), submitted(3)], ['call cc=3 degraded']],
    ['no try left', [misfit(), misfit(), misfit()], ['call cc!BRAID_CALL_SCHEMA']],
    ['turns used up', [misfit(), said('', { toolCalls: [{}] }), misfit()], ['call cc!BRAID_CALL_STEPS']],
    ['a turn with tools is no bad try', [said('', { toolCalls: [{}] }), misfit(), submitted(1)], ['call cc=1']],
    ['prose is no value', [said('{"n":1}')], []],
  ])('%s', async (_name, answers, expected) => {
    const events = script();
    answers.forEach((answer, turn) => events.ask(S, answer, turn));
    expect((await entriesOf(events)).words).toEqual(expected);
  });

  test('what all tries cost is one sum', async () => {
    const { world } = await entriesOf(script().ask(S, misfit()).ask(S, submitted(1), 1));
    expect((await world.entries(await world.open('run')))[0]?.usage).toEqual({
      inputTokens: 20,
      outputTokens: 4,
      usd: 1,
    });
  });
});

describe('X1', () => {
  test('a restarted call counts from its latest start, and answers from before belong to nobody', async () => {
    const events = script();
    const first = events.send(S);
    events.add({ type: 'activityCancelRequested', scheduledId: first });
    const second = events.send(S, 0);
    events.answer(first, submitted('old')).answer(second, submitted('new'));
    const { world, words } = await entriesOf(events);
    expect(words).toEqual(['call cc="new"']);
    expect((await world.entries(await world.open('run')))[0]?.usage).toEqual(USAGE);
  });

  test('an answer that came after the call was given up is paid for, so it counts', async () => {
    const events = script();
    const sent = events.send(A);
    events.add({ type: 'activityCancelRequested', scheduledId: sent });
    expect((await entriesOf(events)).words).toEqual(['call aa!BRAID_CALL_CANCELLED']);
    expect((await entriesOf(events.answer(sent, said('late')))).words).toEqual(['call aa="late"']);
  });

  test('what is open gives nothing', async () => {
    const events = script().ask(B, said('b'));
    events.send(A);
    expect((await entriesOf(events)).words).toEqual(['call bb="b"']);
  });

  test('over continue-as-new: ids begin anew, and a call may end in a later run than it began', async () => {
    const events = script().ask(S, misfit());
    events.add({ type: 'continuedAsNew', runId: 'second' });
    const next = new Events('script', {}, 60_000).ask(S, submitted('done'), 1).ask(A, said('a'));
    events.list.push(...next.list);
    expect((await entriesOf(events)).words).toEqual(['call cc="done"', 'call aa="a"']);
  });
});

describe('X2', () => {
  test('failures cost what they cost, and keep their code', async () => {
    const events = script();
    const details = { usage: USAGE, requests: 3 };
    events.add({
      type: 'activityFailed',
      scheduledId: events.send(A),
      failure: failure('application', 'BRAID_PROVIDER_CONTEXT', details),
    });
    events.add({ type: 'activityFailed', scheduledId: events.send(B), failure: failure('timeout') });
    const { world, words } = await entriesOf(events);
    expect(words).toEqual(['call aa!BRAID_PROVIDER_CONTEXT', 'call bb!BRAID_CALL_LOST']);
    expect((await world.entries(await world.open('run')))[0]?.usage).toEqual(USAGE);
  });

  test('what only the result tells (a provider that asked to wait for ever) is a failure, too', async () => {
    const events = script().ask(A, tooFast());
    const outcome = { address: 'agent:aa', code: 'BRAID_PROVIDER_RATE_LIMITED' };
    events.add({ type: 'completed', result: { status: 'completed', usage: {}, outcomes: [outcome] } });
    expect((await entriesOf(events)).words).toEqual(['call aa!BRAID_PROVIDER_RATE_LIMITED']);
  });
});
