/** Continue-as-new of scripts (design §6): nothing is lost, nothing is made twice, and the guest notices nothing. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { SIGNALS } from '../../protocol/names.ts';
import { promptOf, type ProviderScript } from '../../testing/provider/index.ts';
import { resultOf, useHarness } from '../kit/harness.ts';

const h = useHarness();

/** How many executions the run had. */
async function executions(client: Client, { workflowId }: WorkflowHandle): Promise<number> {
  let count = 0;
  let runId = (await client.workflow.getHandle(workflowId).describe()).raw.workflowExecutionInfo?.firstRunId ?? '';
  while (runId !== '') {
    count += 1;
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    runId = events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? '';
  }
  return count;
}

describe('F1 and F2: a script that goes on in new executions', () => {
  it('makes each call once, in any form of composition, and sees one clock, one budget, one random', async () => {
    const source = `
      phase('Fan');
      const first = await parallel(Array.from({length: 30}, (_, i) => () => agent('fan ' + i)));
      phase('Walk');
      const walked = await pipeline([1, 2, 3, 4, 5, 6], (n) => agent('a' + n), (text, n) => agent(text + ' then b' + n));
      const dice = [random(), random()];
      const t = now();
      const order = [];
      for (let i = 0; i < 25; i++) { order.push(await agent('step ' + i)); if (i === 5) log('at five'); }
      return {first, walked, order, dice, later: now() >= t, spent: budget.spent()};
    `;
    const provider: ProviderScript = (request) => ({ text: `<${promptOf(request)}>`, usage: { input: 1, output: 2 } });
    const options = { provider, limits: { concurrency: 4 } };
    const long = await h.run(source, { ...options, continueEvents: 60 });
    expect(await executions(h.client, long.handle)).toBeGreaterThan(2);
    const whole = await h.run(source, options);
    expect(await executions(h.client, whole.handle)).toBe(1);
    expect(long.result.value).toEqual(whole.result.value);
    expect(long.result.usage).toEqual(whole.result.usage);
    expect(long.result.usage).toMatchObject({ calls: 67, requests: 67, replayed: 0, failed: 0, outputTokens: 134 });
    const prompts = long.requests.map((request) => promptOf(request));
    expect(new Set(prompts).size).toBe(67);
    expect(prompts).toHaveLength(67);
  });

  it('takes nested workflows, timers, failures and limits along', async () => {
    const root = mkdtempSync(path.join(tmpdir(), 'braid-continue-'));
    const inner =
      'const out = []; for (let i = 0; i < args.n; i++) out.push(await agent("inner " + i, {tools: []})); return out;';
    writeFileSync(path.join(root, 'n.js'), inner);
    const source = `
      const nested = workflow({scriptPath: 'n.js'}, {n: 12});
      const slow = sleep(2500).then(() => 'slept');
      const rest = [];
      for (let i = 0; i < 14; i++) rest.push(await agent('rest ' + i, {tools: []}));
      const [lost] = await parallel([() => agent('bad', {tools: []})]);
      const inside = await nested;
      let more = 0;
      try { for (;;) { await agent('more ' + more, {tools: []}); more++; } }
      catch (error) { return [rest.length, lost, await slow, inside.length, more, error.code, outcomes().map((o) => o.reason)]; }
    `;
    const provider: ProviderScript = (request) => (promptOf(request).includes('bad') ? { status: 400 } : 'ok');
    const options = { provider, workspace: root, limits: { concurrency: 3, maxCalls: 34 }, continueEvents: 50 };
    const { result, requests, handle } = await h.run(source, options);
    expect(await executions(h.client, handle)).toBeGreaterThan(1);
    expect(result.value).toEqual([14, null, 'slept', 12, 6, 'BRAID_BUDGET_EXHAUSTED', ['error', 'refused']]);
    expect(result.usage).toMatchObject({ calls: 34, requests: 33, failed: 1, refused: 1 });
    expect(new Set(requests.map((request) => promptOf(request))).size).toBe(33);
  });

  it('is paused and resumed across executions', async () => {
    const source = 'const all = []; for (let i = 0; i < 12; i++) all.push(await agent("n" + i)); return all.length;';
    const handle = await h.start(source, { continueEvents: 30 });
    await handle.signal(SIGNALS.pause);
    await handle.signal(SIGNALS.resume);
    expect(await resultOf(handle)).toMatchObject({ value: 12, usage: { calls: 12, requests: 12 } });
  });
});

describe('a recursive model that goes on in new executions', () => {
  it('keeps its transcript, its variables and the names of its calls', async () => {
    const turns = 8;
    const provider: ProviderScript = (request) => {
      const text = promptOf(request);
      if (text.startsWith('piece')) return `<${text.slice(0, 8)}>`;
      const n = request.messages.filter(({ role }) => role === 'assistant').length + 1;
      if (n > turns) return '```js\nFINAL({count: bag.size, last: add(0)})\n```';
      const first = n === 1 ? 'const bag = new Map(); let sum = 0; const add = (k) => (sum += k);' : '';
      return `\`\`\`js\n${first} add(${n}); bag.set(${n}, await llm_query('piece ${n}')); console.log(bag.get(${n}), sum)\n\`\`\``;
    };
    const options = { provider, continueEvents: 50 };
    const { result, requests, handle } = await h.rlm('Go', options);
    expect(await executions(h.client, handle)).toBeGreaterThan(1);
    expect(result).toMatchObject({ status: 'completed', value: { count: 8, last: 36 }, iterations: 9 });
    expect(result.usage).toMatchObject({ calls: 8, requests: 17 });
    expect(requests).toHaveLength(17);
    expect(requests.at(-1)?.messages).toHaveLength(2 * turns + 1);
  });
});
