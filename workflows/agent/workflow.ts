/** An agent with tools: a child workflow with a history of its own (design §1, rule for the tree). */
import { CancellationScope, condition, defineSignal, setCurrentDetails, setHandler } from '@temporalio/workflow';
import { SIGNALS } from '../../protocol/names.ts';
import { childPath } from '../../protocol/journal.ts';
import type { AgentInput } from '../../protocol/activities.ts';
import type { AgentResult } from '../../protocol/agent-result.ts';
import { activities } from '../activities.ts';
import type { Bounds } from '../ledger/bounds.ts';
import type { ChildLease } from '../ledger/child-lease.ts';
import { FREE_LEASE, type Used } from '../ledger/lease.ts';
import { PriceBook } from '../ledger/prices.ts';
import { Journal } from '../journal/journal.ts';
import { requestKey } from '../journal/keys.ts';
import { readJournal } from '../journal/open.ts';
import { Breaker } from '../tree/breaker.ts';
import { openLink } from '../tree/parent-link.ts';
import { runAgent, type AgentWorld } from './loop.ts';
import { Draft } from './draft.ts';

/** Result of an agent child: what it came to, and what it used since its last lease message (ledger/child-lease.ts, C2). */
export interface AgentChildResult extends AgentResult {
  unreported: Used | null;
}

export async function agent(input: AgentInput): Promise<AgentChildResult> {
  const link = openLink(input);
  const { lease } = link;
  const quota = new Breaker();
  quota.above = link;
  link.onProbe = () => quota.probe();
  // The parent's lines travelled with this input: told once more, they would be twice in the run's story.
  const { notes: _told, ...tag } = input.tag;
  const { request } = input.task;
  setCurrentDetails(`**${tag.label}** · ${request.model} · tools: ${request.tools.join(', ')}`);
  const draft = input.overlay === undefined && input.effects === undefined ? null : new Draft(input, tag, link);
  let paused = false;
  setHandler(defineSignal(SIGNALS.pause), () => void (paused = true));
  setHandler(defineSignal(SIGNALS.resume), () => {
    paused = false;
    quota.resumed();
  });
  const journal = await ownJournal(input);
  const conversation = new CancellationScope();
  let stopped = false;
  setHandler(defineSignal(SIGNALS.stop), () => {
    stopped = true;
    conversation.cancel();
  });
  const world: AgentWorld = {
    stopped: () => stopped,
    lease: lease ?? FREE_LEASE,
    bounds: ownBounds(input, lease),
    ...(journal === null
      ? {}
      : {
          named: (req) => {
            const named = journal.request(requestKey(req));
            draft?.answered(named.served !== null);
            return named;
          },
        }),
    quota,
    model: async (req, turn, key, probe) => {
      if (paused && !probe) await condition(() => !paused);
      return activities.model({ ...tag, turn, ...(key === undefined ? {} : { key }) }, req);
    },
    oneByOne: draft !== null,
    tool: (call, turn, index) =>
      draft?.tool(call, turn, index) ??
      activities.tool({ ...tag, turn }, `${tag.address}#${turn}.${index + 1}`, {
        tool: call.name,
        input: call.input,
        snapshot: input.snapshot,
      }),
    onRateLimited: () => undefined,
  };
  const result = await conversation.run(() =>
    draft === null ? runAgent(input.task, world) : draft.converse((task) => runAgent(task, world)),
  );
  const ended = draft === null ? result : await draft.ended(result);
  return { ...ended, unreported: lease === null ? null : lease.unreported };
}

/** The parent knows the price: it begins no agent of which it does not (calls/agents.ts). */
function ownBounds({ prices = {} }: AgentInput, lease: ChildLease | null): Bounds {
  const book = new PriceBook(prices, () => Promise.resolve({}));
  return { kinds: lease?.kinds ?? [], price: (model) => book.of(model) };
}

/** Null in runs of older builds, whose calls have no keys. An agent that could not be served whole may serve its own requests. */
async function ownJournal({ tag, journal: ref }: AgentInput): Promise<Journal | null> {
  if (tag.key === undefined) return null;
  const journal = new Journal(childPath(tag.key, 'agent'));
  if (ref !== undefined) await readJournal(journal, ref, tag.address);
  return journal;
}
