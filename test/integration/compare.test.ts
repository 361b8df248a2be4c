/** `braid compare` by real runs: its numbers are those of the runs that it names, and what it says of them is so. */
import { describe, expect, it } from 'vitest';
import type { Comparison } from '../../client/compare/comparison.ts';
import { prepareComparison, type CompareOptions } from '../../client/compare/prepare.ts';
import { renderComparison } from '../../client/compare/render.ts';
import { runSides, type ComparePlace, type Watching } from '../../client/compare/sides.ts';
import { openLibraryContext } from '../../client/input/library-context.ts';
import { readRun } from '../../client/view/read.ts';
import { taskQueueOf } from '../../protocol/names.ts';
import { promptOf, type ProviderScript, type SeenRequest } from '../../testing/provider/index.ts';
import { useHarness } from '../kit/harness.ts';
import { cell, isTurn, playing } from '../kit/play.ts';

const h = useHarness();

const TEXT = Array.from(
  { length: 60 },
  (_, i) => `entry ${i + 1} tells of ${(i * 7919) % 1009} things, and no more\n`,
).join('');

const HALVES = cell(`const halves = [context.slice(0, 1000), context.slice(1000)]
const counts = await llm_query_batched(halves.map((half) => 'Count the lines:\\n' + half))
print(counts)`);

const play = playing(HALVES, cell("FINAL('60')"), (request) =>
  promptOf(request).includes('<answers>') ? '60' : String(promptOf(request).match(/^entry /gm)?.length ?? 0),
);

describe('braid compare', () => {
  it('takes every number from the runs that it names, tells what differed first, and pays for nothing twice', async () => {
    let roots = 0;
    const provider: ProviderScript = (request, n) => {
      if (!isFirstTurn(request)) return play(request, n);
      roots += 1;
      return roots < 2 ? play(request, n) : cell("FINAL('sixty')");
    };
    const found = await comparing({ id: 'cmp', repeat: 2 }, provider);
    const paid = h.provider.requests.length;
    const runs = [...found.workflow.runs, ...found.rlm.runs];
    expect(runs.map(({ run }) => run)).toEqual(
      [1, 2].flatMap((n) => `cmp-workflow-${n}`).concat([1, 2].map((n) => `cmp-rlm-${n}`)),
    );
    for (const run of runs) {
      const view = await readRun(h.client, run.run);
      const { usage, status, startedAt, endedAt, value } = view;
      expect(run).toMatchObject({ usage, status, startedAt, endedAt, answer: value });
      expect(run.tree).toHaveLength(1 + view.calls.length);
      expect(run.saw.requests).toHaveLength(usage.requests);
    }
    expect(found.workflow.runs[0]?.usage).toMatchObject({ calls: 7, requests: 7 });
    expect(found.rlm.runs.map(({ usage: { calls, requests } }) => [calls, requests])).toEqual([
      [2, 4],
      [0, 1],
    ]);
    expect(runs.reduce((sum, { usage }) => sum + usage.requests, 0)).toBe(paid);
    checkSaw(found);
    checkDeterminism(found);
    expect(found).toMatchObject({ sameAnswer: false, offline: [] });
    expect(renderComparison(found, { width: 120, color: false }).join('\n')).toContain(
      'cmp-rlm-2 first differs from cmp-rlm-1',
    );

    const attached: string[] = [];
    const again = await comparing({ id: 'cmp', repeat: 2 }, provider, {
      started: (run, fresh) => void attached.push(`${run} ${fresh}`),
    });
    expect(attached).toHaveLength(4);
    expect(attached.filter((line) => line.endsWith('true'))).toEqual([]);
    expect(h.provider.requests.length).toBe(paid);
    expect(again).toEqual(found);
    await expect(comparing({ id: 'cmp', repeat: 2, pieces: 5 }, provider)).rejects.toMatchObject({
      code: 'BRAID_RUN_EXISTS',
    });
  });

  it('shows the side that worked, with the reason why the other did not', async () => {
    const refusing: ProviderScript = (request, n) =>
      isTurn(request) ? { status: 401, body: { error: { message: 'no such key' } } } : play(request, n);
    const found = await comparing({ id: 'half', repeat: 1 }, refusing);
    expect(found.workflow.runs[0]).toMatchObject({ status: 'completed', answer: '60', error: null });
    expect(found.rlm.runs[0]).toMatchObject({ status: 'failed', error: { code: 'BRAID_PROVIDER_KEY_REJECTED' } });
    expect(found.sameAnswer).toBeNull();
    const text = renderComparison(found, { width: 100, color: false }).join('\n');
    expect(text).toMatch(/half-rlm-1: BRAID_PROVIDER_KEY_REJECTED/);
  });

  it('ends when somebody lets go of a run, starts no further one, and goes on there when it is typed again', async () => {
    const started: string[] = [];
    const hold = () => ({ signal: AbortSignal.timeout(1), left: () => true, stop: () => undefined });
    const leaving = { started: (run: string) => void started.push(run), hold };
    await expect(comparing({ id: 'left', repeat: 1 }, play, leaving)).rejects.toThrow(/let go of/);
    expect(started).toEqual(['left-workflow-1']);
    const fresh: boolean[] = [];
    const found = await comparing({ id: 'left', repeat: 1 }, play, {
      started: (_run, isFresh) => void fresh.push(isFresh),
    });
    expect(fresh).toEqual([false, true]);
    expect(found.workflow.runs[0]).toMatchObject({ run: 'left-workflow-1', status: 'completed' });
  });
});

/** The script's leaves read all of it, a sixth each; the RLM's leaves all of it in two, its root only what a preview shows. */
function checkSaw({ workflow, rlm }: Comparison): void {
  const [script] = workflow.runs;
  expect(script?.saw.root).toMatchObject({ requests: 0, chars: 0, share: 0 });
  expect(script?.saw.leaves).toMatchObject({ requests: 7, share: 1 });
  expect(script?.saw.leaves.largestShare).toBeGreaterThan(1 / 7);
  expect(script?.saw.leaves.largestShare).toBeLessThan(1 / 5);
  const [model] = rlm.runs;
  expect(model?.saw.leaves).toMatchObject({ requests: 2, share: 1 });
  expect(model?.saw.leaves.largestShare).toBeGreaterThan(0.5);
  expect(model?.saw.root.requests).toBe(2);
  expect(model?.saw.root.largest).toBeGreaterThan(1_000);
}

function checkDeterminism({ workflow, rlm }: Comparison): void {
  const { arrival, ...same } = workflow.determinism.same;
  expect(new Set(Object.values(same))).toEqual(new Set([true]));
  expect(workflow.determinism).toMatchObject({ compared: 2, first: null });
  expect(rlm.determinism.same).toMatchObject({ plan: false, tree: false, calls: false, answers: false, result: false });
  expect(rlm.determinism.first).toMatchObject({
    run: 'cmp-rlm-2',
    from: 'cmp-rlm-1',
    what: 'answers',
    address: 'root',
    n: 1,
  });
  expect(typeof arrival).toBe('boolean');
}

function isFirstTurn(request: SeenRequest): boolean {
  return isTurn(request) && request.messages.every(({ role }) => role !== 'assistant');
}

async function comparing(
  options: Pick<CompareOptions, 'id' | 'pieces' | 'repeat'>,
  provider: ProviderScript,
  watching: Partial<Watching> = {},
): Promise<Comparison> {
  // A run without calls sets the provider's script.
  await h.run('return null', { provider });
  const place: ComparePlace = { client: h.client, store: h.store, taskQueue: taskQueueOf(h.store.id) };
  const context = () => openLibraryContext(TEXT, h.store, () => undefined);
  const flags = { model: 'openai-chat/test' };
  const prepared = await prepareComparison({ task: 'How many lines are there?', context, flags, ...options }, h.store);
  const found = await runSides(place, prepared, {
    started: () => undefined,
    seen: () => undefined,
    hold: () => null,
    ...watching,
  });
  if (found === null) throw new Error('the comparison was let go of');
  return found;
}
