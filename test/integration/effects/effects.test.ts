/** Agents' tools with effects on a real server: policy, people, what is not known. Every run is replayed after its test. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { findSandbox } from '../../../activities/effects/sandbox/find.ts';
import { listRuns } from '../../../client/list-runs.ts';
import { sendUpdate } from '../../../client/updates.ts';
import { readRun } from '../../../client/view/read.ts';
import { isBraidError } from '../../../protocol/errors.ts';
import type { EffectSettings } from '../../../protocol/effects.ts';
import { parseJsonObject, type Json } from '../../../protocol/json.ts';
import type { PolicyRule } from '../../../protocol/policy.ts';
import type { GateView } from '../../../protocol/view.ts';
import { openCallLogs } from '../../../store/call-records.ts';
import type { ProviderScript, SeenRequest } from '../../../testing/provider/index.ts';
import { resultOf, useHarness } from '../../kit/harness.ts';
import { calls, scheduledIn, turnOf } from '../tools/kit.ts';
import { tempFolder } from '../../unit/workspace/kit.ts';

const h = useHarness();
const { kind } = await findSandbox();

function effects(rules: PolicyRule[], network = false): EffectSettings {
  return { rules, shell: { network, readOnly: [], seconds: 20 } };
}

/** An agent that makes these calls, one a turn, and then tells what each of them gave. */
function making(...list: [string, Json][]): ProviderScript {
  return (request) => {
    const next = list[turnOf(request)];
    return next === undefined ? outputs(request).join('\n---\n') : calls(next);
  };
}

function outputs(request: SeenRequest): string[] {
  // The wire wraps what is an error.
  return request.messages
    .filter(({ role }) => role === 'tool')
    .map(({ text }) => String((parseJsonObject(text) ?? { error: text })['error']));
}

async function openGate(handle: WorkflowHandle): Promise<GateView> {
  for (;;) {
    const { gates, endedAt, status } = await readRun(h.client, handle.workflowId);
    const gate = gates.find(({ state }) => state === 'open');
    if (gate !== undefined) return gate;
    if (endedAt !== null) throw new Error(`the run ended as ${status}, without a gate`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function answer({ node, gate, digest }: GateView, value: Json): Promise<string | null> {
  try {
    await sendUpdate(h.client, node, { name: 'answer', body: { gate, digest, value, by: 'ann' } });
    return null;
  } catch (error) {
    if (isBraidError(error)) return error.code;
    throw error;
  }
}

const AGENT = `const r = await agent('work', {tools: ['read', 'write', 'edit', 'bash']}); return String(r)`;

describe('policy', () => {
  it('E1, E4: what a rule denies is not run; the model and the log are told', async () => {
    const denied: PolicyRule[] = [
      { tool: 'write', input: { path: 'src/*' }, then: 'allow' },
      { tool: '*', then: 'deny' },
    ];
    const { result, handle } = await h.run(AGENT, {
      workspace: tempFolder({ 'a.txt': 'a' }),
      effects: effects(denied),
      provider: making(
        ['write', { path: 'src/../a.txt', content: 'b' }],
        ['bash', { command: 'echo hi' }],
        ['write', { path: 'src/b', content: 'b' }],
      ),
    });
    expect(String(result.value).split('\n---\n')).toEqual([
      'BRAID_POLICY_DENIED: write is not allowed here: rule 2 of the policy.',
      'BRAID_POLICY_DENIED: bash is not allowed here: rule 2 of the policy.',
      expect.not.stringContaining('BRAID_'),
    ]);
    const { patch } = result;
    expect(patch?.files.map((file) => file.path)).toEqual(['src/b']);
    expect(await scheduledIn(h, `${handle.workflowId}/agent:1`)).not.toContain('activity effect');
    expect(await h.story(handle)).toEqual(
      expect.arrayContaining([expect.stringContaining('agent:1 bash: BRAID_POLICY_DENIED')]),
    );
  });

  it('E2: a person sees the whole input, refuses with a reason, and lets the very same pass for the run', async () => {
    const command = kind === null ? 'true' : 'echo made > made.txt; echo "it is \u202e done"';
    const handle = await h.start(
      `const one = await agent('one', {tools: ['bash']}); const two = await agent('two', {tools: ['bash']}); return [String(one), String(two)]`,
      { workspace: tempFolder({}), provider: making(['bash', { command: 'rm x' }], ['bash', { command }]) },
    );
    const first = await openGate(handle);
    expect(first).toMatchObject({ gate: 'agent:1/ask:1', kind: 'ask', node: `${handle.workflowId}/agent:1` });
    expect(first.details).toContain('"command": "rm x"');
    await expect
      .poll(async () => (await listRuns(h.client, { waiting: true })).map(({ run }) => run))
      .toContain(handle.workflowId);
    expect(await answer(first, 'maybe')).toBe('BRAID_ANSWER_INVALID');
    expect(await answer(first, 'no: keep it')).toBeNull();
    const second = await openGate(handle);
    expect(second.details).toContain(JSON.stringify(command).replace('\u202e', '\\u202e'));
    expect(await answer({ ...second, digest: first.digest }, true)).toBe('BRAID_ANSWER_STALE');
    expect(await answer(second, 'remember')).toBeNull();
    const third = await openGate(handle);
    expect(third).toMatchObject({ gate: 'agent:2/ask:1' });
    expect(await answer(third, false)).toBeNull();
    const { value, patch } = await resultOf(handle);
    const [one, two] = value as [string, string];
    expect(one).toMatch(/^BRAID_POLICY_DENIED: a person did not allow this: keep it\n---\n/);
    expect(two).toMatch(/^BRAID_POLICY_DENIED: a person did not allow this\.\n---\n/);
    if (kind === null) return expect(one).toContain('BRAID_SHELL_UNAVAILABLE');
    for (const text of [one, two]) expect(text).toMatch(/\n---\nexit code 0 [^]*done/);
    expect(patch?.files.map((file) => file.path)).toEqual(['made.txt']);
    expect(await h.story(handle)).toEqual(
      expect.arrayContaining([expect.stringContaining('let pass by a person (remember)')]),
    );
  });
});

describe('tools that the configuration adds', () => {
  const server = path.join(import.meta.dirname, '../../unit/mcp/server.mjs');
  const say = { name: 'say', description: 'says it', inputSchema: { type: 'object' } };

  function added(command: string): EffectSettings {
    const folder = tempFolder();
    const file = path.join(folder, 'braid.config.mjs');
    const mcp = JSON.stringify({ test: { command, args: [server, folder] } });
    writeFileSync(
      file,
      `export default { mcp: ${mcp}, rlm: { tools: { say: { description: '', run: ({ text }) => 'said ' + text } } } }`,
    );
    return { ...effects([]), tools: { file, own: [say], servers: ['test'] } };
  }

  it('are offered with their schemas; a function runs, a tool of a server asks first', async () => {
    const before = h.provider.requests.length;
    const handle = await h.start(`return await agent('work', {tools: ['say', 'mcp__test__e*']})`, {
      effects: added(process.execPath),
      provider: making(['say', { text: 'one' }], ['mcp__test__echo', { text: 'two' }], ['mcp__test__die', {}]),
    });
    const gate = await openGate(handle);
    expect(gate).toMatchObject({ gate: 'agent:1/ask:1', question: expect.stringContaining('mcp__test__echo') });
    expect(await answer(gate, 'yes')).toBeNull();
    const { value } = await resultOf(handle);
    expect(String(value).split('\n---\n')).toEqual([
      'said one',
      expect.stringMatching(/^\d+: two$/),
      expect.stringContaining('mcp__test__die'),
    ]);
    const [first] = h.provider.requests.slice(before);
    expect(first?.tools.map(({ name }) => name)).toEqual(['say', 'mcp__test__echo', 'mcp__test__env']);
    expect(await scheduledIn(h, `${handle.workflowId}/agent:1`)).toEqual([
      'activity offerTools',
      ...['activity model', 'activity effect', 'activity model', 'activity approval', 'activity effect'],
      ...['activity model', 'activity model'],
    ]);
  });

  it('E3: what an earlier run may have done is not repeated unless a person says so', async () => {
    const allowed: EffectSettings = { ...added(process.execPath), rules: [{ tool: 'mcp__*', then: 'allow' }] };
    const script = `return await agent('work', {tools: ['mcp__test__echo']})`;
    const play = making(['mcp__test__echo', { text: 'one' }]);
    const late = Promise.withResolvers<string>();
    const slow: ProviderScript = (request, n) => (turnOf(request) === 0 ? play(request, n) : late.promise);
    const before = h.provider.requests.length;
    const first = await h.start(script, { effects: allowed, provider: slow });
    await expect.poll(() => h.provider.requests.length - before, { timeout: 20_000 }).toBe(2);
    await first.terminate();
    h.forget(first.workflowId);
    // Its agent ends a moment after it; before, an answer would still be its result.
    const child = h.client.workflow.getHandle(`${first.workflowId}/agent:1`);
    await expect.poll(async () => (await child.describe()).status.name, { timeout: 30_000 }).not.toBe('RUNNING');
    late.resolve('too late');
    const handle = await h.start(script, { effects: allowed, provider: play, resumeFrom: first.workflowId });
    const gate = await openGate(handle);
    expect(gate.details).toContain('an earlier run, which this one resumes');
    expect(await answer(gate, 'skip')).toBeNull();
    const { value, usage } = await resultOf(handle);
    expect(value).toMatch(/^BRAID_EFFECT_UNKNOWN: /);
    expect(usage).toMatchObject({ requests: 1 });
  });

  it('a server that cannot be had is the coded outcome of the call', async () => {
    const { result } = await h.run(`return await agent('work', {tools: ['mcp__test__echo']})`, {
      effects: added('/no/such/program'),
    });
    expect(result.outcomes).toMatchObject([{ code: 'BRAID_MCP_FAILED', message: expect.stringContaining('ENOENT') }]);
    expect(result.usage).toMatchObject({ calls: 1, requests: 0, failed: 1 });
  });
});

describe.skipIf(kind === null)('what is not known', () => {
  it('E3: an effect that was under way is not repeated unless a person says so', async () => {
    const { promise: marked, resolve } = Promise.withResolvers<void>();
    const play = making(['bash', { command: 'echo first' }], ['bash', { command: 'echo second' }]);
    const handle = await h.start(AGENT, {
      workspace: tempFolder({}),
      effects: effects([{ tool: 'bash', then: 'allow' }], true),
      provider: async (request, n) => {
        await marked;
        return play(request, n);
      },
    });
    const child = h.client.workflow.getHandle(`${handle.workflowId}/agent:1`);
    const { runId } = await expect
      .poll(() => child.describe().catch(() => null), { timeout: 10_000 })
      .not.toBeNull()
      .then(() => child.describe());
    const records = openCallLogs(h.store).of({ workflowId: `${handle.workflowId}/agent:1`, runId });
    for (const place of ['agent:1#1.1', 'agent:1#2.1'])
      await records.markSent(`effect ${handle.workflowId}/agent:1 ${runId} ${place}`);
    resolve();
    const first = await openGate(handle);
    expect(first.question).toContain('not known');
    expect(first.details).toContain('"command": "echo first"');
    expect(await answer(first, 'yes')).toBe('BRAID_ANSWER_INVALID');
    expect(await answer(first, 'skip')).toBeNull();
    expect(await answer(await openGate(handle), 'again')).toBeNull();
    const { value } = await resultOf(handle);
    expect(value).toMatch(/^BRAID_EFFECT_UNKNOWN: [^\n]*\. It is not repeated\.\n---\nexit code 0 [^]*second/);
  });
});
