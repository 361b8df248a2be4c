/**
 * Replays every kept history. To keep those of the present engine as well: BRAID_KEEP_HISTORIES=1 npm run test:integration --
 * kept-histories
 */
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Worker } from '@temporalio/worker';
import { describe, expect, it, vi } from 'vitest';
import { RunHandle } from '../../client/run-handle.ts';
import { ENGINE_HASH } from '../../sandbox/engine/engine-hash.ts';
import { KEPT_SCRIPTS } from '../../sandbox/engine/kept/scripts.ts';
import { openStore } from '../../store/blobs.ts';
import { createPayloadCodec } from '../../store/payload-codec.ts';
import { promptOf, type ProviderScript } from '../../testing/provider/index.ts';
import { sharedBundle, useHarness } from '../kit/harness.ts';
import { keepHistories, keptHistories } from '../kit/kept-histories.ts';
import { cell, cells, playing } from '../kit/play.ts';
import { tempFolder } from '../unit/workspace/kit.ts';
import { calls, turnOf } from './tools/kit.ts';

const ENGINE = ENGINE_HASH.slice(0, 12);
const h = useHarness();

const SCRIPTS: { [name: string]: string } = {
  'kept-pipeline': `export const meta = {name: 'kept', description: 'd', phases: [{title: 'A'}]}
phase('A'); log('x'.repeat(3000))
const r = await pipeline([1, 2, 3], (x) => agent('one ' + x), (p, x) => parallel([() => agent('two ' + x), () => { throw new Error('no') }]))
await sleep(20); return [r, random(), outcomes().length]`,
  'kept-schema': `const schema = {type: 'object', properties: {n: {type: 'integer'}}, required: ['n']}
return [await agentResult('x', {schema}), await agentResult('y', {model: 'nobody/z'}), now() > 0]`,
  'kept-limits': `try { for (;;) await agent('x') } catch (e) { return e.code }`,
};

const RLM = 'kept-rlm';
const root = playing(
  cell("print(context.length); const said = await llm_query_batched(['a', 'b', 'c'])"),
  'no cell',
  cells('null.x', '1'),
  cell("const part = await rlm_query('part', context.slice(0, 20000)); FINAL({said, part})"),
  () => 'a word',
);
const rlmProvider: ProviderScript = (request, n) =>
  /one part of a larger/.test(request.system ?? '') ? cell('FINAL(context.count("line"))') : root(request, n);

/** Two agents that change files apart, put together; their workflows are kept as well. */
const CHANGES = 'kept-changes';
const CHANGES_SOURCE = `const patches = await parallel(['a.txt', 'b.txt'].map((file) => async () => {
  const call = agent(file, {isolation: 'worktree'})
  await call
  return call.patch
}))
const {patch, conflicts} = await merge(patches)
keep(patch)
return [conflicts, patch.files.map(({path}) => path)]`;
const editor: ProviderScript = (request) =>
  turnOf(request) > 0 ? 'done' : calls(['edit', { path: promptOf(request), old: 'old', new: 'new' }]);

/** An agent that asks another one and a workflow. */
const DELEGATE = 'kept-delegate';
const lead = { name: 'lead', description: 'd', prompt: 'You lead.', model: null, tools: ['agent'], source: 'test' };
const leading: ProviderScript = (request) =>
  promptOf(request) === 'Lead.' && turnOf(request) === 0 ? calls(['agent', { prompt: 'one' }]) : 'said';

const GATE = 'kept-gate';
const GATE_SOURCE = `phase('Ask'); const go = await approve('Go on?', {details: 'all of it'})
return [go, await agent('after', {budget: {requests: 2}}), budget.spent()]`;

/** The last of its executions. */
const CONTINUED = 'kept-continued';
const CONTINUED_SOURCE = `const first = await parallel(Array.from({length: 12}, (_, i) => () => agent('fan ' + i)))
for (let i = 0; i < 12; i++) await agent('step ' + i)
return [first.length, random(), budget.spent()]`;

describe.runIf(process.env['BRAID_KEEP_HISTORIES'] !== undefined)('keeping', () => {
  it('writes histories of the present engine', async () => {
    for (const [id, source] of Object.entries(SCRIPTS)) {
      const limits = id === 'kept-limits' ? { maxCalls: 3 } : {};
      await h.run(source, {
        id,
        limits,
        provider: (request, n) => (request.schema === null ? `said ${n}` : { submit: n === 1 ? {} : { n } }),
      });
    }
    await h.rlm('How many?', {
      id: RLM,
      context: 'a line\n'.repeat(5_000),
      provider: rlmProvider,
      rlm: { maxIterations: 6 },
    });
    const workspace = tempFolder({ 'a.txt': 'old a\n', 'b.txt': 'old b\n' });
    await h.run(CHANGES_SOURCE, { id: CHANGES, workspace, provider: editor });
    await h.run(`return await agent('Lead.', {agentType: 'lead'})`, {
      id: DELEGATE,
      agents: { lead },
      provider: leading,
    });
    await answeredGate();
    await h.run(CONTINUED_SOURCE, { id: CONTINUED, continueEvents: 30 });
    const below = [`${RLM}/rlm:1`, `${CHANGES}/agent:1`, `${CHANGES}/agent:2`, `${DELEGATE}/agent:1`];
    const names = [...Object.keys(SCRIPTS), RLM, CHANGES, DELEGATE, GATE, CONTINUED, ...below];
    await expect(keepHistories(h.client, h.store, ENGINE, names)).resolves.toBeUndefined();
  });
});

async function answeredGate(): Promise<void> {
  const handle = await h.start(GATE_SOURCE, { id: GATE });
  const run = new RunHandle(h.client, handle.workflowId);
  await vi.waitUntil(async () => (await run.gates()).some(({ state }) => state === 'open'));
  await run.answer(null, true);
  await handle.result();
}

describe('kept histories', () => {
  const kept = keptHistories();

  it('there are some', () => {
    expect(kept.length).toBeGreaterThanOrEqual(Object.keys(SCRIPTS).length);
  });

  it.each(kept.map((one) => [`${one.engine}/${one.name}`, one] as const))(
    '%s replays',
    async (_name, { engine, name, history, home }) => {
      // Opening a store writes into it; what is kept stays as it is.
      const copy = mkdtempSync(path.join(tmpdir(), 'braid-kept-'));
      cpSync(home, copy, { recursive: true });
      const options = {
        workflowBundle: sharedBundle(),
        dataConverter: { payloadCodecs: [createPayloadCodec(openStore(copy))] },
        debugMode: false,
      };
      const replayed = Worker.runReplayHistory(options, history, name);
      // A recursive model's workflow holds no engine: its sessions do, in activities.
      if (engine === ENGINE || engine in KEPT_SCRIPTS || name.startsWith(RLM)) await replayed;
      // Another engine's run must wait for a worker of its build, not go wrong on this one.
      else await expect(replayed).rejects.toThrow(/needs the engine/);
    },
  );
});
