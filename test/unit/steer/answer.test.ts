import { describe, expect, it } from 'vitest';
import { gateText, pickGate, splitWords, valueOfText } from '../../../client/answer.ts';
import type { JsonObject } from '../../../protocol/json.ts';
import type { GateView } from '../../../protocol/view.ts';
import { refusal } from '../input/kit.ts';
import { gateView } from './gate.ts';

const asking = (gates: GateView[]) => ({ run: 'r-1', gates, status: 'running' as const, endedAt: null });

describe('which gate is meant', () => {
  const two = [gateView('ask:1', { state: 'answered', value: 'x', by: 'Ada' }), gateView('ask:2')];

  it('is the only open one, or the named one', () => {
    expect(pickGate(asking(two), undefined).gate).toBe('ask:2');
    expect(pickGate(asking([...two, gateView('approve:1')]), 'approve:1').gate).toBe('approve:1');
  });

  it('is the newest of one name: a restarted node opens its gates again', () => {
    const again = [gateView('ask:1', { state: 'cancelled' }), gateView('ask:1', { digest: 'd2' })];
    expect(pickGate(asking(again), 'ask:1').digest).toBe('d2');
  });

  it.each<[string, GateView[], string | undefined, string, RegExp]>([
    ['none is open', [], undefined, 'BRAID_GATE_UNKNOWN', /no open gate/],
    [
      'several are',
      [gateView('ask:1'), gateView('ask:2')],
      undefined,
      'BRAID_USAGE',
      /ask:1 \(What about ask:1\?\), ask:2/,
    ],
    ['it was answered', two, 'ask:1', 'BRAID_GATE_CLOSED', /answered by Ada with "x"/],
    ['it timed out', [gateView('ask:1', { state: 'timeout' })], 'ask:1', 'BRAID_GATE_CLOSED', /timeout/],
    ['it is not there', two, 'ask:9', 'BRAID_GATE_UNKNOWN', /"ask:9"/],
  ])('%s', async (_what, gates, name, code, message) => {
    const error = await refusal(() => pickGate(asking(gates), name));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });
});

it('an ended run takes no answer', async () => {
  const ended = { ...asking([gateView('ask:1', { state: 'cancelled' })]), status: 'cancelled' as const, endedAt: 5 };
  expect((await refusal(() => pickGate(ended, undefined))).code).toBe('BRAID_RUN_ENDED');
  expect((await refusal(() => pickGate(ended, 'ask:1'))).code).toBe('BRAID_GATE_CLOSED');
});

describe('words after the run', () => {
  const gates = [gateView('ask:1'), gateView('rlm:1/ask:1')];
  it.each([
    [[], undefined, undefined],
    [['ask:1'], 'ask:1', undefined],
    [['rlm:1/ask:1', 'fine', 'by', 'me'], 'rlm:1/ask:1', 'fine by me'],
    [['ask:9', 'x'], 'ask:9', 'x'],
    [['only', 'lib'], undefined, 'only lib'],
    [['note:', 'x'], undefined, 'note: x'],
  ])('%j', (words, gate, text) => expect(splitWords(gates, words)).toEqual({ gate, text }));
});

describe('A2: what a text means', () => {
  const ask = (schema: JsonObject | null) => gateView('ask:1', { schema });

  it.each([
    ['a text', ask(null), 'yes', 'yes'],
    ['a text where a text fits', ask({ type: ['string', 'null'] }), '12', '12'],
    ['one of some texts', ask({ enum: ['a', 'b'] }), 'a', 'a'],
    ['yes', gateView('approve:1', { kind: 'approve' }), ' Yes ', true],
    ['no', gateView('approve:1', { kind: 'approve' }), 'n', false],
    ['a boolean', ask({ type: 'boolean' }), 'true', true],
    ['a number', ask({ type: 'integer' }), '12', 12],
    ['an object', ask({ type: 'object' }), '{"a": 1}', { a: 1 }],
  ])('%s', (_what, gate, text, value) => expect(valueOfText(gate, text)).toEqual(value));

  it.each([
    ['maybe', gateView('approve:1', { kind: 'approve' }), 'maybe'],
    ['words where an object is wanted', ask({ type: 'object' }), 'no JSON'],
    ['nothing where yes or no is wanted', ask({ type: 'boolean' }), ''],
  ])('%s is refused', async (_what, gate, text) => {
    const error = await refusal(() => valueOfText(gate, text));
    expect(error.code).toBe('BRAID_ANSWER_INVALID');
    if (gate.schema !== null) expect(error.fix).toContain(JSON.stringify(gate.schema));
  });
});

it('what a person is shown', () => {
  const gate = gateView('approve:1', {
    kind: 'approve',
    details: 'rm a\nrm b',
    schema: { type: 'boolean' },
    expiresAt: 180_000,
  });
  expect(gateText(gate, 60_000)).toEqual([
    'approve:1  approve (closes in 2 min): What about approve:1?',
    '  rm a',
    '  rm b',
    '  schema: {"type":"boolean"}',
  ]);
});
