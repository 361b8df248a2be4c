/**
 * Replays every kept history. To keep those of the present engine as well: BRAID_KEEP_HISTORIES=1 npm run test:integration --
 * kept-histories
 */
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Worker } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import { ENGINE_HASH } from '../../sandbox/engine/engine-hash.ts';
import { KEPT_SCRIPTS } from '../../sandbox/engine/kept/scripts.ts';
import { openStore } from '../../store/blobs.ts';
import { createPayloadCodec } from '../../store/payload-codec.ts';
import type { ProviderScript } from '../../testing/provider/index.ts';
import { sharedBundle, useHarness } from '../kit/harness.ts';
import { keepHistories, keptHistories } from '../kit/kept-histories.ts';
import { cell, cells, playing } from '../kit/play.ts';

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
    const names = [...Object.keys(SCRIPTS), RLM, `${RLM}/rlm:1`];
    await expect(keepHistories(h.client, h.store, ENGINE, names)).resolves.toBeUndefined();
  });
});

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
