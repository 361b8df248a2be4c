/**
 * `call(name, args)`: one way to call whatever bears a name, so that a prompt can become code without its callers changing.
 *
 *  BN1  A name is looked for among agent definitions, saved workflows and functions of the configuration, in this order. One that several
 *       kinds bear is an error, unless `agent:`, `workflow:` or `tool:` before it says which is meant.
 *  BN2  The result is that of the kind's own call: what `agent()` gives, what `workflow()` gives, what the function returns.
 *  BN3  Whether a saved workflow bears a name is asked of a worker, once for each name, and only where it matters.
 */
import { BraidError, isBraidError } from '../../protocol/errors.ts';
import type { CallResult } from '../../protocol/guest.ts';
import type { Again } from '../../protocol/handover.ts';
import { isJsonObject, type Json, type JsonObject } from '../../protocol/json.ts';
import { NO_SPEND } from '../../protocol/outcome.ts';
import type { RunInput } from '../../protocol/run-input.ts';
import { slotIn } from '../cancellation.ts';
import { failed, type Begun, type Work } from './work.ts';
import { nearest } from './nearest.ts';

type Kind = 'agent' | 'workflow' | 'tool';

/** Where a call stands. `again`: it was begun before the program continued as new; its address says as what. */
export interface From {
  phase: string | null;
  again: Again | null;
}

/** What a program's own calls are; each gives a {@link CallResult}. */
export interface Callees {
  agent(prompt: string, opts: JsonObject, from: From): Begun;
  workflow(name: string, args: Json | undefined, from: From): Begun;
  tool(name: string, args: Json): Begun;
  hasWorkflow(name: string): Promise<boolean>;
}

export class ByName {
  private readonly input: RunInput;
  private readonly callees: Callees;
  private readonly workflows = new Map<string, Promise<boolean>>();

  constructor(input: RunInput, callees: Callees) {
    this.input = input;
    this.callees = callees;
  }

  begin(name: string, args: Json, from: From): Begun {
    const { again } = from;
    try {
      const [, prefix, bare = ''] = /^(?:(agent|workflow|tool):)?([^]*)$/.exec(name) ?? [];
      const before = again === null ? null : kindOf(again.address);
      if (before !== null) return this.of(before, bare, args, from);
      if (prefix !== undefined) return this.of(prefix as Kind, bare, args, from);
      const kinds = this.kindsOf(bare);
      const [first, second] = kinds;
      if (second !== undefined) throw ambiguous(bare, kinds);
      return first === undefined ? this.asWorkflow(bare, args, from) : this.unlessWorkflow(first, bare, args, from);
    } catch (error) {
      return failed(error);
    }
  }

  private of(kind: Kind, name: string, args: Json, from: From): Begun {
    if (kind === 'workflow') return this.callees.workflow(name, args ?? undefined, from);
    if (!this.kindsOf(name).includes(kind)) throw this.unknown(name, `There is no ${kind} of this name.`);
    if (kind === 'tool') return this.callees.tool(this.toolNamed(name) ?? name, args);
    const { prompt, opts } = agentArgs(name, args);
    return this.callees.agent(prompt, { ...opts, agentType: name }, from);
  }

  /** Kinds that are known without asking anybody. */
  private kindsOf(name: string): Kind[] {
    const agents = Object.values(this.input.agents).some((agent) => agent.name.toLowerCase() === name.toLowerCase());
    return [...(agents ? (['agent'] as const) : []), ...(this.toolNamed(name) === null ? [] : (['tool'] as const))];
  }

  private toolNamed(name: string): string | null {
    return this.input.toolModule?.tools.find((tool) => tool.name === name)?.name ?? null;
  }

  /** Nothing else bears the name. */
  private asWorkflow(name: string, args: Json, from: From): Begun {
    const begun = this.callees.workflow(name, args ?? undefined, from);
    if ('ok' in begun) return begun;
    const run = async (): Promise<Json | CallResult> => {
      try {
        const result = (await begun.run()) as CallResult;
        if (result.error?.code !== 'BRAID_WORKFLOW_UNKNOWN') return result;
        throw new BraidError('BRAID_WORKFLOW_UNKNOWN', result.error.message);
      } catch (error) {
        if (isBraidError(error, 'BRAID_WORKFLOW_UNKNOWN')) throw this.unknown(name, error.message);
        throw error;
      }
    };
    return { ...begun, run };
  }

  /** Something else bears the name; a saved workflow may as well. */
  private unlessWorkflow(kind: Kind, name: string, args: Json, from: From): Begun {
    let begun: Begun | null = null;
    const run = async (): Promise<Json | CallResult> => {
      if (await this.hasWorkflow(name)) throw ambiguous(name, [kind, 'workflow']);
      begun = this.of(kind, name, args, from);
      return perform(begun);
    };
    const again = () => (begun === null || 'ok' in begun ? null : (begun.again?.() ?? null));
    return { window: null, run, dropped: () => undefined, again };
  }

  private hasWorkflow(name: string): Promise<boolean> {
    const known = this.workflows.get(name) ?? this.callees.hasWorkflow(name);
    this.workflows.set(name, known);
    return known;
  }

  private unknown(name: string, why: string): BraidError {
    const names = [
      ...Object.values(this.input.agents).map((agent) => agent.name),
      ...(this.input.toolModule?.tools ?? []).map((tool) => tool.name),
    ];
    const meant = nearest(name, names);
    const hint = meant === null ? '' : ` Did you mean ${meant}?`;
    const message = `call(): nothing is named ${JSON.stringify(name)}.${hint} ${why} Agents and tools: ${names.join(', ')}.`;
    return new BraidError('BRAID_CALL_NAME', message);
  }
}

/** The result of a call that gives a plain value, in the form that all have. */
export function asResult(begun: Begun): Begun {
  if ('ok' in begun) return begun.ok ? { ...begun, value: resultOf(begun.value as Json) } : begun;
  return { ...begun, run: async () => resultOf((await begun.run()) as Json) };
}

function resultOf(value: Json): CallResult {
  const done = {
    reason: null,
    error: null,
    usage: NO_SPEND,
    replayed: false,
    degraded: false,
    ms: 0,
    throws: false,
    outcome: null,
  };
  return { ok: true, value, ...done };
}

/** A call that begins within another one. */
async function perform(begun: Begun): Promise<Json | CallResult> {
  if ('ok' in begun) {
    if (!begun.ok) throw Object.assign(new Error(begun.error.message), { type: begun.error.code });
    const charged = begun.charge?.();
    if (charged !== undefined) await charged;
    return begun.value;
  }
  await slotOf(begun);
  return begun.run();
}

async function slotOf(work: Work): Promise<void> {
  if (work.window === null) return;
  try {
    await slotIn(work.window);
  } catch (error) {
    work.dropped();
    throw error;
  }
}

function agentArgs(name: string, args: Json): { prompt: string; opts: JsonObject } {
  if (typeof args === 'string') return { prompt: args, opts: {} };
  if (isJsonObject(args) && typeof args['prompt'] === 'string') {
    const { prompt, ...opts } = args;
    return { prompt, opts };
  }
  const got = JSON.stringify(args).slice(0, 80);
  const fix = `Write call(${JSON.stringify(name)}, 'prompt') or call(${JSON.stringify(name)}, {prompt, …options of agent()}).`;
  throw new BraidError('BRAID_OPTION', `call(): ${name} is an agent, and takes a prompt, not ${got}.`, { fix });
}

function ambiguous(name: string, kinds: Kind[]): BraidError {
  const ways = kinds.map((kind) => `${kind}:${name}`);
  const message = `call(): ${JSON.stringify(name)} is the name of several things: ${ways.join(', ')}. Say which is meant.`;
  return new BraidError('BRAID_CALL_NAME', message);
}

function kindOf(address: string): Kind | null {
  const [, kind] = /(?:^|\/)(agent|workflow|tool):\d+$/.exec(address) ?? [];
  return kind === undefined ? null : (kind as Kind);
}
