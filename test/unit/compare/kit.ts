/** Runs of a comparison made by hand: a script with two pieces, an RLM with one sub-call. */
import type { Asked } from '../../../client/compare/saw.ts';
import { comparedRun } from '../../../client/compare/facts.ts';
import type { Told } from '../../../client/compare/determinism.ts';
import type { CallView, CellView, NodeView, RunView, TurnView } from '../../../protocol/view.ts';
import { NO_USAGE } from '../../../protocol/outcome.ts';
import { callView, T0, viewOf } from '../render/views.ts';

export const TEXT = 'the quick brown fox jumps over the lazy dog\nand the slow red hen sits under an old oak tree\n';
const [FIRST = '', SECOND = ''] = TEXT.split('\n');

export function call(
  address: string,
  label: string,
  from: number,
  to: number,
  extra: Partial<CallView> = {},
): CallView {
  const times = { queuedAt: T0 + from, startedAt: T0 + from, endedAt: T0 + to };
  return callView(1, 'done', { address, label, phase: null, model: 'offline/rlm', ...times, ...extra });
}

const NODE: NodeView = {
  ...{ address: 'root', kind: 'script', label: 'compare', parent: null, depth: 0, state: 'done', model: null },
  ...{
    question: null,
    context: null,
    iteration: 0,
    maxIterations: null,
    turns: [],
    cells: [],
    value: null,
    partial: null,
  },
  ...{ usage: NO_USAGE, startedAt: T0, endedAt: T0 + 2_000 },
};

function turn(iteration: number, from: number, to: number): TurnView {
  const usage = { inputTokens: 10, outputTokens: 5, usd: 0 };
  return { iteration, state: 'done', text: '', usage, requests: 1, startedAt: T0 + from, endedAt: T0 + to };
}

export function cell(n: number, code: string, from: number, to: number, calls: string[] = []): CellView {
  return {
    ...{
      cell: n,
      iteration: n,
      code,
      state: 'done',
      output: '',
      outputChars: 0,
      error: null,
      hints: [],
      variables: [],
    },
    ...{ final: false, calls, usage: NO_USAGE, ms: 1, gas: 1, startedAt: T0 + from, endedAt: T0 + to },
  };
}

const RUN = {
  status: 'completed',
  startedAt: T0,
  usage: { ...NO_USAGE, calls: 3, requests: 3, inputTokens: 1_234, outputTokens: 56, usd: 0 },
} as const;

export function workflowView(n: number, extra: Partial<RunView> = {}): RunView {
  const calls = [
    call('agent:1', 'piece 1', 100, 900, { phase: 'Pieces' }),
    call('agent:2', 'piece 2', 100, 700, { phase: 'Pieces' }),
    call('agent:3', 'combine', 1_000, 1_900, { phase: 'Combine' }),
  ];
  const base = { ...RUN, run: `c-workflow-${n}`, endedAt: T0 + 2_000, sourceHash: 'a'.repeat(64), value: '2' };
  return viewOf(calls, { ...base, nodes: [NODE], ...extra });
}

export function rlmView(n: number, extra: Partial<RunView> = {}): RunView {
  const root: NodeView = {
    ...NODE,
    kind: 'rlm',
    label: 'how many animals',
    turns: [turn(1, 50, 500), turn(2, 1_500, 2_000)],
    cells: [cell(1, "llm_query('how many?')", 500, 1_400, ['llm:1']), cell(2, 'FINAL(2)', 2_000, 2_100)],
  };
  const calls = [call('llm:1', 'how many?', 600, 1_300, { kind: 'llm' })];
  const base = { ...RUN, run: `c-rlm-${n}`, endedAt: T0 + 2_500, kind: 'rlm', value: 2 } as const;
  return viewOf(calls, { ...base, nodes: [root], ...extra });
}

export function said(address: string, prompt: string, answer: string, n = 1): Asked {
  return { address, n, prompt: [prompt], answer };
}

export const WORKFLOW_SAID: readonly Asked[] = [
  said('agent:1', `How many animals?\n${FIRST}`, '2'),
  said('agent:2', `How many animals?\n${SECOND}`, '1'),
  said('agent:3', 'How many animals? 2 and 1', '2'),
];

export const RLM_SAID: readonly Asked[] = [
  said('root', `Question: how many animals? It begins: ${FIRST.slice(0, 19)}`, 'cell'),
  said('llm:1', `how many? ${SECOND}`, '1'),
  said('root', `Question: how many animals? It begins: ${FIRST.slice(0, 19)} printed: 1`, 'cell', 2),
];

export function told(view: RunView, asked: readonly Asked[], repetition = 1): Told {
  return { facts: comparedRun(view, asked, { text: TEXT, repetition }), asked };
}
