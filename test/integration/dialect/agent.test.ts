/** Dialect rows DW-10 to DW-19: `agent()`. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { useHarness } from '../../kit/harness.ts';
import { promptOf } from '../../../testing/provider/index.ts';

const h = useHarness();
const SCHEMA = `{type: 'object', properties: {n: {type: 'integer'}}, required: ['n']}`;

describe('DW-10 agent()', () => {
  it('resolves to the final text', async () => {
    const { result, requests } = await h.run('return await agent("say hi")', { provider: () => 'hi' });
    expect(result).toMatchObject({ status: 'completed', value: 'hi', usage: { calls: 1, requests: 1, failed: 0 } });
    expect(requests).toHaveLength(1);
    expect(promptOf(requests[0]!)).toContain('say hi');
  });

  it('a prompt that is no string is an error', async () => {
    const { result, requests } = await h.run('return await agent({a: 1})');
    expect(result.error).toMatchObject({ code: 'BRAID_OPTION' });
    expect(requests).toHaveLength(0);
  });

  it('a 3 MB prompt arrives whole', async () => {
    const { result, requests } = await h.run('return await agent("x".repeat(3 * 1024 * 1024))');
    expect(result.status).toBe('completed');
    expect(promptOf(requests[0]!).length).toBeGreaterThanOrEqual(3 * 1024 * 1024);
  });
});

describe('DW-11 schema', () => {
  it('resolves to the validated object; the model sees errors and retries', async () => {
    const { result, requests } = await h.run(`return await agent("count", {schema: ${SCHEMA}})`, {
      provider: (_request, n) => ({ submit: n === 1 ? { n: 'three' } : { n: 3 } }),
    });
    expect(result).toMatchObject({ status: 'completed', value: { n: 3 }, usage: { calls: 1, requests: 2 } });
    expect(JSON.stringify(requests[1]?.body)).toMatch(/Not accepted/);
  });
});

describe('DW-12 tries', () => {
  const never = { provider: () => ({ submit: { n: 'no' } }) };

  it('throws after 5', async () => {
    const source = `try { await agent("x", {schema: ${SCHEMA}}) } catch (e) { return [e.code, e.message] }`;
    const { result, requests } = await h.run(source, never);
    expect(result.value).toEqual(['BRAID_CALL_SCHEMA', expect.stringContaining('5 tries')]);
    expect(requests).toHaveLength(5);
    expect(result).toMatchObject({ status: 'completed_with_failures', outcomes: [{ reason: 'schema' }] });
  });

  it('inside parallel it is null', async () => {
    const { result } = await h.run(`return await parallel([() => agent("x", {schema: ${SCHEMA}})])`, never);
    expect(result.value).toEqual([null]);
  });

  it('prose is reminded, and counts as a try', async () => {
    const { result, requests } = await h.run(`return await agent("x", {schema: ${SCHEMA}})`, {
      provider: (_request, n) => (n < 3 ? 'let me think' : { submit: { n: 1 } }),
    });
    expect(result.value).toEqual({ n: 1 });
    expect(requests).toHaveLength(3);
  });
});

describe('DW-13 schemas', () => {
  it.each([
    ['root is no object', `{type: 'array', items: {}}`],
    ['impossible', `{type: 'object', properties: {a: {type: 'number', minimum: 5, maximum: 1}}, required: ['a']}`],
  ])('%s: refused before any call', async (_name, schema) => {
    const { result, requests } = await h.run(`return await agent("x", {schema: ${schema}})`);
    expect(result.error).toMatchObject({ code: 'BRAID_SCHEMA_INVALID' });
    expect(requests).toHaveLength(0);
  });

  it('invalid JSON is reported as that', async () => {
    const { result, requests } = await h.run(`return await agent("x", {schema: ${SCHEMA}})`, {
      provider: (_request, n) =>
        n === 1 ? { toolCalls: [{ name: 'submit', input: '{"n": 1' }] } : { submit: { n: 1 } },
    });
    expect(result.value).toEqual({ n: 1 });
    expect(JSON.stringify(requests[1]?.body)).toMatch(/JSON/);
    expect(JSON.stringify(requests[1]?.body)).not.toMatch(/missing|required property/i);
  });

  it('an answer on the last try is marked degraded', async () => {
    const source = `const r = await agentResult("x", {schema: ${SCHEMA}}); return [r.ok, r.degraded]`;
    const { result } = await h.run(source, { provider: (_r, n) => ({ submit: n < 5 ? {} : { n: 5 } }) });
    expect(result.value).toEqual([true, true]);
  });
});

describe('DW-14 null', () => {
  const dead = { provider: () => ({ status: 400, body: { error: { message: 'bad thing' } } }) };

  it('comes with an outcome, in the result and in the script', async () => {
    const { result } = await h.run('const v = await agent("x", {label: "one"}); return [v, outcomes()]', dead);
    const outcome = {
      address: 'agent:1',
      label: 'one',
      phase: null,
      reason: 'error',
      code: 'BRAID_PROVIDER_BAD_REQUEST',
    };
    expect(result).toMatchObject({ status: 'completed_with_failures', value: [null, [outcome]], outcomes: [outcome] });
    expect(result.outcomes[0]?.message).toContain('bad thing');
  });

  it('agentResult() never throws', async () => {
    const source =
      'return [await agentResult("x"), await agentResult(5), await agentResult("x", {schema: {type: "array"}})]';
    const { result } = await h.run(source, dead);
    expect(result.value).toMatchObject([
      { ok: false, value: null, reason: 'error', error: { code: 'BRAID_PROVIDER_BAD_REQUEST' } },
      { ok: false, error: { code: 'BRAID_OPTION' } },
      { ok: false, error: { code: 'BRAID_SCHEMA_INVALID' } },
    ]);
  });

  it('a TypeError on the null names the call and its reason', async () => {
    const { result } = await h.run(
      'const r = await agent("x", {label: "finder"})\nreturn r.findings.map(String)',
      dead,
    );
    expect(result.error).toMatchObject({ code: 'BRAID_SCRIPT_ERROR', line: 2 });
    expect(result.error?.message).toMatch(/finder.*BRAID_PROVIDER_BAD_REQUEST.*bad thing/s);
    expect(result.error?.fix).toContain('braid show');
  });
});

describe('DW-15 options', () => {
  it('an unknown one is a warning with the nearest name', async () => {
    const { result, handle } = await h.run('return await agent("x", {lable: "a", schemaa: 1})');
    expect(await h.story(handle)).toEqual([expect.stringContaining('label'), expect.stringContaining('schema')]);
    expect(result.status).toBe('completed');
  });

  it('a wrong type is an error', async () => {
    const { result } = await h.run('return await agent("x", {temperature: "hot"})');
    expect(result.error).toMatchObject({ code: 'BRAID_OPTION' });
  });

  it('an unknown agentType is a warning and the default agent', async () => {
    const { result, requests, handle } = await h.run('return await agent("x", {agentType: "nobody"})');
    expect(result.status).toBe('completed');
    expect(requests).toHaveLength(1);
    expect((await h.story(handle)).join()).toContain('nobody');
  });

  it('an unknown agentType is an error when strict', async () => {
    const { result } = await h.run('return await agent("x", {agentType: "nobody"})', { strict: true });
    expect(result.error).toMatchObject({ code: 'BRAID_AGENT_UNKNOWN' });
  });

  it('system, temperature, maxOutputTokens and effort reach the provider', async () => {
    const source =
      'return await agent("x", {system: "You are S.", temperature: 0.5, maxOutputTokens: 77, context: {k: "v"}})';
    const { requests } = await h.run(source);
    const body = JSON.stringify(requests[0]?.body);
    expect(body).toContain('You are S.');
    expect(body).toContain('77');
    expect(body).toContain('0.5');
    expect(promptOf(requests[0]!)).toContain('"k": "v"');
  });
});

describe('DW-16 model', () => {
  it('call over definition over run; aliases; unknown names warn once', async () => {
    const source = `
      await agent("a")
      await agent("b", {model: "openai-chat/named"})
      await agent("c", {agentType: "def"})
      await agent("d", {agentType: "def", model: "haiku"})
      await agent("e", {model: "opus"})
      await agent("f", {model: "opus"})`;
    const def = {
      name: 'def',
      description: 'd',
      prompt: 'You are DEF.',
      model: 'openai-chat/defined',
      tools: [],
      source: 'test',
    };
    const { requests, handle } = await h.run(source, { agents: { def }, aliases: { haiku: 'openai-chat/small' } });
    expect(requests.map((request) => request.model)).toEqual(['test', 'named', 'defined', 'small', 'test', 'test']);
    expect(JSON.stringify(requests[2]?.body)).toContain('You are DEF.');
    expect((await h.story(handle)).filter((text) => text.includes('opus'))).toHaveLength(1);
  });
});

describe('DW-17 isolation', () => {
  it('worktree is a private overlay, and the result carries a patch', async () => {
    const root = mkdtempSync(path.join(tmpdir(), 'braid-test-'));
    writeFileSync(path.join(root, 'a.txt'), 'before');
    const edit = { toolCalls: [{ name: 'edit', input: { path: 'a.txt', old: 'before', new: 'after' } }] };
    const { result } = await h.run(
      'const r = await agent("x", {isolation: "worktree"}); return [`${r}`, r.patch.files, await agent("y", {tools: ["read"]})]',
      {
        workspace: root,
        provider: (request) => {
          if (request.messages.some((message) => message.role === 'tool'))
            return JSON.stringify(request.messages.at(-1));
          return promptOf(request) === 'y' ? { toolCalls: [{ name: 'read', input: { path: 'a.txt' } }] } : edit;
        },
      },
    );
    const file = { path: 'a.txt', kind: 'changed', added: 1, removed: 1 };
    expect(result.value).toEqual([expect.any(String), [file], expect.stringContaining('before')]);
    expect(result.patch?.files).toEqual([file]);
    expect(readFileSync(path.join(root, 'a.txt'), 'utf8')).toBe('before');
  });

  it('what is no isolation is a clear error', async () => {
    const { result } = await h.run('return await agent("x", {isolation: "container"})');
    expect(result.error).toMatchObject({ code: 'BRAID_NOT_AVAILABLE' });
  });
});

describe('DW-18 what an agent is told', () => {
  it('its final text is data, and it has no tool that starts agents', async () => {
    const { requests } = await h.run('return await agent("x")');
    const body = JSON.stringify(requests[0]?.body);
    expect(body).toMatch(/data for that program/);
    expect(body).not.toMatch(/"name":"agent"/);
  });
});

describe('DW-19 timeout', () => {
  it('ends the call, not the run', async () => {
    const { result } = await h.run('return [await agent("slow", {timeout: 500}), await agent("fast")]', {
      provider: (request) => (promptOf(request).includes('slow') ? { hang: 'headers' } : 'done'),
    });
    expect(result.value).toEqual([null, 'done']);
    expect(result.outcomes).toMatchObject([{ reason: 'timeout', code: 'BRAID_CALL_TIMEOUT' }]);
  });
});
