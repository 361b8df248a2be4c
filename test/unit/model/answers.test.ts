import { afterEach, describe, expect, it } from 'vitest';
import { lastOf, promptOf } from '../../../testing/provider/index.ts';
import { messageOf, requestOf, setup, type Setup } from './harness.ts';
import { inputTokenBound } from '../../../protocol/request-bound.ts';

let open: Setup | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
});

const READ = {
  read: { description: 'Reads a file.', inputSchema: { type: 'object', properties: { path: { type: 'string' } } } },
};
const SCHEMA = {
  type: 'object',
  properties: { title: { type: 'string' }, line: { type: 'integer', minimum: 1 } },
  required: ['title', 'line'],
  additionalProperties: false,
};

describe.each(['openai-chat/x', 'openai/x'])('answers over the wire of %s', (model) => {
  it('gives text, the usage of the provider, and sends what was asked', async () => {
    open = await setup(() => ({ text: 'Hi there, friend.', usage: { input: 12, output: 5 }, id: 'resp-77' }));
    const attempt = open.worker().attempt(requestOf({ model, system: 'Be brief.', temperature: 0.2 }));
    const response = await messageOf(attempt);
    expect(response).toMatchObject({
      text: 'Hi there, friend.',
      toolCalls: [],
      submit: null,
      finish: 'stop',
      requests: 1,
    });
    expect(response.requestId).toBe('resp-77');
    expect(response.usage).toEqual({ inputTokens: 12, outputTokens: 5, usd: null });
    const [seen] = open.provider.requests;
    expect(seen).toMatchObject({
      model: 'x',
      system: 'Be brief.',
      maxOutputTokens: 500,
      temperature: 0.2,
      hasKey: true,
      tools: [],
    });
    expect(promptOf(seen!)).toBe('hello');
    expect(open.provider.requests).toHaveLength(1);
    // Nobody looks at a call that is answered at once, and each beat costs the server as much as the answer.
    expect(attempt.heartbeats).toEqual([]);
  });

  it('carries tool calls and their results through a turn', async () => {
    open = await setup((_, n) => (n === 1 ? { toolCalls: [{ name: 'read', input: { path: 'a.ts' } }] } : 'done'));
    const worker = open.worker({ toolSpecs: READ });
    const request = requestOf({ model, tools: ['read'] });
    const first = await messageOf(worker.attempt(request, { activityId: '1' }));
    expect(first).toMatchObject({ finish: 'tool-calls', toolCalls: [{ name: 'read', input: { path: 'a.ts' } }] });
    const call = first.toolCalls[0]!;
    request.messages.push({
      role: 'assistant',
      text: first.text,
      toolCalls: first.toolCalls,
      ...(first.raw ? { raw: first.raw } : {}),
    });
    request.messages.push({ role: 'tool', results: [{ id: call.id, name: 'read', output: '1: x', isError: false }] });
    expect((await messageOf(worker.attempt(request, { activityId: '2' }))).text).toBe('done');
    const [one, two] = open.provider.requests;
    expect(one?.tools).toMatchObject([{ name: 'read', description: 'Reads a file.' }]);
    expect(one?.toolChoice).toBe('auto');
    expect(two?.messages.flatMap((message) => message.toolCalls)).toMatchObject([{ id: call.id, name: 'read' }]);
    expect(two?.messages.at(-1)).toMatchObject({ role: 'tool', callId: call.id });
    expect(lastOf(two!)).toBe('1: x');
  });

  it('forces submit when it is the only tool and gives its valid input', async () => {
    open = await setup(() => ({ submit: { title: 't', line: 3 } }));
    const response = await messageOf(open.worker().attempt(requestOf({ model, schema: SCHEMA })));
    expect(response.submit).toEqual({ valid: true, value: { title: 't', line: 3 } });
    expect(response.toolCalls).toEqual([]);
    expect(open.provider.requests[0]).toMatchObject({ schema: SCHEMA, toolChoice: 'required' });
    expect(JSON.stringify(open.provider.requests[0]?.body)).toContain('"strict":false');
  });

  it('says what is wrong with an invalid submission, with its place', async () => {
    open = await setup(() => ({ submit: { title: 't', line: 'three', extra: 1 } }));
    const { submit } = await messageOf(
      open.worker({ toolSpecs: READ }).attempt(requestOf({ model, schema: SCHEMA, tools: ['read'] })),
    );
    expect(submit).toMatchObject({ valid: false, input: { title: 't', line: 'three', extra: 1 } });
    expect(submit).toHaveProperty('problem', expect.stringMatching(/line: .*string.*integer/));
    expect(submit).toHaveProperty('problem', expect.stringContaining('extra'));
    expect(open.provider.requests[0]?.toolChoice).toBe('auto');
  });

  it('reports broken JSON as broken JSON with its position, not as a missing field', async () => {
    open = await setup(() => ({ toolCalls: [{ name: 'submit', input: '{"title": "t", "line": }' }] }));
    const { submit } = await messageOf(open.worker().attempt(requestOf({ model, schema: SCHEMA })));
    expect(submit).toMatchObject({ valid: false, input: '{"title": "t", "line": }' });
    expect(submit).toHaveProperty('problem', expect.stringMatching(/not valid JSON: .*position 23/));
    expect(submit).toHaveProperty('problem', expect.not.stringMatching(/required/));
  });

  it('accepts valid JSON that came as fenced text, and says so', async () => {
    open = await setup(() => ({ text: '```json\n{"title": "t", "line": 4}\n```' }));
    const response = await messageOf(open.worker().attempt(requestOf({ model, schema: SCHEMA })));
    expect(response.submit).toEqual({ valid: true, value: { title: 't', line: 4 } });
    expect(response.notes.join()).toMatch(/text instead of the submit tool/);
    expect(response.usage.outputTokens).toBeGreaterThan(0);
  });

  it('leaves a text that is no submission a plain message', async () => {
    open = await setup(() => 'I would rather talk about it.');
    const response = await messageOf(open.worker().attempt(requestOf({ model, schema: SCHEMA })));
    expect(response).toMatchObject({ submit: null, text: 'I would rather talk about it.', finish: 'stop' });
  });

  it('says that a submission was cut off at the token limit', async () => {
    open = await setup(() => ({ toolCalls: [{ name: 'submit', input: '{"title": "t' }], finish: 'length' }));
    const { submit } = await messageOf(
      open.worker().attempt(requestOf({ model, schema: SCHEMA, maxOutputTokens: 16 })),
    );
    expect(submit).toHaveProperty('problem', expect.stringContaining('limit of 16 output tokens'));
  });

  it('counts what a provider does not count as all that it may have been', async () => {
    open = await setup(() => ({ text: 'x', usage: null }));
    const request = requestOf({ model, maxOutputTokens: 77 });
    const response = await messageOf(open.worker().attempt(request));
    expect(response.usage).toEqual({ inputTokens: inputTokenBound(request), outputTokens: 77, usd: null });
    expect(response.notes.join()).toMatch(/no token counts/);
  });
});

describe('models', () => {
  it('prices a listed model from the bundled table', async () => {
    open = await setup(() => ({ text: 'x', usage: { input: 1000, output: 100 } }));
    const response = await messageOf(open.worker().attempt(requestOf({ model: 'openai/gpt-4o-mini' })));
    expect(response.usage.usd).toBeCloseTo(0.00021, 8);
  });

  it('maps effort to the reasoning setting, and notes when a model has none', async () => {
    open = await setup(() => 'x');
    const worker = open.worker();
    await messageOf(worker.attempt(requestOf({ model: 'openai/gpt-5-mini', effort: 'high' }), { activityId: '1' }));
    expect(open.provider.requests[0]?.effort).toBe('high');
    const response = await messageOf(
      worker.attempt(requestOf({ model: 'openai/gpt-5-mini', effort: 'max' }), { activityId: '2' }),
    );
    expect(open.provider.requests[1]?.effort).not.toBe('max');
    expect(response.notes.join()).toMatch(/reasoning/i);
  });

  it("sends reasoning back with the next turn, without state on the provider's side", async () => {
    open = await setup((_, n) =>
      n === 1 ? { toolCalls: [{ name: 'read', input: {} }], reasoning: 'ENCRYPTED' } : 'done',
    );
    const worker = open.worker({ toolSpecs: READ });
    const request = requestOf({ model: 'openai/gpt-5-mini', tools: ['read'] });
    const { raw, toolCalls } = await messageOf(worker.attempt(request, { activityId: '1' }));
    request.messages.push({ role: 'assistant', text: '', toolCalls, ...(raw === undefined ? {} : { raw }) });
    request.messages.push({
      role: 'tool',
      results: [{ id: toolCalls[0]!.id, name: 'read', output: 'x', isError: false }],
    });
    await messageOf(worker.attempt(request, { activityId: '2' }));
    const [one, two] = open.provider.requests;
    expect(one?.body).toMatchObject({ store: false, include: ['reasoning.encrypted_content'] });
    const input = two!.body['input'] as { type?: string }[];
    const types = input.filter(({ type }) => type !== undefined);
    expect(types).toMatchObject([
      { type: 'reasoning', encrypted_content: 'ENCRYPTED' },
      { type: 'function_call' },
      { type: 'function_call_output' },
    ]);
  });

  it('keeps slashes of a model id', async () => {
    open = await setup(() => 'x');
    await messageOf(open.worker().attempt(requestOf({ model: 'openai-chat/meta/llama-3/70b' })));
    expect(open.provider.requests[0]?.model).toBe('meta/llama-3/70b');
  });

  it('notes a tool that this worker does not have', async () => {
    open = await setup(() => 'x');
    const response = await messageOf(open.worker().attempt(requestOf({ tools: ['fly'] })));
    expect(response.notes).toContain('This worker has no tool "fly".');
  });

  it("needs no key for a server of one's own, and none for offline models", async () => {
    open = await setup(() => 'x');
    const env = { OPENAI_BASE_URL: open.provider.url };
    expect((await messageOf(open.worker({ env }).attempt(requestOf()))).text).toBe('x');
    const echoed = await messageOf(open.worker({ env: {} }).attempt(requestOf({ model: 'offline/echo' })));
    expect(echoed).toMatchObject({ text: 'hello', usage: { usd: 0 }, requests: 1 });
    expect(open.provider.requests).toHaveLength(1);
  });
});
