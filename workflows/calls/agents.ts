/**
 * Runs the `agent()` calls of a run: window, ledger, then the conversation, inline or in a child.
 *
 *  D1  A call is admitted (counted against --max-calls) when the script asks; it gets a slot in the order of asking.
 *  D2  Every call that gives no value leaves exactly one outcome (DW-14).
 *  D3  An agent without tools runs in the caller's history, one with tools in a child of its own.
 *  D4  A call that the resumed run paid for is served from its journal: it is counted, and sends nothing (DW-40).
 */
import { condition, isCancellation, patched } from '@temporalio/workflow';
import { ERRORS, isErrorCode } from '../../protocol/error-table.ts';
import type { Again } from '../../protocol/handover.ts';
import type { CallKey, JournalEntry } from '../../protocol/journal.ts';
import type { AgentResult } from '../../protocol/agent-result.ts';
import { isBraidError } from '../../protocol/errors.ts';
import type { CallResult } from '../../protocol/guest.ts';
import { isJsonObject, type Json } from '../../protocol/json.ts';
import { NO_SPEND, type Outcome } from '../../protocol/outcome.ts';
import type { Patch } from '../../protocol/overlay.ts';
import { slotIn } from '../cancellation.ts';
import { definitionName } from '../callables/cost-book.ts';
import { admission, PartBooks, usedUp, type Books } from '../ledger/books.ts';
import { LimitReached, OWN_BUDGET } from '../ledger/lease.ts';
import { agentKey } from '../journal/keys.ts';
import { patchOf, resolveAgentCall, type AgentCall, type BookedCall, type KeyedCall } from './agent-call.ts';
import { caption } from './options.ts';
import { Conversation } from './conversation.ts';
import type { Children } from '../tree/children.ts';
import { lost, skippedResult } from './no-result.ts';
import type { CallRow } from '../tree/details.ts';
import type { Begun, Work } from './work.ts';
import type { Tree } from '../tree/tree.ts';
import type { Workspace } from '../tree/workspace.ts';

/** A failed default model fails the run, not call by call (design §5.1). */
const FATAL = new Set([
  'BRAID_PROVIDER_KEY_MISSING',
  'BRAID_PROVIDER_KEY_REJECTED',
  'BRAID_PROVIDER_UNKNOWN',
  'BRAID_MODEL_UNKNOWN',
]);
/** The same for a default model without a price where the run itself is capped in USD. */
const FATAL_CAPPED = 'BRAID_PRICE_UNKNOWN';
/** A workspace that cannot be read is the same for every agent, whoever meets it first. */
const FATAL_WORKSPACE = new Set(['BRAID_WORKSPACE_TOO_LARGE', 'BRAID_WORKSPACE_UNREADABLE', 'BRAID_GIT']);

type Named = Pick<Outcome, 'label' | 'phase'>;

/** Where a program stands: what is put before its calls' addresses, and its path across runs. */
export interface Place {
  prefix: string;
  path: string;
  /** What its calls are written into; absent: the node's books. */
  books?: Books;
}

interface Served {
  ok: true;
  value: CallResult;
  seq: number;
  charge(): Promise<void> | undefined;
}

export class Agents {
  private readonly tree: Tree;
  private readonly conversation: Conversation;
  private open = 0;

  constructor(tree: Tree, children: Children, workspace: Workspace) {
    this.tree = tree;
    this.conversation = new Conversation(tree, children, workspace);
  }

  /** An `agent()` of a program. The work never throws but for cancellation: what goes wrong is in the result. */
  begin(
    args: Json[],
    phase: string | null,
    { prefix, path, books = this.tree }: Place,
    again: Again | null = null,
  ): Begun {
    const { input, warn } = this.tree;
    const opts = args[1];
    const named = isJsonObject(opts) && typeof opts.label === 'string' ? opts.label : args[0];
    const label = typeof named === 'string' ? named.slice(0, 60) : 'agent';
    const group = (isJsonObject(opts) ? caption(opts['phase'] ?? null) : null) ?? phase;
    const resolve = () => resolveAgentCall(args, phase, input, warn, knowsCallBudgets);
    if (again?.key) return this.beginAgain(again, this.withBooks(resolve(), books), again.key);
    return this.beginCall(`${prefix}agent:${this.tree.nextAddress()}`, { label, phase: group }, resolve, {
      path,
      books,
    });
  }

  /** Any call that is one conversation with a model. `named` is what is known of a call that cannot be resolved. */
  beginCall(
    address: string,
    named: Named,
    resolve: () => AgentCall,
    { path = this.tree.journal.path, books = this.tree }: Partial<Place> = {},
  ): Begun {
    const started = Date.now();
    // What it has seen when it asks: calls that are asked for together begin on the same, whichever is admitted or served first.
    const { head } = this.tree.changes;
    const ask = () => this.asked(this.withBooks(resolve(), books), address, path, head);
    try {
      const limit = books.admit();
      if (limit === 'wait') {
        const run = () => this.afterAdmission(ask, books, named, address, started);
        return { window: null, run, dropped: () => undefined };
      }
      if (limit !== null) throw new LimitReached(limit);
      const call = ask();
      return 'ok' in call ? call : this.work(call, address, started);
    } catch (error) {
      return { ok: true, value: this.refusedOrWrong(error, address, named) };
    }
  }

  /** A call that was counted and queued when the program continued as new. */
  private beginAgain({ address, begins = [] }: Again, booked: BookedCall, key: CallKey): Begun {
    const call = { ...booked, key, begins };
    this.open += 1;
    this.show(address, call, 'queued');
    return this.work(call, address, Date.now());
  }

  private work(call: KeyedCall, address: string, started: number): Work {
    let done = () => undefined as void;
    return {
      window: this.tree.window,
      run: () => {
        done();
        return this.run(call, address, started);
      },
      dropped: () => {
        done();
        this.givenUp(address, call, false);
      },
      waits: (end) => {
        done = this.tree.steering.waits(address, () => end(this.skipped(call, address, started)));
      },
      again: () => ({ address, key: call.key, ...(call.begins.length === 0 ? {} : { begins: call.begins }) }),
    };
  }

  /** Names the call across runs; it is queued then, or served from the journal (D4). */
  private asked(call: BookedCall, address: string, path: string, head: Patch | null): KeyedCall | Served {
    const { schemaTries, request } = call.task;
    const tries = request.schema === null ? null : schemaTries;
    const begins = this.tree.changes.beginsOf(call.overlay, head);
    const { key, served } = this.tree.journal.call(path, agentKey(call.task, call.overlay, begins), call.label, tries);
    if (served !== null) return this.fromJournal(address, call, served);
    this.open += 1;
    this.show(address, call, 'queued');
    return { ...call, key, begins };
  }

  /** A budget of the call's own stands before the books that it is written into. */
  private withBooks(call: AgentCall, books: Books): BookedCall {
    if (call.budget === null) return { ...call, books };
    const clock = () => this.tree.clock.ranMs;
    return { ...call, books: new PartBooks(books, call.budget, { name: OWN_BUDGET, clock }) };
  }

  private fromJournal(address: string, call: BookedCall, entry: JournalEntry): Served {
    const { label, phase, task, books } = call;
    const kind = address.split('/').at(-1)?.startsWith('llm:') === true ? 'llm' : 'agent';
    const { value, usage, degraded, ms, seq } = entry;
    const base = { ok: true, reason: null, error: null, throws: false, outcome: null, replayed: true };
    const result: CallResult = { ...base, value, usage, degraded, ms, ...patchOf(call, entry) };
    const charge = () => {
      this.tree.replayed({ address, kind, label, phase, model: task.request.model }, entry, books);
      this.tree.costs.ended('agent', definitionName(call.definition), { address, ok: true, spend: usage });
      // Of an agent that only asks others, the changes are theirs, and no member of its result.
      return this.tree.changes.takeIn({ patch: entry.patch, replayed: true }, call.overlay) ?? undefined;
    };
    return { ok: true, value: result, seq, charge };
  }

  private show(address: string, call: AgentCall, state: CallRow['state']): void {
    this.tree.rows.set(address, { label: call.label, phase: call.phase, model: call.task.request.model, state });
  }

  private async afterAdmission(
    ask: () => KeyedCall | Served,
    books: Books,
    named: Named,
    address: string,
    started: number,
  ): Promise<CallResult> {
    let call: KeyedCall;
    try {
      await admission(books);
      const asked = ask();
      if ('ok' in asked) {
        const taken = asked.charge();
        if (taken !== undefined) await taken;
        return asked.value;
      }
      call = asked;
    } catch (error) {
      return this.refusedOrWrong(error, address, named);
    }
    const { steering, window } = this.tree;
    try {
      if (!steering.enabled) await slotIn(window);
      else if (await steering.skippedWhile(address, () => slotIn(window))) return this.skipped(call, address, started);
    } catch (error) {
      this.givenUp(address, call, false);
      throw error;
    }
    return this.run(call, address, started);
  }

  private async run(call: KeyedCall, address: string, started: number): Promise<CallResult> {
    const { window } = this.tree;
    this.show(address, call, 'running');
    let ended: CallResult;
    try {
      const result = await this.conversation.run(address, call);
      if (result.ok) window.grow();
      for (const note of result.notes) this.tree.warn(note);
      this.open -= 1;
      ended = this.toCallResult(result, address, call, Date.now() - started);
    } catch (error) {
      if (isCancellation(error)) {
        this.givenUp(address, call, true);
        throw error;
      }
      this.open -= 1;
      return this.toCallResult(lost(error, call), address, call, Date.now() - started);
    } finally {
      window.release();
    }
    const taken = this.tree.changes.takeIn(ended, call.overlay);
    if (taken !== null) await taken;
    return ended;
  }

  /** A person ended the call while it waited for its slot. */
  private skipped(call: KeyedCall, address: string, started: number): CallResult {
    this.open -= 1;
    return this.toCallResult(skippedResult(call), address, call, Date.now() - started);
  }

  /** Resolves when no call is open, so that a run's last word holds them all (D2). */
  idle(): Promise<void> {
    return condition(() => this.open === 0);
  }

  private refusedOrWrong(error: unknown, address: string, named: Named): CallResult {
    const call = { ...named, task: { request: { model: this.tree.input.models.main } } };
    if (error instanceof LimitReached) {
      this.tree.refuse();
      const limit = this.tree.ledger.limitOf(error.limit);
      const message =
        error.of !== null
          ? `${usedUp(error)}, so this call was not made.`
          : `The run's limit ${error.limit} = ${limit} is reached, so this call was not made. Raise it with ${flagOf(error.limit)}.`;
      return this.noValue(
        'refused',
        error.limit === 'maxTimeMs' ? 'BRAID_TIME' : 'BRAID_BUDGET_EXHAUSTED',
        message,
        address,
        call,
        0,
        true,
      );
    }
    if (!isBraidError(error)) throw error;
    this.tree.failed += 1;
    return this.noValue('error', error.code, error.message, address, call, 0, true);
  }

  private toCallResult(result: AgentResult, address: string, call: AgentCall, ms: number): CallResult {
    this.show(address, call, result.ok ? 'done' : 'failed');
    const { ok, usage: spend } = result;
    this.tree.costs.ended('agent', definitionName(call.definition), { address, ok, spend });
    const base = { usage: result.usage, replayed: false, degraded: result.degraded, ms };
    if (result.ok) {
      if (result.degraded) this.tree.warn(`${call.label}: the structured output came on the last try (degraded)`);
      const value = { ok: true, value: result.value, ...patchOf(call, result) };
      return { ...base, ...value, reason: null, error: null, throws: false, outcome: null };
    }
    const reason = result.reason ?? 'error';
    const { code, message } = result.error ?? { code: 'BRAID_INTERNAL', message: 'no reason given' };
    if (reason === 'refused') this.tree.refuse();
    else this.tree.failed += 1;
    const fatal = FATAL.has(code) || (code === FATAL_CAPPED && this.tree.input.limits.maxUsd !== null);
    if (FATAL_WORKSPACE.has(code) || (fatal && call.task.request.model === this.tree.input.models.main)) {
      this.tree.fail({ code, message, fix: isErrorCode(code) ? ERRORS[code].fix : '' });
    }
    const throws = reason === 'schema' || reason === 'refused';
    return { ...this.noValue(reason, code, message, address, call, result.requests, throws), ...base };
  }

  /** The script, the clock or the run's end took the call away before it had a value (D2). */
  private givenUp(address: string, call: AgentCall, sent: boolean): void {
    const { timeIsUp } = this.tree;
    this.open -= 1;
    this.show(address, call, 'failed');
    const never = timeIsUp && !sent;
    if (never) this.tree.refuse();
    else this.tree.failed += 1;
    const code = timeIsUp ? 'BRAID_TIME' : 'BRAID_CALL_CANCELLED';
    const why = timeIsUp ? "The run's time was used up" : 'The script or the run ended';
    const reason = never ? 'refused' : timeIsUp ? 'timeout' : 'cancelled';
    this.noValue(reason, code, `${why} before this call was done.`, address, call, 0, true);
  }

  private noValue(
    reason: Outcome['reason'],
    code: string,
    message: string,
    address: string,
    call: { label: string; phase: string | null; task: { request: { model: string } } },
    attempts: number,
    throws: boolean,
  ): CallResult {
    const model = call.task.request.model;
    const outcome: Outcome = { address, label: call.label, phase: call.phase, reason, code, message, model, attempts };
    this.tree.outcomes.push(outcome);
    const error = { code, message };
    return {
      ok: false,
      value: null,
      reason,
      error,
      usage: NO_SPEND,
      replayed: false,
      degraded: false,
      ms: 0,
      throws,
      outcome,
    };
  }
}

/** Runs of older builds refused `budget` of a call, and their scripts went on from that. */
export function knowsCallBudgets(): boolean {
  return patched('call-budget');
}

function flagOf(limit: string): string {
  return `--${limit.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
