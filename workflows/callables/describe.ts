/**
 * `agents()` and `describe(name)`: what a program can call by name, told before it calls, so that it can reason about the whole plan. Pure.
 *
 *  C1  Names are those that `call()` takes: one that several kinds bear stands with its kind before it, and only so.
 *  C2  An agent is told by its definition as the run was started with it, not by a file that may have changed since.
 *  C3  What is told is small whatever a definition holds: the start of a prompt, and its length.
 */
import { BraidError } from '../../protocol/errors.ts';
import type { SavedWorkflow } from '../../protocol/activities.ts';
import type { Json, JsonObject } from '../../protocol/json.ts';
import { CALLABLES } from '../../protocol/limits.ts';
import type { RunInput } from '../../protocol/run-input.ts';
import { nearest } from '../calls/nearest.ts';
import type { CallableCost, CallableCosts, CallableKind } from './costs.ts';

export interface CallableWorld extends Pick<RunInput, 'agents' | 'models' | 'toolModule'> {
  workflows: readonly SavedWorkflow[];
}

export type Callable = {
  /** What `call()` takes. */
  name: string;
  kind: CallableKind;
  description: string;
};

export type CallableDetails = Callable & {
  /** Start of an agent's system prompt, and its whole length; null for others. */
  prompt: { head: string; chars: number } | null;
  /** JSON Schema of what `call()` passes on; null: it says nothing of that. */
  args: JsonObject | null;
  /** `provider/model` of an agent, resolved; null for others. */
  model: string | null;
  /** Tools that an agent's definition names; null: all read tools, or no agent. */
  tools: string[] | null;
  /** Of calls of this node that have ended. */
  cost: { [name in keyof CallableCost]: Json };
};

/** Everything that can be called, agents first, then workflows and tools; each kind in the order of names. */
export function callables(world: CallableWorld): Callable[] {
  const all = entriesOf(world);
  const bearers = Map.groupBy(all, ({ name }) => name.toLowerCase());
  return all.map(({ name, kind, description }) => {
    const shared = (bearers.get(name.toLowerCase())?.length ?? 0) > 1;
    return { name: shared ? `${kind}:${name}` : name, kind, description };
  });
}

/** Throws BRAID_CALL_NAME, with the nearest name, as `call()` would. */
export function describeCallable(world: CallableWorld, costs: CallableCosts, wanted: string): CallableDetails {
  const [, prefix, bare = ''] = /^(?:(agent|workflow|tool):)?([^]*)$/.exec(wanted) ?? [];
  const found = entriesOf(world).filter((one) => (prefix === undefined || one.kind === prefix) && isNamed(one, bare));
  const [first, second] = found;
  if (first === undefined) throw unknown(world, wanted);
  if (second !== undefined) throw ambiguous(bare, found);
  const { name: own, kind, description, details } = first;
  const name = callables(world).find((one) => one.kind === kind && bareOf(one) === own)?.name ?? own;
  return { name, kind, description, ...details, cost: { ...costs.of(kind, own) } };
}

interface Entry extends Callable {
  details: Pick<CallableDetails, 'prompt' | 'args' | 'model' | 'tools'>;
}

function entriesOf({ agents, models, workflows, toolModule }: CallableWorld): Entry[] {
  const none = { prompt: null, args: null, model: null, tools: null };
  const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  return [
    ...Object.values(agents)
      .toSorted(byName)
      .map(({ name, description, prompt, model, tools }): Entry => {
        const head = prompt.slice(0, CALLABLES.promptChars).toWellFormed();
        const resolved = model === null ? models.main : (models.aliases[model] ?? model);
        const details = { prompt: { head, chars: prompt.length }, args: AGENT_ARGS, model: resolved, tools };
        return { name, kind: 'agent', description, details };
      }),
    ...workflows.toSorted(byName).map(({ name, description, args }): Entry => ({
      ...{ name, kind: 'workflow', description: description ?? '', details: { ...none, args } },
    })),
    ...(toolModule?.tools ?? [])
      .toSorted(byName)
      .map(({ name, description }): Entry => ({ name, kind: 'tool', description, details: none })),
  ];
}

/** An agent takes its prompt alone, or with options of `agent()`. */
const AGENT_ARGS: JsonObject = {
  anyOf: [
    { type: 'string' },
    { type: 'object', properties: { prompt: { type: 'string' } }, required: ['prompt'], additionalProperties: true },
  ],
};

/** Agents are found whatever their case, as `call()` does. */
function isNamed({ name, kind }: Entry, wanted: string): boolean {
  return kind === 'agent' ? name.toLowerCase() === wanted.toLowerCase() : name === wanted;
}

function bareOf({ name, kind }: Callable): string {
  return name.startsWith(`${kind}:`) ? name.slice(kind.length + 1) : name;
}

function unknown(world: CallableWorld, wanted: string): BraidError {
  const names = callables(world).map(({ name }) => name);
  const meant = nearest(wanted, names);
  const hint = meant === null ? '' : ` Did you mean ${meant}?`;
  const listed = names.slice(0, CALLABLES.named).join(', ');
  const more = names.length > CALLABLES.named ? ` and ${names.length - CALLABLES.named} more` : '';
  return new BraidError(
    'BRAID_CALL_NAME',
    `describe(): nothing is named ${JSON.stringify(wanted)}.${hint} There are: ${listed}${more}.`,
  );
}

function ambiguous(name: string, found: readonly Entry[]): BraidError {
  const ways = found.map(({ kind }) => `${kind}:${name}`).join(', ');
  const message = `describe(): ${JSON.stringify(name)} is the name of several things: ${ways}. Say which is meant.`;
  return new BraidError('BRAID_CALL_NAME', message);
}
