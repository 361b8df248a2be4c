/** The turns of an RLM's root as steps, in the shape people know from ai-rlm. */
import type { CallState, CallView, CellView, NodeView, RunView, TurnView } from '../protocol/view.ts';

export interface RlmStep {
  /** From 1. */
  iteration: number;
  /** What the model said around its code. */
  reasoning: string;
  /** The code that ran; empty when the turn had none. Several cells are separated by an empty line. */
  code: string;
  /** What it printed, its last value and its errors. */
  output: string;
  subCalls: RlmSubCall[];
}

export interface RlmSubCall {
  address: string;
  kind: 'agent' | 'llm' | 'rlm' | 'workflow' | 'tool';
  label: string;
  model: string | null;
  state: CallState;
  /** Of this call and everything below it. */
  usage: { inputTokens: number; outputTokens: number; usd: number | null };
  error: string | null;
}

/** Turns that are over, from the one at `from` on. */
export function stepsOf(view: RunView, from = 0): RlmStep[] {
  const root = view.nodes[0];
  if (root === undefined) return [];
  // Between the answer and its first cell, and between two cells, a turn looks as if it were over: the next one tells.
  const last = view.endedAt === null ? root.turns.length - 1 : root.turns.length;
  const over = root.turns.slice(from, Math.max(from, last)).filter((turn) => turn.state === 'done');
  if (over.length === 0) return [];
  const cells = Map.groupBy(root.cells, (cell) => cell.iteration);
  const calls = new Map(view.calls.map((call) => [call.address, call]));
  const nodes = new Map(view.nodes.map((node) => [node.address, node]));
  return over.map((turn) => stepOf({ calls, nodes }, turn, cells.get(turn.iteration) ?? []));
}

interface Tree {
  calls: ReadonlyMap<string, CallView>;
  nodes: ReadonlyMap<string, NodeView>;
}

function stepOf(tree: Tree, turn: TurnView, cells: readonly CellView[]): RlmStep {
  return {
    iteration: turn.iteration,
    reasoning: turn.text
      .replace(FENCED, '\n')
      .replace(/\n{3,}/g, '\n\n')
      .trim(),
    code: cells.map(({ code }) => code.trim()).join('\n\n'),
    output: cells
      .map(outputOf)
      .filter((text) => text !== '')
      .join('\n'),
    subCalls: cells.flatMap(({ calls }) => calls.flatMap((address) => subCall(tree, address))),
  };
}

const FENCED = /^(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1[ \t]*$/gm;

function outputOf({ output, error }: CellView): string {
  const failed = error === null ? '' : `${error.name}: ${error.message}`;
  return [output, failed].filter((text) => text !== '').join('\n');
}

function subCall(tree: Tree, address: string): RlmSubCall[] {
  const call = tree.calls.get(address);
  if (call === undefined) return [];
  const { kind, label, model, state, error } = call;
  const { inputTokens, outputTokens, usd } = tree.nodes.get(address)?.usage ?? call;
  const why = error === null ? null : `${error.code}: ${error.message}`;
  return [{ address, kind, label, model, state, usage: { inputTokens, outputTokens, usd }, error: why }];
}
