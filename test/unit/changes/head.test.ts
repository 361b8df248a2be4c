import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { MergeRequest } from '../../../protocol/activities.ts';
import type { CallTag } from '../../../protocol/model-call.ts';
import type { MergeResult, Patch } from '../../../protocol/overlay.ts';
import { Changes, changesOf, type ChangesWorld } from '../../../workflows/tree/changes.ts';

const merge = vi.hoisted(() => vi.fn<(tag: CallTag, request: MergeRequest) => Promise<MergeResult>>());
vi.mock('../../../workflows/activities.ts', () => ({ activities: { merge } }));

/** The overlay of a merge is named by its parts. */
const mergedBy = async (_tag: CallTag, { id, patches }: MergeRequest): Promise<MergeResult> => ({
  patch: { id, overlay: patches.map(({ overlay }) => overlay).join('+'), from: null, files: [] },
  conflicts: [],
});
const p = (overlay: string, from: string | null = null): Patch => ({
  id: `agent:${overlay}`,
  overlay,
  from,
  files: [],
});
const world = () => {
  const warnings: string[] = [];
  const made: ChangesWorld & { warnings: string[] } = {
    warnings,
    prefix: '',
    outcomes: [],
    failed: 0,
    snapshotKey: () => ({ key: 'k', workspace: { root: '/w', base: null } }),
    warn: (text) => void warnings.push(text),
    unfinished: (work) => work,
  };
  return made;
};
const requests = () =>
  merge.mock.calls.map(([, { patches, includes }]) => [patches.map(({ overlay }) => overlay), includes]);

beforeEach(() => void merge.mockReset().mockImplementation(mergedBy));

describe('the head', () => {
  it('H3 is the newest patch where each began on the one before, without a merge', () => {
    const changes = new Changes(world(), null);
    expect(changes.take(p('a'), false)).toBeNull();
    expect(changes.take(p('b', 'a'), false)).toBeNull();
    expect(changes.head).toMatchObject({ overlay: 'b', from: null });
    expect(changes.beginsOf({ on: null, isolated: false })).toEqual([changes.head]);
    expect(changes.beginsOf({ on: null, isolated: true })).toEqual([]);
    expect(changes.beginsOf({ on: [p('x')], isolated: false })).toEqual([p('x')]);
    expect(changes.beginsOf(undefined)).toEqual([]);
    expect(merge).not.toHaveBeenCalled();
  });

  it('H2 takes in what ended at once one after the other, knowing what each began on', async () => {
    const changes = new Changes(world(), null);
    void changes.take(p('a'), false);
    await Promise.all([changes.take(p('b'), false), changes.take(p('c', 'a'), false)]);
    expect(requests()).toEqual([
      [['a', 'b'], undefined],
      [['a+b', 'c'], ['a']],
    ]);
    expect(changes.head?.overlay).toBe('a+b+c');
  });

  it('H2 a conflict is a warning; a merge that fails leaves the patch out and an outcome', async () => {
    const made = world();
    const changes = new Changes(made, null);
    const conflict = { path: 'f', kind: 'content', ours: 'agent:a', theirs: 'agent:b', hunks: [] } as const;
    merge.mockImplementationOnce(async (tag, request) => ({
      ...(await mergedBy(tag, request)),
      conflicts: [{ ...conflict, hunks: [] }],
    }));
    void changes.take(p('a'), false);
    await changes.take(p('b'), false);
    expect(made.warnings).toEqual([
      expect.stringMatching(/^conflict: agent:a and agent:b both change f .* agent:b wants/),
    ]);
    const cause = ApplicationFailure.nonRetryable('too large', 'BRAID_OVERLAY_TOO_LARGE');
    merge.mockRejectedValueOnce(new ActivityFailure('x', 'merge', 'id', 'NON_RETRYABLE_FAILURE', undefined, cause));
    await changes.take(p('c'), false);
    expect(changes.head?.overlay).toBe('a+b');
    expect(made.outcomes).toMatchObject([
      { address: 'merge:2', code: 'BRAID_OVERLAY_TOO_LARGE', message: expect.stringContaining('agent:c') },
    ]);
    expect(made.failed).toBe(1);
  });
});

describe('what a run has to show', () => {
  it('is nothing, the one patch, or all of them merged in the order in which they ended', async () => {
    const changes = new Changes(world(), null);
    expect(await changesOf({ changes })).toEqual({});
    void changes.take(p('i'), true);
    expect((await changesOf({ changes })).patch).toEqual({ ...p('i'), id: 'run' });
    void changes.take(p('a'), false);
    void changes.take(p('j', 'a'), true);
    expect((await changesOf({ changes })).patch?.overlay).toBe('a+i+j');
  });

  it('is what was kept last, and nothing when that is null', async () => {
    const changes = new Changes(world(), null);
    void changes.take(p('a'), false);
    changes.keep(p('k'));
    expect(await changesOf({ changes })).toEqual({ patch: p('k') });
    changes.keep(null);
    expect(await changesOf({ changes })).toEqual({});
    expect(merge).not.toHaveBeenCalled();
  });

  it('of a child node is what differs from where it began', async () => {
    const changes = new Changes({ ...world(), prefix: 'rlm:1/' }, p('above'));
    expect(await changesOf({ changes })).toEqual({});
    void changes.take(p('a', 'above'), false);
    expect(await changesOf({ changes })).toEqual({ patch: { ...p('a'), id: 'rlm:1', from: 'above' } });
  });
});

describe('patches of earlier runs', () => {
  it('are carried over by a merge when something begins on them, and known by their own names', async () => {
    const changes = new Changes(world(), null);
    expect(changes.takeIn({ patch: p('old'), replayed: true })).toBeNull();
    expect(changes.takeIn({ patch: null, replayed: true })).toBeNull();
    expect(changes.beginsOf({ on: null, isolated: false })).toMatchObject([{ overlay: 'old' }]);
    expect(changes.overlayOf([p('old')])).toBeNull();
    expect(changes.overlayOf([p('new')])).toEqual({ overlay: 'new' });
    expect(changes.overlayOf([])).toEqual({ overlay: null });
    merge.mockImplementation(async (_tag, { id }) => ({ patch: { ...p('carried'), id }, conflicts: [] }));
    expect(await changesOf({ changes })).toMatchObject({ patch: { overlay: 'carried' } });
  });
});

it('what agents began on is told where it is a merge of what is merged, also after continue-as-new', async () => {
  const before = new Changes(world(), null);
  const tag = { label: 'merge', phase: null, model: null, turn: 0 };
  const { patch } = await before.merge(tag, [p('a'), p('b')]);
  const changes = new Changes(world(), null);
  changes.continueFrom(JSON.parse(JSON.stringify(before.handover)));
  await changes.merge(tag, [p('a'), p('b'), p('c', patch.overlay), p('d', 'unknown')]);
  expect(merge.mock.calls.at(-1)?.[1]).toMatchObject({ id: 'merge:2', includes: ['a+b'] });
});
