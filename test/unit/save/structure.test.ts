import { describe, expect, it } from 'vitest';
import { checkStructure, parseStructure, pinStructure } from '../../../client/save/structure.ts';
import type { Json } from '../../../protocol/json.ts';
import type { CallView } from '../../../protocol/view.ts';
import { refusal } from '../input/kit.ts';
import { callView, viewOf } from '../render/views.ts';

const call = (n: number, label: string, more: Partial<CallView> = {}) => callView(n, 'done', { label, ...more });
const audit = (labels: [string, string][]) => viewOf(labels.map(([label, phase], n) => call(n + 1, label, { phase })));
const FIRST: [string, string][] = [
  ['bugs', 'Review'],
  ['perf', 'Review'],
  ['verify', 'Verify'],
  ['verify', 'Verify'],
];

describe('pinning', () => {
  it('counts calls by label, kind, phase and model, in the order in which they were first made', () => {
    const model = 'offline/reviewer';
    expect(pinStructure(audit(FIRST), 'audit')).toEqual({
      v: 1,
      workflow: 'audit',
      from: 'review-3f2a',
      phases: ['Review', 'Verify'],
      calls: [
        { label: 'bugs', kind: 'agent', phase: 'Review', model, count: 1 },
        { label: 'perf', kind: 'agent', phase: 'Review', model, count: 1 },
        { label: 'verify', kind: 'agent', phase: 'Verify', model, count: 2 },
      ],
    });
  });

  it('takes phases in the order in which the script entered them', () => {
    const notes = ['Plan', 'Review', 'Plan'].map((text) => ({ kind: 'phase' as const, text, at: 1 }));
    expect(pinStructure({ ...audit(FIRST), notes }, 'x').phases).toEqual(['Plan', 'Review', 'Verify']);
  });

  it('P1: leaves out what a model asked for, and functions of the user', () => {
    const view = viewOf([
      call(1, 'explore', { address: 'rlm:1', kind: 'rlm' }),
      call(2, 'inner', { address: 'rlm:1/llm:1', kind: 'llm' }),
      call(3, 'deeper', { address: 'workflow:1/rlm:1/agent:1' }),
      call(4, 'nested', { address: 'workflow:1/agent:1' }),
      call(5, 'tool', { address: 'tool:1', kind: 'tool' }),
    ]);
    expect(pinStructure(view, 'x').calls.map(({ label }) => label)).toEqual(['explore', 'nested']);
  });

  it('calls a plain request of cells an agent, as the exported script does', () => {
    const view = viewOf([call(1, 'read', { address: 'llm:1', kind: 'llm' })], { kind: 'rlm' });
    expect(pinStructure(view, 'x').calls).toMatchObject([{ label: 'read', kind: 'agent' }]);
  });
});

describe('checking', () => {
  const pinned = pinStructure(audit(FIRST), 'audit');

  it('passes the same structure, whichever call came first in a phase (P2)', () => {
    expect(checkStructure(audit(FIRST), pinned)).toEqual([]);
    expect(checkStructure(audit([FIRST[1]!, FIRST[0]!, FIRST[2]!, FIRST[3]!]), pinned)).toEqual([]);
  });

  it.each<[string, [string, string][], string[]]>([
    ['a call less', FIRST.slice(0, 3), ['Verify › verify (agent, offline/reviewer): 1 instead of 2']],
    ['a kind of call less', FIRST.slice(1), ['Review › bugs (agent, offline/reviewer): 0 instead of 1']],
    ['a call more', [...FIRST, ['docs', 'Verify']], ['Verify › docs (agent, offline/reviewer): 1 that were not there']],
    ['phases in another order', FIRST.toReversed(), ['phases: Verify, Review instead of Review, Verify']],
  ])('tells of %s', (_what, calls, differences) => {
    expect(checkStructure(audit(calls), pinned)).toEqual(differences);
  });

  it('tells of another model and another kind', () => {
    const calls = audit(FIRST).calls.with(0, call(1, 'bugs', { model: 'a/b' }));
    expect(checkStructure({ ...audit(FIRST), calls }, pinned)).toHaveLength(2);
    const kinds = audit(FIRST).calls.with(0, call(1, 'bugs', { kind: 'rlm' }));
    expect(checkStructure({ ...audit(FIRST), calls: kinds }, pinned)).toHaveLength(2);
  });
});

describe('P3: the file', () => {
  const pinned = pinStructure(audit(FIRST), 'audit');
  const json = JSON.parse(JSON.stringify(pinned)) as { [key: string]: Json };

  it('is read back', () => expect(parseStructure(json, 'f')).toEqual(pinned));

  it.each<[string, Json]>([
    ['null', null],
    ['a list', []],
    ['another version', { ...json, v: 2 }],
    ['no calls', { ...json, calls: 'none' }],
    ['a call without a count', { ...json, calls: [{ label: 'a', kind: 'agent', phase: null, model: null }] }],
    ['a kind that is none', { ...json, calls: [{ label: 'a', kind: 'x', phase: null, model: null, count: 1 }] }],
    ['phases that are no texts', { ...json, phases: [1] }],
  ])('%s is refused', async (_what, wrong) => {
    expect((await refusal(() => parseStructure(wrong, 'f.json'))).code).toBe('BRAID_USAGE');
  });
});
