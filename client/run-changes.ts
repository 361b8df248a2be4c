/** What the agents of a run changed: of an ended one its patch, of one that goes on what there is. */
import type { Client } from '@temporalio/client';
import { BraidError } from '../protocol/errors.ts';
import type { ChangesSoFar } from '../protocol/handover.ts';
import { isJsonObject, type Json } from '../protocol/json.ts';
import { QUERIES } from '../protocol/names.ts';
import { parsePatch, type Patch } from '../protocol/overlay.ts';
import type { RunView } from '../protocol/view.ts';

/** Null: nothing. Errors: BRAID_NO_WORKER when a run goes on and no worker answers for it. */
export async function changesOf(client: Client, view: RunView): Promise<ChangesSoFar> {
  if (view.endedAt !== null) return { patch: view.patch ?? null, beside: [] };
  try {
    const told = await client.workflow.getHandle(view.run).query<Json>(QUERIES.changes);
    const { patch, beside } = isJsonObject(told) ? told : {};
    const names = Array.isArray(beside) ? beside.filter((name) => typeof name === 'string') : [];
    return { patch: parsePatch(patch), beside: names };
  } catch (error) {
    throw new BraidError('BRAID_NO_WORKER', `No worker tells what ${view.run} changed so far.`, { cause: error });
  }
}

/** The patch of one agent, by its address or its label. Errors: BRAID_PATCH_NONE. */
export function patchOfCall(view: RunView, name: string): Patch {
  const known = view.calls.filter((call) => call.patch !== undefined && call.patch !== null);
  const [labelled, ...others] = known.filter(({ label }) => label === name);
  const found = known.find(({ address }) => address === name) ?? (others.length === 0 ? labelled : undefined);
  if (found?.patch) return found.patch;
  const there = known.map(({ address }) => address).slice(0, 20);
  throw new BraidError('BRAID_PATCH_NONE', `${view.run} has no changes of a call ${JSON.stringify(name)}.`, {
    fix:
      there.length === 0 ? 'None of its calls changed anything.' : `Calls that changed something: ${there.join(', ')}`,
  });
}
