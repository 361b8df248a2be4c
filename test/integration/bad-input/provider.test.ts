/** What a provider may do wrong: a coded error with its fix, the right status, exact counts, and no call lost. */
import { describe, expect, it } from 'vitest';
import { ERRORS, type ErrorCode } from '../../../protocol/error-table.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { useHarness } from '../../kit/harness.ts';
import { linesOf, viewOf } from '../../kit/script-file.ts';
import { promptOf, type Reply } from '../../../testing/provider/index.ts';

const h = useHarness();
const SCHEMA = `{type: 'object', properties: {n: {type: 'integer'}}, required: ['n']}`;
const error = (message: string, more = {}) => ({ error: { message, ...more } });
/** The call of another model than the run's: its failure is its own. */
const SIDE = 'return [await agent("bad", {model: "openai-chat/side", label: "side"}), await agent("good")]';

describe('answers that end a call', () => {
  const CASES: [name: string, reply: Reply, code: ErrorCode, requests: number][] = [
    ['401', { status: 401, body: error('no such key') }, 'BRAID_PROVIDER_KEY_REJECTED', 1],
    ['403', { status: 403, body: error('not for you') }, 'BRAID_PROVIDER_KEY_REJECTED', 1],
    [
      '404',
      { status: 404, body: error('The model `side` does not exist', { code: 'model_not_found' }) },
      'BRAID_MODEL_UNKNOWN',
      1,
    ],
    ['400', { status: 400, body: error('what is this') }, 'BRAID_PROVIDER_BAD_REQUEST', 1],
    [
      'context',
      { status: 400, body: error('too long', { code: 'context_length_exceeded' }) },
      'BRAID_PROVIDER_CONTEXT',
      1,
    ],
    ['500 for ever', { status: 500, body: error('oops') }, 'BRAID_PROVIDER_FAILED', LIMITS.transportTries],
    [
      '502 as HTML',
      { status: 502, body: '<html><h1>Bad gateway</h1></html>' },
      'BRAID_PROVIDER_FAILED',
      LIMITS.transportTries,
    ],
    [
      'a page instead of a stream',
      { garbage: '<html>Log in</html>', type: 'text/html' },
      'BRAID_PROVIDER_GARBAGE',
      LIMITS.transportTries,
    ],
    ['events that are no JSON', { garbage: 'data: {"choi\n\n' }, 'BRAID_PROVIDER_GARBAGE', LIMITS.transportTries],
    ['half a stream, cut', { halfStream: 'The answer is', how: 'cut' }, 'BRAID_PROVIDER_FAILED', LIMITS.transportTries],
    [
      'half a stream, ended',
      { halfStream: 'The answer is', how: 'end' },
      'BRAID_PROVIDER_FAILED',
      LIMITS.transportTries,
    ],
    [
      'an error inside the stream',
      { streamError: { message: 'broke', type: 'server_error' }, text: 'The' },
      'BRAID_PROVIDER_FAILED',
      LIMITS.transportTries,
    ],
    ['nothing in the body', { garbage: '' }, 'BRAID_PROVIDER_FAILED', LIMITS.transportTries],
  ];

  it.each(CASES)('%s: an outcome of this call, and the run goes on', async (_name, reply, code, sent) => {
    const { result, requests } = await h.run(SIDE, {
      provider: (request) => (promptOf(request) === 'bad' ? reply : 'ok'),
    });
    expect(result).toMatchObject({
      status: 'completed_with_failures',
      value: [null, 'ok'],
      error: null,
      usage: { calls: 2, requests: sent + 1, failed: 1, refused: 0 },
      outcomes: [{ label: 'side', reason: 'error', code, model: 'openai-chat/side', attempts: sent }],
    });
    expect(requests).toHaveLength(sent + 1);
    const { message } = result.outcomes[0]!;
    expect(message).toContain('openai-chat/side');
    expect(message.length).toBeGreaterThan(ERRORS[code].fix.length);
    expect(message).toContain(code === 'BRAID_MODEL_UNKNOWN' ? 'Correct the model id' : ERRORS[code].fix);
    expect(message).not.toContain('test-key');
  });

  it.each([
    ['401', { status: 401, body: error('no such key') }, 'BRAID_PROVIDER_KEY_REJECTED'],
    ['404', { status: 404, body: error('no such model') }, 'BRAID_MODEL_UNKNOWN'],
  ] satisfies [string, Reply, ErrorCode][])(
    "%s of the run's default model fails the run at once, with the whole count",
    async (_name, reply, code) => {
      const source = 'return await parallel(Array.from({length: 20}, (_, i) => () => agent("n" + i)))';
      const { result, requests } = await h.run(source, { limits: { concurrency: 1 }, provider: () => reply });
      expect(requests).toHaveLength(1);
      expect(result).toMatchObject({
        status: 'failed',
        value: null,
        error: { code },
        usage: { calls: 20, requests: 1, failed: 20, refused: 0 },
      });
      expect(result.error?.fix).toBe(ERRORS[code].fix);
      expect(result.outcomes).toHaveLength(20);
      expect(result.outcomes.filter((outcome) => outcome.code === code)).toHaveLength(1);
      expect(result.outcomes.filter((outcome) => outcome.code === 'BRAID_CALL_CANCELLED')).toHaveLength(19);
    },
  );

  it('500 twice, then an answer: nothing is lost', async () => {
    const { result } = await h.run('return await agent("x")', {
      provider: (_request, n) => (n < 3 ? { status: 500 } : 'third time'),
    });
    expect(result).toMatchObject({
      status: 'completed',
      value: 'third time',
      usage: { calls: 1, requests: 3, failed: 0 },
      outcomes: [],
    });
  });

  it('retries: 0 means one try', async () => {
    const { result, requests } = await h.run('return await agent("x", {retries: 0})', {
      provider: () => ({ status: 500 }),
    });
    expect(requests).toHaveLength(1);
    expect(result).toMatchObject({ value: null, usage: { calls: 1, requests: 1, failed: 1 } });
  });
});

describe('429', () => {
  it('with Retry-After is waited out by a durable timer, not before its time', async () => {
    const { result, requests, handle } = await h.run('return await agent("x")', {
      provider: (_request, n) =>
        n === 1 ? { status: 429, headers: { 'retry-after': '1' }, body: error('slow down') } : 'ok',
    });
    expect(result).toMatchObject({
      status: 'completed',
      value: 'ok',
      usage: { calls: 1, requests: 2, failed: 0 },
      outcomes: [],
    });
    expect(requests[1]!.at - requests[0]!.at).toBeGreaterThanOrEqual(1_000);
    const { events } = await handle.fetchHistory();
    expect(events?.filter((event) => event.timerStartedEventAttributes)).toHaveLength(1);
    expect(linesOf(await viewOf(h, handle), 'warning')).toEqual([expect.stringContaining('slow down')]);
  });

  it('in a burst loses no call and repeats no finished one', async () => {
    const asked = new Map<string, number>();
    const { result, requests } = await h.run(
      'return await parallel(Array.from({length: 40}, (_, i) => () => agent("n" + i)))',
      {
        provider: (request) => {
          const prompt = promptOf(request);
          asked.set(prompt, (asked.get(prompt) ?? 0) + 1);
          const slow = Number(prompt.slice(1)) % 4 === 0 && asked.get(prompt) === 1;
          return slow ? { status: 429, headers: { 'retry-after-ms': '100' }, body: error('slow down') } : prompt;
        },
      },
    );
    expect(result).toMatchObject({
      status: 'completed',
      value: Array.from({ length: 40 }, (_, i) => `n${i}`),
      usage: { calls: 40, requests: 50, failed: 0, refused: 0 },
    });
    expect(requests).toHaveLength(50);
  });

  it('does not hold the budget that others could use while it waits', async () => {
    const source = 'return await parallel([() => agent("limited"), () => agent("free")])';
    const { result, requests } = await h.run(source, {
      limits: { maxOutputTokens: 100, concurrency: 2 },
      provider: (request, n) =>
        promptOf(request) === 'limited' && n === 1
          ? { status: 429, headers: { 'retry-after': '2' }, body: error('slow') }
          : { text: 'ok', usage: { input: 1, output: 10 } },
    });
    expect(requests.map(promptOf)).toEqual(['limited', 'free', 'limited']);
    expect(result).toMatchObject({
      status: 'completed',
      value: ['ok', 'ok'],
      usage: { calls: 2, requests: 3, outputTokens: 20 },
    });
  });
});

describe('structured output', () => {
  it('that never fits costs five requests and is an error with its fix', async () => {
    const { result, requests } = await h.run(`return await agentResult("x", {schema: ${SCHEMA}})`, {
      provider: () => ({ submit: { n: 'no' } }),
    });
    expect(requests).toHaveLength(LIMITS.schemaTries);
    expect(result).toMatchObject({
      status: 'completed_with_failures',
      value: { ok: false, reason: 'schema', error: { code: 'BRAID_CALL_SCHEMA' } },
      usage: { calls: 1, requests: 5, failed: 1 },
      outcomes: [{ reason: 'schema', attempts: 5 }],
    });
  });

  it.each([
    ['no object', `{type: 'string'}`],
    ['no schema at all', '"object"'],
    [
      'bounds that exclude each other',
      `{type: 'object', properties: {n: {type: 'integer', minimum: 3, maximum: 2}}, required: ['n']}`,
    ],
    ['an empty choice', `{type: 'object', properties: {n: {enum: []}}, required: ['n']}`],
    ['required but forbidden', `{type: 'object', properties: {}, required: ['n'], additionalProperties: false}`],
    ['an unknown type', `{type: 'object', properties: {n: {type: 'int'}}}`],
    ['a reference to nowhere', `{type: 'object', properties: {n: {$ref: '#/$defs/none'}}}`],
  ])('a schema that is %s is refused before any request', async (_name, schema) => {
    const { result, requests } = await h.run(`return await agent("x", {schema: ${schema}})`);
    expect(requests).toEqual([]);
    expect(result).toMatchObject({
      status: 'failed',
      error: { code: 'BRAID_SCHEMA_INVALID', line: 1 },
      usage: { calls: 1, requests: 0, failed: 1 },
    });
    expect(result.error?.fix).not.toBe('');
  });
});

describe('a model that calls what was not offered', () => {
  it('a tool of nobody: it is told so, and goes on', async () => {
    const { result, requests } = await h.run('return await agent("x")', {
      provider: (_request, n) =>
        n === 1 ? { toolCalls: [{ name: 'read', input: { path: '/etc/passwd' } }] } : 'by heart',
    });
    expect(result).toMatchObject({
      status: 'completed',
      value: 'by heart',
      usage: { calls: 1, requests: 2, failed: 0 },
    });
    expect(requests[1]?.messages.at(-1)?.text).toMatch(/no tool read/);
  });

  it('submit without a schema', async () => {
    const { result } = await h.run('return await agent("x")', {
      provider: (_request, n) => (n === 1 ? { submit: { a: 1 } } : 'text'),
    });
    expect(result).toMatchObject({ status: 'completed', value: 'text', usage: { calls: 1, requests: 2 } });
  });

  it('for ever: the turns are bounded', async () => {
    const { result, requests } = await h.run('return await agent("x")', {
      provider: () => ({ toolCalls: [{ name: 'bash', input: {} }] }),
    });
    expect(result).toMatchObject({
      status: 'completed_with_failures',
      value: null,
      outcomes: [{ code: 'BRAID_CALL_STEPS' }],
    });
    expect(result.usage.requests).toBe(requests.length);
    expect(requests.length).toBeLessThanOrEqual(LIMITS.schemaTries);
  });
});

describe('models that are not there', () => {
  it.each([
    ['an unknown provider', 'nobody/model', 'BRAID_PROVIDER_UNKNOWN'],
    ['an unknown offline model', 'offline/nobody', 'BRAID_MODEL_UNKNOWN'],
  ])('%s: for one call an outcome', async (_name, model, code) => {
    const { result } = await h.run(`return [await agent("x", {model: "${model}"}), await agent("y")]`);
    expect(result).toMatchObject({
      status: 'completed_with_failures',
      value: [null, 'ok'],
      usage: { calls: 2, requests: 1, failed: 1 },
    });
    expect(result.outcomes).toMatchObject([{ code, model, attempts: 0 }]);
  });

  it('as the default model: the run fails', async () => {
    const { result, requests } = await h.run('return await agent("x")', { model: 'nobody/model' });
    expect(requests).toEqual([]);
    expect(result).toMatchObject({
      status: 'failed',
      error: { code: 'BRAID_PROVIDER_UNKNOWN' },
      usage: { calls: 1, requests: 0, failed: 1 },
    });
  });
});
