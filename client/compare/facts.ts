/** One run of a comparison, from its view (C1 of comparison.ts). Pure. */
import { hashJson } from '../../protocol/hash.ts';
import type { CallView, NodeView, RunView } from '../../protocol/view.ts';
import { parentOf, ROOT } from '../view/addresses.ts';
import type { ComparedRun, Step, TreeEntry } from './comparison.ts';
import { sawOf, type Asked } from './saw.ts';

/** `text` is the context as the script gets it. */
export function comparedRun(
  view: RunView,
  asked: readonly Asked[],
  { text, repetition }: { text: string; repetition: number },
): ComparedRun {
  const { run, status, error, usage, startedAt, endedAt } = view;
  const tree = treeOf(view);
  return {
    run,
    repetition,
    status,
    error,
    partial: view.nodes[0]?.partial ?? null,
    answer: view.large?.preview ?? view.value,
    usage,
    startedAt,
    endedAt,
    ms: startedAt === null || endedAt === null ? null : endedAt - startedAt,
    plan: planOf(view, tree),
    tree,
    timeline: timelineOf(view),
    answered: answeredIn(view.calls, tree),
    saw: sawOf(view, asked, text),
  };
}

/** Calls below the node that asked for them, in the order of asking. Between nodes that order would hang on who was read first. */
export function treeOf({ nodes, calls }: Pick<RunView, 'nodes' | 'calls'>): TreeEntry[] {
  const [root] = nodes;
  if (root === undefined) return [];
  const programs = new Map(nodes.map((node) => [node.address, node]));
  const below = Map.groupBy(calls, (call) => parentOf(call.address, programs));
  const entries: TreeEntry[] = [];
  const walk = (parent: string, depth: number): void => {
    for (const call of below.get(parent) ?? []) {
      entries.push(callEntry(call, parent, depth));
      if (programs.has(call.address)) walk(call.address, depth + 1);
    }
  };
  entries.push(rootEntry(root));
  walk(ROOT, 1);
  return entries;
}

function rootEntry({ kind, label, state, model }: NodeView): TreeEntry {
  return { address: ROOT, kind, label, phase: null, parent: null, depth: 0, state, model };
}

function callEntry({ address, kind, label, phase, state, model }: CallView, parent: string, depth: number): TreeEntry {
  return { address, kind, label, phase, parent, depth, state, model };
}

/** A script is the plan; the plan of an RLM is what it wrote on the way. */
function planOf({ kind, sourceHash, nodes }: RunView, tree: readonly TreeEntry[]): string {
  if (kind === 'script' && sourceHash !== null) return sourceHash;
  const cells = new Map(nodes.map((node) => [node.address, node.cells.map(({ code }) => code)]));
  return hashJson(tree.map(({ address }) => cells.get(address) ?? []));
}

/** Turns and cells of the root, and all calls. What a call does inside is told by its own row. */
function timelineOf({ nodes, calls, startedAt }: RunView): Step[] {
  const [root] = nodes;
  const began = startedAt ?? 0;
  const step = (from: number, to: number | null) => ({ from: from - began, to: to === null ? null : to - began });
  const turns = (root?.turns ?? []).map(({ iteration: n, startedAt: from, endedAt: to }): Step => ({
    ...{ address: ROOT, what: 'turn', n, label: `turn ${n}` },
    ...step(from, to),
  }));
  const cells = (root?.cells ?? []).map(({ cell: n, startedAt: from, endedAt: to }): Step => ({
    ...{ address: ROOT, what: 'cell', n, label: `cell ${n}` },
    ...step(from, to),
  }));
  const asked = calls.map(({ address, label, queuedAt, startedAt: from, endedAt: to }): Step => ({
    ...{ address, what: 'call', n: null, label },
    ...step(from ?? queuedAt, to),
  }));
  return [...turns, ...cells, ...asked].toSorted((a, b) => a.from - b.from);
}

function answeredIn(calls: readonly CallView[], tree: readonly TreeEntry[]): string[] {
  const place = new Map(tree.map(({ address }, index) => [address, index]));
  return calls
    .filter(({ endedAt }) => endedAt !== null)
    .toSorted(
      (a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0) || (place.get(a.address) ?? 0) - (place.get(b.address) ?? 0),
    )
    .map(({ address }) => address);
}
