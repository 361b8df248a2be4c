/** Code that accumulates: runs kept as workflows, their tests, and one way to call what bears a name (issue 6, part 5). */
import { mkdtempSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { recordRun } from '../../../client/save/record.ts';
import { saveRun, type Saved } from '../../../client/save/save.ts';
import { testSaved } from '../../../client/save/test-saved.ts';
import { groupCode } from '../../../client/mine/groups.ts';
import { codeOfKept, codeOfRun } from '../../../client/mine/read-code.ts';
import { readRun } from '../../../client/view/read.ts';
import { clientSources } from '../../../histories/journal/client-sources.ts';
import { closeNode } from '../../../histories/journal/close.ts';
import { BUILT_IN_AGENTS } from '../../../protocol/built-in-agents.ts';
import { promptOf, type Reply, type SeenRequest } from '../../../testing/provider/index.ts';
import { useHarness, type RunOptions } from '../../kit/harness.ts';
import { cell, isTurn, playing } from '../../kit/play.ts';

const h = useHarness();

async function project(): Promise<string> {
  const root = mkdtempSync(path.join(tmpdir(), 'braid-saved-'));
  await mkdir(path.join(root, '.braid/workflows'), { recursive: true });
  return root;
}

/** As `braid save` does. `source`: of a script, whose hash the harness does not keep. */
async function save(run: string, as: string, root: string, source?: string): Promise<Saved> {
  const view = await readRun(h.client, run);
  const kept = source === undefined ? view : { ...view, sourceHash: await h.store.put(source) };
  const record = (script: string) => recordRun(h, view, { source: script, workflow: as });
  return saveRun(kept, h.store, { as, project: root, record });
}

/** What the provider was asked while `work` ran. */
async function requestsIn<T>(work: () => Promise<T>): Promise<{ value: T; requests: SeenRequest[] }> {
  const before = h.provider.requests.length;
  const value = await work();
  return { value, requests: h.provider.requests.slice(before) };
}

describe('a saved RLM', () => {
  const context = Array.from({ length: 40 }, (_, n) => `line ${n}: ${n % 3 === 0 ? 'a complaint' : 'praise'}`).join(
    '\n',
  );
  const leaf = (request: SeenRequest): Reply => ({ text: String(promptOf(request).split('complaint').length - 1) });

  it('runs again as a workflow without the root model, by name as well, and its test asks nobody (Shows 4)', async () => {
    const root = await project();
    const ran = await h.rlm('How many complaints?', {
      context,
      provider: playing(
        cell('const parts = context.chunks({ by: "lines", size: 10 })\nprint(parts.length)'),
        cell('const counts = await llm_query_batched(parts.map((part) => "Count:\\n" + part))'),
        cell('FINAL(counts.reduce((sum, n) => sum + Number(n), 0))'),
        leaf,
      ),
    });
    expect(ran.result.value).toBe(14);
    const leaves = ran.requests.filter((request) => !isTurn(request)).map(promptOf);
    expect(leaves).toHaveLength(4);

    const { value: saved, requests } = await requestsIn(() => save(ran.handle.workflowId, 'complaints', root));
    expect(saved.notice).toBeNull();
    const tested = await requestsIn(() => testSaved('complaints', root));
    expect(tested.value).toMatchObject({ passed: true, calls: 4, differences: [] });
    expect([...requests, ...tested.requests]).toEqual([]);

    const source = await readFile(saved.script, 'utf8');
    const again = await h.run(source, { args: { context }, provider: leaf });
    expect(again.result.value).toBe(14);
    expect(again.requests.map(promptOf).toSorted()).toEqual(leaves.toSorted());
    const caller = `return call('complaints', { context: args.text })`;
    const named = await h.run(caller, { workspace: root, args: { text: 'a complaint' }, provider: leaf });
    expect([named.result.value, named.requests.map(promptOf)]).toEqual([1, ['Count:\na complaint']]);

    const view = await readRun(h.client, ran.handle.workflowId);
    const { kept } = await closeNode(clientSources(h.client, h.store), ran.handle.workflowId);
    const [now, later] = [await codeOfRun(view, h.store), await codeOfKept(kept!, h.store)];
    expect(now).toHaveLength(3);
    expect(later.map(({ shape }) => shape)).toEqual(now.map(({ shape }) => shape));
    const group = groupCode(now, { min: 1, taken: [] }).find(({ name }) => name === 'llm-query-batched');
    expect(group).toMatchObject({ count: 1, runs: 1, success: 1, median: { calls: 4 } });

    // A change is told, and even then nobody is asked.
    await writeFile(saved.script, source.replace('Count:', 'Tally:'));
    const changed = await requestsIn(() => testSaved('complaints', root));
    expect(changed.value).toMatchObject({ passed: false, calls: 0 });
    expect(changed.value.differences[0]).toMatch(/^changed: .* asks "Tally: .*recorded was "Count: /);
    expect(changed.requests).toEqual([]);
  });
});

describe('a saved script', () => {
  it('records functions, nested workflows, gates, failures and the order of answers, of resumed runs as well', async () => {
    const root = await project();
    const file = path.join(root, 'braid.config.ts');
    await writeFile(file, 'export default { rlm: { tools: { half: { description: "d", run: (n) => n / 2 } } } }');
    await writeFile(
      path.join(root, '.braid/workflows/inner.js'),
      `return 'inner ' + (await agent('inside', { tools: [] }))`,
    );
    const source = `
const order = []
const ask1 = async (name) => { const text = await agent(name, { tools: [] }); order.push(name); return text }
const [slow, fast, half, inner, sure, dead] = await Promise.all([
  ask1('slow'), ask1('fast'), call('tool:half', 4), workflow('inner'),
  ask('Sure?', { timeout: '1s', default: 'yes' }), ask1('dead')])
phase('End')
await sleep(20)
const last = await agentResult('Sum: ' + order.filter((name) => name !== 'dead'), { tools: [], label: 'sum' })
return { slow, fast, half, inner, sure, dead, order: order.filter((name) => name !== 'dead'), last: last.value, lost: outcomes().length }`;
    const provider = (request: SeenRequest): Reply => {
      const prompt = promptOf(request);
      if (prompt === 'dead') return { status: 400, body: { error: { message: 'no' } } };
      return { text: `<${prompt}>`, delayMs: prompt === 'slow' ? 300 : 0 };
    };
    const options: RunOptions = {
      ...{ provider, workspace: root },
      toolModule: { file, tools: [{ name: 'half', description: 'd' }] },
    };
    const ran = await h.run(source, options);
    expect(ran.result.value).toMatchObject({
      half: 2,
      inner: 'inner <inside>',
      sure: 'yes',
      dead: null,
      order: ['fast', 'slow'],
    });
    const saved = await save(ran.handle.workflowId, 'mixed', root, source);
    expect(saved.notice).toBeNull();
    const { value, requests } = await requestsIn(() => testSaved('mixed', root));
    expect(value).toEqual({ workflow: 'mixed', passed: true, calls: 7, requests: 0, differences: [] });
    expect(requests).toEqual([]);

    // Resumed with another end: what was served is recorded like what was paid for.
    const edited = source.replace('Sum: ', 'Total: ');
    const resumed = await h.run(edited, { ...options, resumeFrom: ran.handle.workflowId });
    expect(resumed.requests.map(promptOf)).toEqual(['dead', 'Total: fast,slow']);
    const second = await save(resumed.handle.workflowId, 'again', root, edited);
    expect(second.notice).toBeNull();
    expect(await testSaved('again', root)).toMatchObject({ passed: true, calls: 7 });
    await writeFile(second.script, source);
    expect((await testSaved('again', root)).differences).toEqual([
      'changed: End › sum (agent) asks "Sum: fast,slow"; recorded was "Total: fast,slow"',
    ]);
  });
});

describe('a saved script whose agents change files', () => {
  it('is tested with their patches and merges, and changes nothing', async () => {
    const root = await project();
    const source = `
const calls = ['a', 'b'].map((name) => agent('Write ' + name, { isolation: 'worktree', label: name }))
const said = await Promise.all(calls)
const { patch, conflicts } = await merge(await Promise.all(calls.map((call) => call.patch)))
keep(patch)
return { said: said.map(String), files: patch.files.map((file) => file.path), conflicts: conflicts.length, own: said[0].patch.files.length }`;
    const provider = (request: SeenRequest): Reply => {
      const name = promptOf(request).slice(-1);
      if (request.messages.some(({ role }) => role === 'tool')) return { text: `wrote ${name}` };
      return { toolCalls: [{ name: 'write', input: { path: `${name}.txt`, content: 'new' } }] };
    };
    const ran = await h.run(source, { workspace: root, provider });
    expect(ran.result.value).toEqual({ said: ['wrote a', 'wrote b'], files: ['a.txt', 'b.txt'], conflicts: 0, own: 1 });
    const saved = await save(ran.handle.workflowId, 'writers', root, source);
    expect(saved.notice).toBeNull();
    const { value, requests } = await requestsIn(() => testSaved('writers', root));
    expect([value.differences, value.calls, requests]).toEqual([[], 3, []]);
    expect(await readdir(root)).toEqual(['.braid']);
  });
});

describe('call(name, args)', () => {
  it('gives the same to the same caller, be the name an agent, a function, a workflow or an RLM', async () => {
    const root = await project();
    const caller = `return [await call('classify', { prompt: args.text }), await call('classify', { prompt: 'x' })]`;
    const file = path.join(root, 'braid.config.ts');
    const code =
      'export default { rlm: { tools: { classify: { description: "d", run: ({ prompt }) => prompt.length > 3 ? "long" : "short" } } } }';
    await writeFile(file, code);
    const asked = (request: SeenRequest): Reply => {
      const [text = ''] = promptOf(request).split('\n\n<context>');
      if (isTurn(request)) return { text: cell('FINAL(String(context).length > 3 ? "long" : "short")') };
      return { text: text.length > 3 ? 'long' : 'short' };
    };
    const run = async (more: RunOptions) => {
      const { result, requests } = await h.run(caller, { args: { text: 'a long one' }, provider: asked, ...more });
      return [result.value, requests.length];
    };
    const classify = {
      ...BUILT_IN_AGENTS['general-purpose']!,
      name: 'classify',
      prompt: 'Say long or short.',
      tools: [],
    };
    const prompt: RunOptions = { agents: { classify } };
    const script = path.join(root, '.braid/workflows/classify.js');

    expect(await run(prompt)).toEqual([['long', 'short'], 2]);
    expect(await run({ toolModule: { file, tools: [{ name: 'classify', description: 'd' }] } })).toEqual([
      ['long', 'short'],
      0,
    ]);
    await writeFile(script, `return args.prompt.length > 3 ? 'long' : 'short'`);
    expect(await run({ workspace: root })).toEqual([['long', 'short'], 0]);
    await writeFile(script, `return rlm('Long or short?', args.prompt, { iterations: 2 })`);
    expect(await run({ workspace: root })).toEqual([['long', 'short'], 2]);
    expect(await run(prompt)).toEqual([['long', 'short'], 2]);
  });
});
