/** DW-51 and DW-52 on a real server: gates of scripts and cells, and calls that a person skips or has begun anew. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { sendUpdate } from '../../../client/updates.ts';
import { readRun } from '../../../client/view/read.ts';
import { isBraidError } from '../../../protocol/errors.ts';
import type { Json } from '../../../protocol/json.ts';
import type { GateView } from '../../../protocol/view.ts';
import { promptOf, type ProviderScript } from '../../../testing/provider/index.ts';
import { resultOf, useHarness } from '../../kit/harness.ts';
import { cell, playing } from '../../kit/play.ts';

const h = useHarness();

/** The run's open gate, as soon as its history tells of one. */
async function openGate(handle: WorkflowHandle): Promise<GateView> {
  for (;;) {
    const { gates } = await readRun(h.client, handle.workflowId);
    const gate = gates.find(({ state }) => state === 'open');
    if (gate !== undefined) return gate;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What an answer is refused with; null when it is taken. */
async function answer(node: string, gate: string, value: Json, digest: string | null = null): Promise<string | null> {
  const body = { gate, digest, value, by: 'ann' };
  return refused(sendUpdate(h.client, node, { name: 'answer', body }));
}

async function steer(handle: WorkflowHandle, address: string, action: 'skip' | 'restart'): Promise<string | null> {
  return refused(sendUpdate(h.client, handle.workflowId, { name: 'steer', body: { address, action } }));
}

async function refused(update: Promise<void>): Promise<string | null> {
  try {
    await update;
    return null;
  } catch (error) {
    if (isBraidError(error)) return error.code;
    throw error;
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe('gates', () => {
  it('DW-51: an answer is judged, bound to what was shown, and taken once; waiting is no run time', async () => {
    const handle = await h.start(
      `const schema = {type: 'object', properties: {n: {type: 'integer', minimum: 3}}, required: ['n']}
const began = now(); const asked = ask('How many?', {schema})
for (let i = 0; i < 5; i++) await agent('before')
const said = await asked
return [said, await agent('after'), budget.time.total, now() - began - budget.time.spent() > 500]`,
      // The gate outlives the execution that opened it.
      { limits: { maxTimeMs: 60_000 }, continueEvents: 12 },
    );
    const { gate, node, digest, schema } = await openGate(handle);
    expect({ gate, node, schema: schema !== null }).toEqual({ gate: 'ask:1', node: handle.workflowId, schema: true });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await answer(node, 'ask:2', 1)).toBe('BRAID_GATE_UNKNOWN');
    expect(await answer(node, gate, { n: 2 }, digest)).toBe('BRAID_ANSWER_INVALID');
    expect(await answer(node, gate, { n: 3 }, 'of something else')).toBe('BRAID_ANSWER_STALE');
    const two = await Promise.all([answer(node, gate, { n: 4 }, digest), answer(node, gate, { n: 5 }, digest)]);
    expect(two.filter((code) => code === null)).toHaveLength(1);
    const taken = { n: two[0] === null ? 4 : 5 };
    const { value } = await resultOf(handle);
    expect(value).toEqual([taken, 'ok', 60_000, true]);
    const { gates } = await readRun(h.client, handle.workflowId);
    expect(gates).toMatchObject([{ state: 'answered', value: taken, by: 'ann' }]);
  });

  it('DW-51: approve() takes true or false, its default serves at the timeout, and a gate without one throws then', async () => {
    const { result, handle } = await h.run(
      `const first = await approve('Deploy?', {build: 7}, {timeout: '100ms', default: false})
try { await ask('Who?', {timeout: 100}) } catch (error) { return [first, error.code] }`,
    );
    expect(result.value).toEqual([false, 'BRAID_GATE_TIMEOUT']);
    const { gates } = await readRun(h.client, handle.workflowId);
    expect(gates).toMatchObject([
      { gate: 'approve:1', kind: 'approve', details: '{\n  "build": 7\n}', state: 'timeout', value: false },
      { gate: 'ask:1', state: 'timeout', value: null },
    ]);
  });

  it('DW-51: a cell below a script asks; its node shows that it waits, and no time passes above it', async () => {
    const handle = await h.start(
      `const began = now(); const said = await rlm('what?')
return [said, now() - began - budget.time.spent() > 500]`,
      {
        provider: playing(cell("const who = await ask('Who?'); FINAL([who, await approve('Sure?')])")),
      },
    );
    const first = await openGate(handle);
    expect([first.gate, first.node]).toEqual(['rlm:1/ask:1', `${handle.workflowId}/rlm:1`]);
    const { searchAttributes } = await h.client.workflow.getHandle(first.node).describe();
    expect(searchAttributes['BraidState']).toEqual(['waiting']);
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect(await answer(first.node, first.gate, { outcome: 'ann' })).toBeNull();
    const second = await openGate(handle);
    expect([second.gate, await answer(second.node, second.gate, 'yes')]).toEqual([
      'rlm:1/approve:1',
      'BRAID_ANSWER_INVALID',
    ]);
    expect(await answer(second.node, second.gate, true)).toBeNull();
    const { value } = await resultOf(handle);
    expect(value).toEqual([[{ outcome: 'ann' }, true], true]);
  });
});

describe('call()', () => {
  it('reaches an agent definition, a saved workflow or a function by its name, from scripts and from cells', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'braid-call-'));
    mkdirSync(path.join(folder, '.braid/workflows'), { recursive: true });
    const saved = (name: string, body: string) =>
      writeFileSync(
        path.join(folder, '.braid/workflows', `${name}.js`),
        `export const meta = {name: '${name}', description: 'd'}\n${body}`,
      );
    saved('sum', "return [args, await ask('Inside?', {timeout: 50, default: 1})]");
    saved('twice', 'return 0');
    const file = path.join(folder, 'tools.mjs');
    const functions = "twice: {description: 'd', run: ({n}) => 2 * n}, half: {description: 'd', run: ({n}) => n / 2}";
    writeFileSync(file, `export default {rlm: {tools: {${functions}}}}`);
    const options = {
      workspace: folder,
      toolModule: { file, tools: ['twice', 'half'].map((name) => ({ name, description: 'd' })) },
      agents: {
        critic: {
          name: 'critic',
          description: 'd',
          prompt: 'You are a critic.',
          model: null,
          tools: [],
          source: 'test',
        },
      },
    };
    const body = `const failed = async (name, args) => { try { await call(name, args) } catch (e) { return e.code + ' ' + e.message } }
const found = {
  agent: await call('critic', 'mine'), opts: await call('agent:critic', {prompt: 'yours', label: 'l'}), sum: await call('sum', [1]),
  half: await call('half', {n: 8}), twice: await call('tool:twice', {n: 8}), saved: await call('workflow:twice'),
  two: await failed('twice', {}), none: await failed('critik', 'x'), wrong: await failed('critic', 7)}`;
    const expected = {
      ...{ agent: 'as a critic: mine', opts: 'as a critic: yours', sum: [[1], 1], half: 4, twice: 16, saved: 0 },
      two: expect.stringMatching(/^BRAID_CALL_NAME .*tool:twice, workflow:twice/),
      none: expect.stringMatching(/^BRAID_CALL_NAME .*Did you mean critic\?/),
      wrong: expect.stringMatching(/^BRAID_OPTION .*takes a prompt, not 7/),
    };
    const critic: ProviderScript = (request) =>
      `${/You are a critic/.test(request.system ?? '') ? 'as a critic: ' : ''}${promptOf(request)}`;
    const { result, handle } = await h.run(`${body}\nreturn found`, { ...options, provider: critic });
    expect(result.value).toEqual(expected);
    const { gates } = await readRun(h.client, handle.workflowId);
    expect(gates).toMatchObject([{ gate: 'workflow:1/ask:1', node: handle.workflowId, state: 'timeout' }]);
    const provider = playing(cell(`${body}\nFINAL(found)`), (request) => critic(request, 1) as string);
    const { result: ofCell } = await h.rlm('call', { ...options, provider });
    expect(ofCell.value).toEqual(expected);
  });
});

describe('steering', () => {
  /** Hangs until the prompt was asked twice; a prompt with "stay" for ever. */
  const hanging: ProviderScript = (request) => {
    const prompt = promptOf(request);
    const times = h.provider.requests.filter((one) => promptOf(one) === prompt).length;
    return /stay/.test(prompt) || times < 2 ? { hang: 'headers' } : `answered ${times}`;
  };

  it('DW-52: a call is skipped while it runs and while it waits, or begun anew; what it sent is counted', async () => {
    const handle = await h.start(
      `const [one, two, three] = await parallel([() => agent('run s1'), () => agentResult('stay s1'), () => agentResult('late s1')])
return [one, two.reason, two.error.code, three.ok, three.reason, outcomes().length]`,
      { provider: hanging, limits: { concurrency: 2 } },
    );
    await until(() => h.provider.requests.filter((one) => /s1/.test(promptOf(one))).length === 2);
    expect(await steer(handle, 'agent:3', 'skip')).toBeNull();
    expect(await steer(handle, 'agent:2', 'skip')).toBeNull();
    expect(await steer(handle, 'agent:1', 'restart')).toBeNull();
    const { value, usage, status } = await resultOf(handle);
    expect(value).toEqual(['answered 2', 'skipped', 'BRAID_CALL_SKIPPED', false, 'skipped', 2]);
    expect(usage).toMatchObject({ calls: 3, requests: 3, failed: 2 });
    expect(status).toBe('completed_with_failures');
  });

  it('DW-52: an agent with tools begins anew in a workflow of its own', async () => {
    const handle = await h.start(`return await agent('child s2')`, {
      provider: hanging,
      workspace: import.meta.dirname,
    });
    await until(() => h.provider.requests.some((one) => /s2/.test(promptOf(one))));
    expect(await steer(handle, 'agent:9', 'restart')).toBe('BRAID_CALL_NOT_OPEN');
    expect(await steer(handle, 'agent:1', 'restart')).toBeNull();
    const { value, usage } = await resultOf(handle);
    expect([value, usage.calls, usage.requests]).toEqual(['answered 2', 1, 2]);
    const again = await h.client.workflow.getHandle(`${handle.workflowId}/agent:1~2`).describe();
    expect(again.status.name).toBe('COMPLETED');
  });
});
