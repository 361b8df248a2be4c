/** Which execution of a run's tree answers for a call, so that it can be skipped or begun anew (DW-52). */
import { closest } from 'fastest-levenshtein';
import { BraidError } from '../protocol/errors.ts';
import type { CallView, RunView } from '../protocol/view.ts';
import { above } from './view/addresses.ts';

type Tree = Pick<RunView, 'run' | 'calls'>;

export interface OpenCall {
  call: CallView;
  /** Workflow id of the execution that made the call. */
  owner: string;
}

/**
 * An open call by its address, or by its label when no other open call has that. Errors: BRAID_CALL_NOT_OPEN with the nearest that are
 * open.
 */
export function openCall(view: Tree, name: string): OpenCall {
  const known = view.calls.find(({ address }) => address === name);
  if (known !== undefined) {
    if (!isOpen(known)) throw notOpen(view, name, closedText(known));
    return { call: known, owner: ownerOf(view, name) };
  }
  const labelled = view.calls.filter((call) => call.label === name && isOpen(call));
  const [only, ...others] = labelled;
  if (only === undefined)
    throw notOpen(view, name, `The run ${view.run} has no call ${JSON.stringify(name)} that is open.`);
  if (others.length === 0) return { call: only, owner: ownerOf(view, only.address) };
  throw new BraidError('BRAID_CALL_NOT_OPEN', `${labelled.length} open calls are labelled ${JSON.stringify(name)}.`, {
    fix: `Name one by its address: ${labelled
      .slice(0, SHOWN)
      .map(({ address }) => address)
      .join(', ')}.`,
  });
}

/**
 * Workflow id of the execution that made the call at `address`: the nearest program above it with a history of its own. Scripts that a
 * script calls have none, so that their calls are their caller's.
 */
export function ownerOf({ run, calls }: Tree, address: string): string {
  const children = new Map(calls.map((call) => [call.address, call.child]));
  return (
    above(address)
      .map((name) => children.get(name) ?? null)
      .find((child) => child !== null) ?? run
  );
}

/** Calls that can be skipped or begun anew. Tools are functions of the user's and no calls of models. */
function isOpen({ kind, settled, state }: CallView): boolean {
  return kind !== 'tool' && !settled && (state === 'queued' || state === 'running' || state === 'waiting');
}

function closedText({ address, label, kind, state }: CallView): string {
  if (kind === 'tool') return `${address} (${label}) is a function of the configuration, not a call of a model.`;
  return `The call ${address} (${label}) has ended: ${state}.`;
}

const SHOWN = 10;

function notOpen({ run, calls }: Tree, name: string, what: string): BraidError {
  const open = calls.filter(isOpen);
  if (open.length === 0) return new BraidError('BRAID_CALL_NOT_OPEN', `${what} No call of ${run} is open.`);
  const near = closest(
    name,
    open.flatMap(({ address, label }) => [address, label]),
  );
  const shown = open.slice(0, SHOWN).map(({ address, label }) => `${address} (${label})`);
  const more = open.length > SHOWN ? `, and ${open.length - SHOWN} more` : '';
  return new BraidError('BRAID_CALL_NOT_OPEN', what, {
    fix: `Did you mean ${near}? Open: ${shown.join(', ')}${more}.`,
  });
}
