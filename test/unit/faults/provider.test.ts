import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { shortened } from '../../../faults/bundle.ts';
import { STORMS } from '../../../faults/kinds.ts';
import { keyOf, startFaultyProvider, type FaultyProvider, type Play } from '../../../faults/provider.ts';
import { diceOf } from '../../../faults/seeded.ts';
import { failureOf } from '../../../faults/storm.ts';

let provider: FaultyProvider;
beforeEach(async () => {
  provider = await startFaultyProvider(2);
});
afterEach(() => provider.close());

async function ask(slot: number, text: string): Promise<{ status: number; body: string }> {
  const body = { model: 'm', stream: true, messages: [{ role: 'user', content: text }] };
  const response = await fetch(`${provider.urls[slot]}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.text() };
}

const withoutId = (text: string) => text.replaceAll(/resp-\d-\d+/g, 'resp');

describe('the provider', () => {
  it('C1, C2, C3: gives the same answer under ids of their own, and knows whose request it was', async () => {
    const rule = (): Play => ({ toolCalls: [{ name: 'list', input: {} }] });
    provider.begin({ rule, seed: 1, failuresPerRequest: 2 });
    const first = await ask(0, 'hello');
    const second = await ask(1, 'hello');
    expect(first.body).not.toBe(second.body);
    expect(withoutId(first.body)).toBe(withoutId(second.body));
    expect(first.body).toContain('call_');
    expect(provider.asks.map(({ slot, id, failed }) => [slot, id, failed])).toEqual([
      [0, 'resp-0-1', null],
      [1, 'resp-1-1', null],
    ]);
    expect(new Set(provider.asks.map(({ key }) => key)).size).toBe(1);
    provider.begin({ rule, seed: 1, failuresPerRequest: 2 });
    expect(provider.asks).toEqual([]);
  });

  it('C4: fails a request only so often, but slows it down without end', async () => {
    provider.begin({ rule: () => 'ok', seed: 1, failuresPerRequest: 2 });
    const storm = { kind: 'provider: 500' as const, share: 1, untilMs: Date.now() + 60_000, hits: 0 };
    provider.storm(storm);
    const four = async () => {
      const statuses: number[] = [];
      for (let i = 0; i < 4; i += 1) statuses.push((await ask(0, 'x')).status);
      return statuses;
    };
    expect((await four()).map((status) => status >= 500)).toEqual([true, true, false, false]);
    expect(storm.hits).toBe(2);
    expect(provider.asks.map(({ failed }) => failed)).toEqual([storm.kind, storm.kind, null, null]);
    provider.storm({ ...storm, kind: 'provider: 429' });
    expect(await four()).toEqual([429, 429, 429, 429]);
  });

  it('a storm is over when its time is', async () => {
    provider.begin({ rule: () => 'ok', seed: 1, failuresPerRequest: 2 });
    provider.storm({ kind: 'provider: 500', share: 1, untilMs: Date.now() - 1, hits: 0 });
    expect((await ask(0, 'x')).status).toBe(200);
  });
});

describe('what makes requests the same', () => {
  const key = (content: string) => keyOf({ body: { messages: [{ role: 'user', content }] } });

  it('is all but the line about the limits', () => {
    expect(key('a\n[Turn 2 of 20 · 8 calls left]')).toBe(key('a\n[Turn 3 of 20 · 5 calls left]'));
    expect(key('a')).not.toBe(key('b'));
    expect(key('a')).not.toBe(key('a\nTurn 2 of 20'));
  });
});

it.each(STORMS)('%s is a reply of its own', (kind) => {
  const replies = Array.from({ length: 30 }, (_, n) => JSON.stringify(failureOf(kind, diceOf(n))));
  const others = STORMS.filter((each) => each !== kind).map((each) => JSON.stringify(failureOf(each, diceOf(0))));
  expect(replies.filter((reply) => others.includes(reply))).toEqual([]);
});

describe('shorter timeouts', () => {
  it('replace the one definition, or nothing', () => {
    expect(shortened('a = { heartbeatMs: 15_000, b: x.heartbeatMs }', 'heartbeatMs', 6_000)).toBe(
      'a = { heartbeatMs: 6000, b: x.heartbeatMs }',
    );
    expect(() => shortened('a = {}', 'heartbeatMs', 1)).toThrow('the bundle defines heartbeatMs 0 times, not once');
    expect(() => shortened('stallMs: 1, stallMs: 2,', 'stallMs', 1)).toThrow('2 times');
  });
});
