/** Addresses of a run's tree: `rlm:2/agent:1` is the first agent of the second RLM that the root asked for. */
import type { CallKind } from '../../protocol/view.ts';

/** Address of a run's root node. */
export const ROOT = 'root';

const KINDS: ReadonlySet<string> = new Set<CallKind>(['agent', 'llm', 'rlm', 'workflow', 'tool']);

/** What kind of call an address names; null when it names something else, for example a node's own request. */
export function kindOf(address: string): CallKind | null {
  const kind = /^([a-z]+):\d+$/.exec(address.slice(address.lastIndexOf('/') + 1))?.[1];
  return kind !== undefined && KINDS.has(kind) ? (kind as CallKind) : null;
}

/** An item of a batch: a run of its own, and no call of a program. */
export function isItem(address: string): boolean {
  return /^item:\d+$/.test(address);
}

/** What stands above an address, nearest first, without the root. */
export function above(address: string): string[] {
  const found: string[] = [];
  for (let end = address.lastIndexOf('/'); end > 0; end = address.lastIndexOf('/', end - 1))
    found.push(address.slice(0, end));
  return found;
}

/** The nearest of `nodes` above an address; the root's when there is none. */
export function parentOf(address: string, nodes: { has(address: string): boolean }): string {
  return above(address).find((name) => nodes.has(name)) ?? ROOT;
}
