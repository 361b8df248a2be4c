import { describe, expect, it, vi } from 'vitest';
import { createFlights, type Flight } from '../../../activities/model/flights.ts';
import { toSdkMessages } from '../../../activities/model/messages.ts';
import { knownProviders, resolveModel } from '../../../activities/model/registry.ts';
import { retryAfterOf } from '../../../activities/model/retry-after.ts';
import { scrub } from '../../../activities/model/scrub.ts';
import { providerFingerprint } from '../../../protocol/provider-env.ts';

describe('retryAfterOf', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  it.each<[Record<string, string>, number | null]>([
    [{}, null],
    [{ 'retry-after': '2' }, 2000],
    [{ 'Retry-After': '0.25' }, 250],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:05 GMT' }, 5000],
    [{ 'retry-after': 'Wed, 31 Dec 2025 00:00:05 GMT' }, 0],
    [{ 'retry-after-ms': '70', 'retry-after': '9' }, 70],
    [{ 'x-ratelimit-reset-requests': '20ms', 'x-ratelimit-reset-tokens': '6m0s' }, 360_000],
    [
      { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '1s', 'x-ratelimit-reset-tokens': '6m0s' },
      1000,
    ],
    [{ 'x-ratelimit-reset': String(now + 1500) }, 1500],
    [{ 'x-ratelimit-reset': String(now / 1000 + 3) }, 3000],
    [{ 'anthropic-ratelimit-requests-reset': '2026-01-01T00:00:04Z' }, 4000],
    [{ 'retry-after': '999999999' }, 3_600_000],
    [{ 'retry-after': 'soon' }, null],
  ])('%j → %s', (headers, ms) => {
    expect(retryAfterOf(headers, now)).toBe(ms);
  });
});

describe('scrub', () => {
  it('removes keys, what looks like keys, and control characters; and cuts', () => {
    const env = { SOME_API_KEY: 'hunter2-hunter2', SHORT_KEY: 'abc', HOME: '/root/home-of-mine' };
    expect(scrub('x hunter2-hunter2 y', env)).toBe('x [secret] y');
    expect(scrub('Incorrect key: sk-proj-abc***xyz. abc /root/home-of-mine', env)).toBe(
      'Incorrect key: [secret] abc /root/home-of-mine',
    );
    expect(scrub('Authorization: Bearer abcdef123456', env)).toBe('Authorization: Bearer [secret]');
    expect(scrub('AIzaSyA0123456789 Basic YWxhZGRpbjpvcGVuc2VzYW1l Basic authentication', env)).toBe(
      '[secret] Basic [secret] Basic authentication',
    );
    expect(scrub('a\u001b[31mb\u0000c\r\nd', env)).toBe('a b c d');
    expect(scrub('y'.repeat(1000), env)).toHaveLength(500);
  });
});

describe('flights', () => {
  const flying = () => {
    const seen: Flight[] = [];
    let land: (value: string) => void = () => undefined;
    const start = (flight: Flight): Promise<string> => {
      seen.push(flight);
      return new Promise((resolve, reject) => {
        land = resolve;
        flight.signal.addEventListener('abort', () => reject(flight.signal.reason as Error));
      });
    };
    return { seen, start, land: (value: string) => land(value) };
  };

  it('F1: joins a flight that is up, starts a new one after it landed', async () => {
    const flights = createFlights<string>();
    const { seen, start, land } = flying();
    const [a, b] = [flights.board('x', start), flights.board('x', start)];
    flights.board('y', start);
    expect(seen).toHaveLength(2);
    expect(a.progress).toBe(b.progress);
    land('y');
    b.leave('done');
    a.leave('cancelled', new Error('stop'));
    await expect(a.done).rejects.toThrow('stop');
    flights.board('x', start);
    expect(seen).toHaveLength(3);
  });

  it('F2: nobody joins a flight that was cancelled', async () => {
    const flights = createFlights<string>();
    const { seen, start, land } = flying();
    const first = flights.board('x', start);
    first.leave('cancelled', new Error('stop'));
    const second = flights.board('x', start);
    land('fresh');
    expect(await second.done).toBe('fresh');
    await expect(first.done).rejects.toThrow('stop');
    expect(seen).toHaveLength(2);
  });

  it('F3: a lost flight waits for its successor, and not for ever', async () => {
    vi.useFakeTimers();
    try {
      const flights = createFlights<string>(1000);
      const { seen, start } = flying();
      flights.board('x', start).leave('lost', new Error('lost'));
      vi.advanceTimersByTime(900);
      const successor = flights.board('x', start);
      vi.advanceTimersByTime(5000);
      expect(seen).toHaveLength(1);
      expect(seen[0]?.signal.aborted).toBe(false);
      successor.leave('lost', new Error('lost again'));
      vi.advanceTimersByTime(1001);
      expect(seen[0]?.signal.aborted).toBe(true);
      await expect(successor.done).rejects.toThrow('lost again');
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('toSdkMessages', () => {
  const call = { id: 'c1', name: 'read', input: { path: 'a' } };
  it('gives every call a result and drops results without a call', () => {
    const messages = toSdkMessages([
      { role: 'user', text: 'u' },
      { role: 'tool', results: [{ id: 'zz', name: 'read', output: 'stray', isError: false }] },
      { role: 'assistant', text: '', toolCalls: [call] },
      { role: 'user', text: 'go on' },
    ]);
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'user']);
    expect(messages[2]?.content).toMatchObject([{ toolCallId: 'c1', output: { type: 'error-text' } }]);
  });

  it('carries broken input and reasoning along', () => {
    const raw = {
      reasoning: [{ text: 'hm', options: { openai: { itemId: 'rs_1' } } }],
      calls: { c1: { google: { sig: 'x' } } },
    };
    const [assistant] = toSdkMessages([{ role: 'assistant', text: 't', toolCalls: [{ ...call, input: '{"a' }], raw }]);
    expect(assistant?.content).toMatchObject([
      { type: 'reasoning', text: 'hm', providerOptions: { openai: { itemId: 'rs_1' } } },
      { type: 'text', text: 't' },
      { type: 'tool-call', input: { invalidJson: '{"a' }, providerOptions: { google: { sig: 'x' } } },
    ]);
  });

  it('survives raw parts that are not what they should be', () => {
    const [assistant] = toSdkMessages([
      { role: 'assistant', text: '', toolCalls: [], raw: { reasoning: [1, { text: 2 }], calls: [3] } },
    ]);
    expect(assistant?.content).toEqual([{ type: 'text', text: '(no answer)' }]);
  });
});

describe('providers', () => {
  it('knows which are there and which have what they need', () => {
    const byName = new Map(knownProviders({ OPENAI_API_KEY: 'k' }).map((info) => [info.name, info]));
    expect(byName.get('openai')).toMatchObject({ ready: true, keyVariable: 'OPENAI_API_KEY' });
    expect(byName.get('offline')).toMatchObject({
      ready: true,
      keyVariable: null,
      models: expect.stringContaining('offline/reviewer'),
    });
    expect(byName.has('anthropic')).toBe(false);
    expect(knownProviders({}).find(({ name }) => name === 'openai')?.ready).toBe(false);
  });

  it('loads an installed AI SDK package by its name', async () => {
    const { provider, modelId, offline } = await resolveModel('gateway/openai/gpt-5', { env: {}, fetch });
    expect({ provider, modelId, offline }).toEqual({ provider: 'gateway', modelId: 'openai/gpt-5', offline: false });
  });

  it.each(['provider/x', 'provider-utils/x', '../evil/x', 'OpenAI/x', 'nope/x', '/x', 'openai/', ''])(
    'refuses %j',
    async (name) => {
      await expect(resolveModel(name, { env: { OPENAI_API_KEY: 'k' }, fetch })).rejects.toMatchObject({
        code: 'BRAID_PROVIDER_UNKNOWN',
        fix: expect.stringContaining('offline'),
      });
    },
  );
});

describe('providerFingerprint', () => {
  it('changes with provider settings only, and shows none of them', () => {
    const base = { OPENAI_API_KEY: 'secret-key', PATH: '/bin' };
    const print = providerFingerprint(base);
    expect(print).toMatch(/^[0-9a-f]{64}$/);
    expect(
      providerFingerprint({
        PATH: '/usr/bin',
        TEMPORAL_API_KEY: 'x',
        OPENAI_API_KEY: 'secret-key',
        OPENAI_BASE_URL: '',
      }),
    ).toBe(print);
    expect(providerFingerprint({ ...base, OPENAI_BASE_URL: 'http://x' })).not.toBe(print);
    expect(providerFingerprint({ ...base, OPENAI_API_KEY: 'other' })).not.toBe(print);
    expect(print).not.toContain('secret');
  });
});
