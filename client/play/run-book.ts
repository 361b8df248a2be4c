/**
 * What a run's calls came to, as a book: its script is played again with what the run got, and so its calls are recorded as the script
 * makes them. No request is made.
 *
 *  R1  A call is found by the hash of its prompt or question under which the run's journal names it; else, of cells, by the text that
 *      was sent; else, where that is not known because it held references, in the order of asking. What else was asked (gates,
 *      functions, workflows) has numbered addresses.
 *  R2  What is not found so is told, and ends the recording.
 */
import type { CallResult } from '../../protocol/guest.ts';
import { hashJson, hashText } from '../../protocol/hash.ts';
import { canonicalJson, isJsonObject, type Json } from '../../protocol/json.ts';
import { NO_SPEND, type Outcome } from '../../protocol/outcome.ts';
import { parsePatch } from '../../protocol/overlay.ts';
import { headOf, labelOf, phaseOf } from './calls.ts';
import { playGuest, type Answer, type AskedCall, type Book, type Program, type Settled } from './guest.ts';

/** An entry of the run's journal. */
export interface RunCall extends Answer {
  path: string;
  /** `prompt:12ab34 …` (protocol/journal.ts). */
  parts: string;
  /** The prompt as it was sent, where its hash does not tell: it holds references to texts. Null: not known either. */
  prompt: string | null;
  /** The how-many-th call of its node. */
  order: number;
  /** Hash of all that was sent, and the how-many-th call with that it is. */
  hash: string;
  ordinal: number;
  /** This run paid for it, not one that it was resumed from. */
  own: boolean;
}

/** What stands under a numbered address: a gate, a function of the configuration, a merge. */
export interface RunFact extends Answer {
  address: string;
  label: string;
  /** Of a merge: {@link patchesHash}. */
  asked?: string;
}

/** A script that the script called. */
export interface RunScript {
  address: string;
  name: string;
  source: string;
  file: string;
  beganAt: number;
  endedAt: number;
}

export interface RunFacts {
  calls: RunCall[];
  facts: RunFact[];
  scripts: RunScript[];
  /** Calls without a value. */
  outcomes: Outcome[];
  seed: string;
}

interface Place {
  prefix: string;
  path: string;
  seed: string;
}

/** Ends the recording (R2). */
export class NotRecorded extends Error {
  override name = 'NotRecorded';
}

export class RunBook implements Book {
  private readonly run: RunFacts;
  private readonly place: Place;
  private readonly used: Set<object>;
  private readonly numbers = new Map<string, number>();
  private readonly turns: ReadonlyMap<object, number>;
  /** Of this program, in the order of asking. */
  private readonly calls: RunCall[];
  /** What this run paid for itself, by hash. */
  private readonly own: ReadonlySet<string>;

  constructor(run: RunFacts, place: Place = { prefix: '', path: '', seed: run.seed }, used = new Set<object>()) {
    this.calls = run.calls.filter(({ path }) => path === place.path).toSorted((a, b) => a.order - b.order);
    this.own = new Set(this.calls.flatMap(({ own, hash }) => (own ? [hash] : [])));
    this.run = run;
    this.place = place;
    this.used = used;
    this.turns = new Map(run.calls.map((call, turn) => [call, turn]));
  }

  answer(call: AskedCall): ReturnType<Book['answer']> {
    const found = this.find(call);
    if (found === null) throw new NotRecorded(`the run has no ${call.name} ${JSON.stringify(headOf(call))}`);
    return { at: found.at, settled: found.settled, turn: this.turns.get(found) ?? Infinity };
  }

  private find(call: AskedCall): Answer | null {
    const { name, args } = call;
    if (name === 'agent') return this.agent(call, args[0] ?? null, args[1] ?? null);
    if (name === 'rlm') return this.named('question', args[0] ?? null) ?? this.lost(call);
    if (name === 'workflow') return this.workflow(call, args);
    if (name === 'call') return this.byName(call);
    return name === 'merge' ? this.merge(args) : this.fact(name, null);
  }

  /** By what is merged: merges that nobody asked for are numbered as well. */
  private merge([patches = null]: Json[]): Answer | null {
    if (Array.isArray(patches) && patches.length === 0)
      return { at: 0, settled: { ok: true, value: { patch: null, conflicts: [] } } };
    const asked = patchesHash(patches);
    const found = this.run.facts.find((one) => !this.used.has(one) && one.asked === asked);
    return found === undefined ? null : this.use(found);
  }

  /** Also a recursive model that is asked for as an agent. */
  private agent(call: AskedCall, prompt: Json, opts: Json): Answer | null {
    const { context, rlm, schema = null } = isJsonObject(opts) ? opts : {};
    if (rlm !== undefined && rlm !== null && rlm !== false) return this.named('question', prompt) ?? this.lost(call);
    const given = typeof context === 'string' && typeof prompt === 'string';
    const whole = given ? `${prompt}\n\n<context>\n${context}\n</context>` : prompt;
    return this.named('prompt', whole, schema) ?? this.lost(call);
  }

  /** R1. Of calls that ask in the same words, those of the same schema and those that were made in this run come first. */
  private named(part: 'prompt' | 'question', asked: Json, schema: Json = null): RunCall | null {
    const left = this.calls.filter((one) => !this.used.has(one) && has(one.parts, part));
    const hashed = `${part}:${hashJson(asked).slice(0, 6)}`;
    const form = `schema:${hashText(canonicalJson(schema)).slice(0, 6)}`;
    const rank = ({ parts, hash }: RunCall) => (parts.includes(form) ? 2 : 0) + (this.own.has(hash) ? 1 : 0);
    const [same] = left
      .filter(({ parts }) => parts.includes(hashed))
      .toSorted((a, b) => (a.hash === b.hash ? a.ordinal - b.ordinal : rank(b) - rank(a)));
    const found =
      same ??
      left.find(({ prompt }) => prompt !== null && prompt !== '' && prompt === asked) ??
      left.find(({ prompt }) => prompt === null);
    return found === undefined ? null : this.use(found);
  }

  private workflow(call: AskedCall, args: Json[]): Answer | null {
    const child = this.child(args);
    return child === null ? (this.nested(args) ?? this.failedWorkflow(call)) : plain(child);
  }

  /** A script in the caller's own execution: it is played as well. */
  private nested(args: Json[]): Answer | null {
    const { prefix, path, seed } = this.place;
    const address = `${prefix}workflow:${this.next('workflow')}`;
    const script = this.run.scripts.find((one) => one.address === address);
    if (script === undefined) return null;
    const count = this.next(`\n${script.name}`);
    const inner = `${path}workflow:${script.name}.${count}/`;
    const program: Program = {
      ...{ source: script.source, file: script.file, hasArgs: args.length > 1, args: args[1] ?? null },
      start: {
        now: script.beganAt,
        seed: `${seed}/${address}`,
        total: null,
        totals: { calls: null, usd: null, ms: null },
      },
    };
    const place = { prefix: `${address}/`, path: inner, seed };
    const { end } = playGuest(program, new RunBook(this.run, place, this.used));
    const settled: Settled = end.ok
      ? { ok: true, value: end.value }
      : { ok: false, error: { code: end.error.code ?? 'BRAID_SCRIPT_ERROR', message: end.error.message } };
    return { at: script.endedAt, settled };
  }

  private failedWorkflow(call: AskedCall): Answer | null {
    const outcome = this.outcome(call);
    return outcome === null ? null : { at: 0, settled: { ok: false, error: outcome } };
  }

  /** An agent definition, a saved workflow or a function (workflows/calls/by-name.ts). */
  private byName(call: AskedCall): Answer | null {
    const [name, args = null] = call.args;
    const bare = typeof name === 'string' ? name.replace(/^(agent|workflow|tool):/, '') : '';
    const tool = this.fact('tool', bare);
    if (tool !== null) return asResult(tool);
    const script = this.run.scripts.some((one) => one.name === bare || one.file.includes(bare));
    const inner = script ? this.nested(args === null ? [bare] : [bare, args]) : null;
    if (inner !== null) return asResult(inner);
    const child = this.child(args === null ? [bare] : [bare, args]);
    if (child !== null) return child;
    const asked = isJsonObject(args) ? [args['prompt'] ?? null, args] : [args, null];
    return this.agent({ ...call, name: 'agent', args: asked }, asked[0] ?? null, asked[1] ?? null);
  }

  /** A workflow that a cell called: an execution of its own. */
  private child(args: Json[]): RunCall | null {
    const found = this.calls.find((one) => !this.used.has(one) && has(one.parts, 'script') && hasArgs(one, args));
    return found === undefined ? null : this.use(found);
  }

  /** By its number among those of its kind. */
  private fact(kind: string, label: string | null): RunFact | null {
    const number = (this.numbers.get(kind) ?? 0) + 1;
    const found = this.run.facts.find(({ address }) => address === `${this.place.prefix}${kind}:${number}`);
    if (found === undefined || (label !== null && found.label !== label)) return null;
    this.numbers.set(kind, number);
    return found;
  }

  /** A call that was refused or was wrong, of which only the outcome tells. */
  private lost(call: AskedCall): Answer | null {
    const outcome = this.outcome(call);
    if (outcome === null) return null;
    const { code, message, reason } = outcome;
    const base = { ok: false, value: null, usage: NO_SPEND, replayed: false, degraded: false, ms: 0 };
    const value: CallResult = { ...base, reason, error: { code, message }, throws: true, outcome };
    return { at: 0, settled: { ok: true, value } };
  }

  private outcome(call: AskedCall): Outcome | null {
    const [label, phase] = [labelOf(call), phaseOf(call)];
    const found = this.run.outcomes.find((one) => !this.used.has(one) && one.label === label && one.phase === phase);
    return found === undefined ? null : this.use(found);
  }

  private use<T extends object>(found: T): T {
    this.used.add(found);
    return found;
  }

  private next(kind: string): number {
    const number = (this.numbers.get(kind) ?? 0) + 1;
    this.numbers.set(kind, number);
    return number;
  }
}

/** Names a list of patches by what they hold. */
export function patchesHash(patches: Json): string {
  return hashJson((Array.isArray(patches) ? patches : []).map((one) => parsePatch(one)));
}

function has(parts: string, name: string): boolean {
  return ` ${parts}`.includes(` ${name}:`);
}

function hasArgs({ parts }: RunCall, args: Json[]): boolean {
  const hash = hashJson([args.length > 1 && args[1] !== undefined, args[1] ?? null]).slice(0, 6);
  return parts.split(' ').includes(`args:${hash}`);
}

function plain({ at, settled }: Answer): Answer {
  if (!settled.ok) return { at, settled };
  const { ok, value, error } = settled.value as CallResult;
  return { at, settled: ok ? { ok, value } : { ok, error: error ?? { code: 'BRAID_INTERNAL', message: 'no reason' } } };
}

/** The form that calls by name have. */
function asResult({ at, settled }: Answer): Answer {
  if (!settled.ok) return { at, settled };
  const done = { reason: null, error: null, usage: NO_SPEND, replayed: false, degraded: false, ms: 0 };
  const value: CallResult = { ok: true, value: settled.value as Json, ...done, throws: false, outcome: null };
  return { at, settled: { ok: true, value } };
}
