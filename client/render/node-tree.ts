/** The tree of a run's programs, as renderers walk it. */
import type { CallView, NodeView, RunView } from '../../protocol/view.ts';
import { parentOf, ROOT } from '../view/addresses.ts';

export class NodeTree {
  readonly nodes: readonly NodeView[];
  readonly #children: Map<string | null, NodeView[]>;
  readonly #leaves: Map<string, CallView[]>;

  constructor(view: RunView) {
    // Agents are told as calls: their turns say nothing that a call does not.
    this.nodes = view.nodes.filter((node) => node.kind !== 'agent');
    const programs = new Map(this.nodes.map((node) => [node.address, node]));
    this.#children = Map.groupBy(this.nodes, (node) => node.parent);
    const leaves = view.calls.filter((call) => !programs.has(call.address));
    this.#leaves = Map.groupBy(leaves, (call) => parentOf(call.address, programs));
  }

  get root(): NodeView | undefined {
    return this.nodes.find((node) => node.address === ROOT);
  }

  /** Programs that a node asked for, in order. */
  children(node: NodeView): NodeView[] {
    return this.#children.get(node.address) ?? [];
  }

  /** Calls of a node that no program answers. */
  leaves(node: NodeView): CallView[] {
    return this.#leaves.get(node.address) ?? [];
  }
}

/** A program that is driven by a model's turns. */
export function hasTurns({ kind }: Pick<NodeView, 'kind'>): boolean {
  return kind === 'rlm' || kind === 'delegate';
}

export function isLive({ state }: Pick<NodeView, 'state'>): boolean {
  return state === 'running' || state === 'waiting' || state === 'queued';
}

/** `3/20`: turns begun, of those it may take. A last request for an answer may come on top. */
export function iterationText({ iteration, maxIterations }: NodeView): string {
  return maxIterations === null ? String(iteration) : `${Math.min(iteration, maxIterations)}/${maxIterations}`;
}
