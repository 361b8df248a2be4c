/** What was said in a run, read from the histories of its nodes. */
import type { Client } from '@temporalio/client';
import type { NodeView, RunView } from '../../protocol/view.ts';
import { PayloadReader } from '../../histories/payloads.ts';
import type { Store } from '../../store/blobs.ts';
import { readExchanges, type Exchange } from '../export/exchanges.ts';
import { parentOf, ROOT } from '../view/addresses.ts';
import type { Asked } from './saw.ts';

/** A request, and when it was begun. */
interface Begun {
  at: number;
  request: Asked;
}

/** Answered requests of a whole tree, in the order in which they were begun. Throws BRAID_RUN_UNKNOWN, BRAID_SERVER_UNREACHABLE. */
export async function askedIn(client: Client, view: RunView, store: Store): Promise<Asked[]> {
  const place = { payloads: new PayloadReader(client.options.loadedDataConverter), store, run: view.run };
  const programs = new Map(view.nodes.map((node) => [node.address, node]));
  const below = Map.groupBy(view.calls, (call) => parentOf(call.address, programs));
  const found: Begun[] = [];
  for (const node of view.nodes) {
    const { of } = await readExchanges(client, workflowOf(view, node), place);
    found.push(...asked(node.address, of(node.address), (n) => begunAt(node, n)));
    for (const { address, queuedAt } of below.get(node.address) ?? []) {
      if (!programs.has(address)) found.push(...asked(address, of(address), () => queuedAt));
    }
  }
  // Sorting keeps the order of what was begun at once.
  return found.toSorted((a, b) => a.at - b.at).map(({ request }) => request);
}

function workflowOf({ run, calls }: RunView, { address }: NodeView): string {
  return address === ROOT ? run : (calls.find((call) => call.address === address)?.child ?? run);
}

function asked(address: string, exchanges: readonly Exchange[], at: (n: number) => number): Begun[] {
  return exchanges.map(({ messages, response }, i) => {
    const prompt = messages.map(({ content }) => content);
    return { at: at(i + 1), request: { address, n: i + 1, prompt, answer: response } };
  });
}

/** Turns that were answered, as the exchanges are. */
function begunAt({ turns, startedAt }: NodeView, n: number): number {
  return turns.filter(({ state }) => state === 'done')[n - 1]?.startedAt ?? startedAt ?? 0;
}
