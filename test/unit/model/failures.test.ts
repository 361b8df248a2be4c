import { ApplicationFailure } from '@temporalio/activity';
import { afterEach, describe, expect, it } from 'vitest';
import { FLOW } from '../../../protocol/limits.ts';
import type { ModelFailureDetails } from '../../../protocol/model-call.ts';
import type { Reply } from '../../../testing/provider/index.ts';
import { KEY, messageOf, requestOf, setup, type Attempt, type Setup } from './harness.ts';

let open: Setup | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
});

async function failureOf(attempt: Attempt): Promise<ApplicationFailure & { facts: ModelFailureDetails }> {
  const error: unknown = await attempt.result.then(
    (value) => new Error(`no failure but ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApplicationFailure)) throw error;
  return Object.assign(error, { facts: error.details?.[0] as ModelFailureDetails });
}

const openAiError = (
  status: number,
  error: { message: string; code?: string; type?: string },
  headers = {},
): Reply => ({
  status,
  headers,
  body: { error },
});

const FINAL: [name: string, reply: Reply, code: string, words: RegExp][] = [
  [
    '401',
    openAiError(401, { message: 'Incorrect API key provided' }),
    'BRAID_PROVIDER_KEY_REJECTED',
    /401: Incorrect API key/,
  ],
  ['403', openAiError(403, { message: 'Country not supported' }), 'BRAID_PROVIDER_KEY_REJECTED', /403/],
  [
    '404',
    openAiError(404, { message: 'The model `x` does not exist', code: 'model_not_found' }),
    'BRAID_MODEL_UNKNOWN',
    /does not exist/,
  ],
  ['404 as HTML', { status: 404, body: '<html><title>Nope</title></html>' }, 'BRAID_MODEL_UNKNOWN', /404: Nope/],
  [
    '400 context',
    openAiError(400, {
      message: "This model's maximum context length is 8192 tokens",
      code: 'context_length_exceeded',
    }),
    'BRAID_PROVIDER_CONTEXT',
    /8192/,
  ],
  ['413', openAiError(413, { message: 'Request too large' }), 'BRAID_PROVIDER_CONTEXT', /413/],
  [
    'content policy',
    openAiError(400, { message: 'Rejected', code: 'content_policy_violation' }),
    'BRAID_PROVIDER_REFUSED',
    /Rejected/,
  ],
  [
    'other 4xx',
    openAiError(422, { message: 'temperature: out of range' }),
    'BRAID_PROVIDER_BAD_REQUEST',
    /temperature/,
  ],
];

describe('final failures', () => {
  it.each(FINAL)('%s', async (_name, reply, code, words) => {
    open = await setup(() => reply);
    const failure = await failureOf(open.worker().attempt(requestOf()));
    expect(failure).toMatchObject({
      type: code,
      nonRetryable: true,
      facts: { requests: 1, usage: { inputTokens: 0, outputTokens: 0, usd: 0 } },
    });
    expect(failure.message).toMatch(words);
    expect(failure.facts.fix).toBeTruthy();
    expect(open.provider.requests).toHaveLength(1);
  });

  it('a content filter that stops an answer is a refusal, paid for once', async () => {
    open = await setup(() => ({ text: 'I ca', finish: 'content_filter', usage: { input: 9, output: 2 } }));
    const failure = await failureOf(open.worker().attempt(requestOf()));
    expect(failure).toMatchObject({
      type: 'BRAID_PROVIDER_REFUSED',
      nonRetryable: true,
      facts: { usage: { inputTokens: 9, outputTokens: 2 } },
    });
    expect((await failureOf(open.worker().attempt(requestOf(), { attempt: 2 }))).type).toBe('BRAID_PROVIDER_REFUSED');
    expect(open.provider.requests).toHaveLength(1);
  });

  it('an unknown provider lists those that are there; a missing key names its variable', async () => {
    open = await setup(() => 'x');
    const unknown = await failureOf(open.worker().attempt(requestOf({ model: 'openia/x' })));
    expect(unknown).toMatchObject({ type: 'BRAID_PROVIDER_UNKNOWN', nonRetryable: true, facts: { requests: 0 } });
    expect(unknown.facts.fix).toMatch(/openai, openai-chat.*offline/);
    const bare = await failureOf(open.worker().attempt(requestOf({ model: 'gpt-5' })));
    expect(bare).toMatchObject({
      type: 'BRAID_PROVIDER_UNKNOWN',
      facts: { fix: expect.stringContaining('openai/gpt-5') },
    });
    const keyless = await failureOf(open.worker({ env: {} }).attempt(requestOf()));
    expect(keyless).toMatchObject({
      type: 'BRAID_PROVIDER_KEY_MISSING',
      message: expect.stringContaining('OPENAI_API_KEY'),
    });
    expect((await failureOf(open.worker().attempt(requestOf({ model: 'offline/nope' })))).type).toBe(
      'BRAID_MODEL_UNKNOWN',
    );
  });

  it('M5: no key and no control character reaches a message', async () => {
    const text = `bad key ${KEY} and Bearer ${KEY} \u001b[31mred\u0007 ${'x'.repeat(5000)}`;
    open = await setup(() => openAiError(401, { message: text }));
    const failure = await failureOf(open.worker().attempt(requestOf()));
    const everything = JSON.stringify([failure.message, failure.details, failure.stack, failure.cause ?? null]);
    expect(everything).not.toContain(KEY);
    expect(everything).not.toContain(KEY.slice(3));
    expect(failure.message).not.toMatch(/[\u0000-\u001f]/);
    expect(failure.message.length).toBeLessThan(600);
    expect(failure.cause).toBeUndefined();
  });
});

const RETRIED: [name: string, reply: Reply, code: string, usd: number | null][] = [
  ['500', openAiError(500, { message: 'oops' }), 'BRAID_PROVIDER_FAILED', 0],
  ['503', openAiError(503, { message: 'unavailable' }), 'BRAID_PROVIDER_FAILED', 0],
  ['408', openAiError(408, { message: 'timeout' }), 'BRAID_PROVIDER_FAILED', 0],
  ['half a stream, cut', { halfStream: 'Once upon a time' }, 'BRAID_PROVIDER_FAILED', null],
  ['half a stream, ended', { halfStream: 'Once upon a time', how: 'end' }, 'BRAID_PROVIDER_FAILED', null],
  [
    'an error event',
    { streamError: { message: 'internal', type: 'server_error' }, text: 'Once' },
    'BRAID_PROVIDER_FAILED',
    null,
  ],
  [
    'garbage: HTML',
    { garbage: '<html><body>Welcome to nginx</body></html>', type: 'text/html' },
    'BRAID_PROVIDER_GARBAGE',
    0,
  ],
  ['garbage: JSON, no stream', { garbage: '{"hello": 1}', type: 'application/json' }, 'BRAID_PROVIDER_GARBAGE', 0],
  ['garbage: broken events', { garbage: 'data: {"id": \n\ndata: nonsense\n\n' }, 'BRAID_PROVIDER_GARBAGE', 0],
  ['an empty body', { garbage: '' }, 'BRAID_PROVIDER_FAILED', 0],
];

describe.each(['openai-chat/x', 'openai/x'])('M4: transport failures over the wire of %s', (model) => {
  it.each(RETRIED)('%s is retried, then final', async (_name, reply, code, usd) => {
    open = await setup(() => reply);
    const request = requestOf({ model, tries: 2 });
    const first = await failureOf(open.worker().attempt(request, { attempt: 1 }));
    expect(first).toMatchObject({ type: code, nonRetryable: false, facts: { requests: 1, usage: { usd } } });
    expect(first.nextRetryDelay).toBeGreaterThanOrEqual(250);
    const second = await failureOf(open.worker().attempt(request, { attempt: 2 }));
    expect(second).toMatchObject({ type: code, nonRetryable: true, facts: { requests: 2 } });
    expect(second.message).toContain('(try 2 of 2)');
    expect(open.provider.requests).toHaveLength(2);
  });
});

describe('M4: waiting and retrying', () => {
  it('a 500 and then an answer count two requests', async () => {
    open = await setup((_, n) => (n === 1 ? openAiError(500, { message: 'oops' }, { 'retry-after': '7' }) : 'fine'));
    const worker = open.worker();
    const failure = await failureOf(worker.attempt(requestOf()));
    expect(failure.nextRetryDelay).toBe(7000);
    expect(await messageOf(worker.attempt(requestOf(), { attempt: 2 }))).toMatchObject({ text: 'fine', requests: 2 });
  });

  it.each<[string, Reply, number | null]>([
    ['429 with retry-after', openAiError(429, { message: 'slow down' }, { 'retry-after': '3' }), 3000],
    ['429 with retry-after-ms', openAiError(429, { message: 'slow down' }, { 'retry-after-ms': '120' }), 120],
    [
      '429 with a reset',
      openAiError(
        429,
        { message: 'slow down' },
        { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '1m2s', 'x-ratelimit-reset-requests': '9h' },
      ),
      62_000,
    ],
    ['429 without a word', openAiError(429, { message: 'slow down' }), null],
    ['529', openAiError(529, { message: 'Overloaded' }), null],
    ['503 overloaded', openAiError(503, { message: 'The engine is currently overloaded' }), null],
    ['an overload event', { streamError: { message: 'Overloaded', type: 'overloaded_error' }, text: 'abc' }, null],
  ])('%s is returned, not thrown', async (_name, reply, retryAfterMs) => {
    open = await setup(() => reply);
    const response = await open.worker().attempt(requestOf()).result;
    expect(response).toMatchObject({ kind: 'rateLimited', retryAfterMs, requests: 1 });
    expect(open.records.saved.size).toBe(0);
  });

  // Not final: the call waits until there is credit again (workflows/tree/breaker.ts), instead of being lost for it.
  it.each<[string, Reply]>([
    ['402', openAiError(402, { message: 'Payment required' })],
    ['OpenAI', openAiError(429, { message: 'You exceeded your current quota', code: 'insufficient_quota' })],
    ['Anthropic', openAiError(400, { message: 'Your credit balance is too low to access the Anthropic API.' })],
    ['a stream', { streamError: { message: 'Insufficient credits', code: 'insufficient_quota' }, text: 'abc' }],
  ])('M4: no credit (%s) is returned as such', async (_name, reply) => {
    open = await setup(() => reply);
    const response = await open.worker().attempt(requestOf()).result;
    expect(response).toMatchObject({ kind: 'rateLimited', quota: true, retryAfterMs: null, requests: 1 });
    expect(open.records.saved.size).toBe(0);
  });

  it('a quota of the minute, by whatever name, is no lack of credit', async () => {
    const message =
      'You exceeded your current quota, please check your plan and billing details. Please retry in 38.7s.';
    open = await setup(() => openAiError(429, { message, code: 'RESOURCE_EXHAUSTED' }));
    const response = await open.worker().attempt(requestOf()).result;
    expect(response).toMatchObject({ kind: 'rateLimited', retryAfterMs: 38_700, requests: 1 });
    expect(response).not.toHaveProperty('quota');
  });

  it('M6: what must wait for long is told so, unsent; what must wait shortly beats as waiting', async () => {
    open = await setup((_, n) =>
      n === 1
        ? openAiError(429, { message: 'slow down' }, { 'retry-after-ms': '1500' })
        : n === 2
          ? openAiError(429, { message: 'slow down' }, { 'retry-after': '60' })
          : 'ok',
    );
    const worker = open.worker();
    expect(await worker.attempt(requestOf(), { activityId: 'a' }).result).toMatchObject({
      requests: 1,
      width: FLOW.firstWidth,
    });
    const short = worker.attempt(requestOf(), { activityId: 'b' });
    expect(await short.result).toMatchObject({ kind: 'rateLimited', retryAfterMs: 60_000, requests: 1 });
    expect(short.heartbeats[0]).toMatchObject({ state: 'waiting', requests: 0 });
    const long = await worker.attempt(requestOf(), { activityId: 'c' }).result;
    expect(long).toMatchObject({
      kind: 'rateLimited',
      requests: 0,
      paced: true,
      message: expect.stringMatching('slow'),
    });
    expect(open.provider.requests).toHaveLength(2);
    const other = await worker.attempt(requestOf({ model: 'openai-chat/other' }), { activityId: 'd' }).result;
    expect(other).toMatchObject({ kind: 'message', text: 'ok' });
  });

  it('M6: a call that is cancelled while it waits for its turn sends nothing', async () => {
    open = await setup(() => openAiError(429, { message: 'slow down' }, { 'retry-after': '5' }));
    const worker = open.worker();
    await worker.attempt(requestOf(), { activityId: 'a' }).result;
    const waiting = worker.attempt(requestOf(), { activityId: 'b' });
    waiting.env.cancel('CANCELLED');
    await expect(waiting.result).rejects.toThrow('CANCELLED');
    expect(open.provider.requests).toHaveLength(1);
  });

  it.each<[string, Reply]>([
    ['no headers', { hang: 'headers' }],
    ['no first token', { hang: 'stream' }],
    ['no next token', { hang: 'middle', text: 'Once upon' }],
  ])('silence (%s) is a stall, and the socket is closed', async (_name, reply) => {
    open = await setup(() => reply);
    const failure = await failureOf(open.worker().attempt(requestOf({ stallMs: 150 })));
    expect(failure).toMatchObject({ type: 'BRAID_PROVIDER_STALLED', nonRetryable: false, facts: { requests: 1 } });
    await expect.poll(() => open?.provider.requests[0]?.closed).toBe(true);
  });

  it('a slow stream that keeps talking is no stall', async () => {
    open = await setup(() => ({ text: 'slow but steady', chunkMs: 90 }));
    expect((await messageOf(open.worker().attempt(requestOf({ stallMs: 250 })))).text).toBe('slow but steady');
  });

  it('a refused connection is a transport failure', async () => {
    open = await setup(() => 'x');
    const env = { OPENAI_BASE_URL: 'http://127.0.0.1:1/v1', OPENAI_API_KEY: KEY };
    const failure = await failureOf(open.worker({ env }).attempt(requestOf()));
    expect(failure).toMatchObject({ type: 'BRAID_PROVIDER_FAILED', nonRetryable: false, facts: { requests: 1 } });
  });
});
