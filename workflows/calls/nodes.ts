/**
 * Calls that are nodes of their own: recursive language models and, below them, scripts. Each is a child workflow that works
 * under this node's window and ledger.
 *
 *  O1  A node is counted as one call, holds one slot from its start, and passes it down (ledger/window.ts, N4).
 *  O2  Whatever becomes of a node, its costs, failures and outcomes enter this node's books once.
 *  O3  A call without a value leaves exactly one outcome.
 */
import { isCancellation } from '@temporalio/workflow';
import { BraidError, isBraidError } from '../../protocol/errors.ts';
import type { CallResult } from '../../protocol/guest.ts';
import type { Json } from '../../protocol/json.ts';
import type { CallTag } from '../../protocol/model-call.ts';
import { WORKFLOWS } from '../../protocol/names.ts';
import { NO_SPEND, type ErrorInfo, type Outcome, type Spend, type Usage } from '../../protocol/outcome.ts';
import type { Patch } from '../../protocol/overlay.ts';
import type { NodeParent, ScriptInput } from '../../protocol/run-input.ts';
import type { JournalEntry } from '../../protocol/journal.ts';
import type { LargeValue, RlmInput, RlmResult } from '../../protocol/rlm.ts';
import { slotIn } from '../cancellation.ts';
import { rlmKey, scriptKey, type KeyHash } from '../journal/keys.ts';
import { admission, usedUp, type Books } from '../ledger/books.ts';
import { NO_BUDGET } from '../ledger/budget.ts';
import { LimitReached } from '../ledger/lease.ts';
import type { Begun } from './work.ts';
import { ChildEnded, type ChildKind, type Children } from '../tree/children.ts';
import type { Named as JournalNamed } from '../journal/journal.ts';
import { lentFrom } from '../tree/prices.ts';
import type { Tree } from '../tree/tree.ts';
import { skippedError, type Attempt } from './steering.ts';
import { errorOfFailure, resultOfFailure } from './child-result.ts';
import { inheritedFrom } from './inherited.ts';

export type NodeBudget = NodeParent['budget'];

interface NodeResult {
  status: RlmResult['status'];
  value: Json;
  usage: Usage;
  outcomes: Outcome[];
  error: ErrorInfo | null;
  unreported: { requests: number; spend: Spend } | null;
  large?: LargeValue | null;
  replayed?: Spend;
  patch?: Patch;
}

const used: ChildKind<NodeResult>['used'] = ({ unreported, usage }) => unreported ?? spent(usage);
const RLM_NODE: ChildKind<NodeResult> = { workflow: WORKFLOWS.rlm, used };
const SCRIPT_NODE: ChildKind<NodeResult> = { workflow: WORKFLOWS.script, used };

type Named = Pick<Outcome, 'address' | 'label' | 'phase'> & { model: string | null };

/** Where a call comes from. */
interface CalledFrom {
  /** Path of the program that asks. */
  path: string;
  /** It was counted before the program continued as new. */
  counted: boolean;
  /** What it is written into. */
  books: Books;
}

interface NodeWork<I> {
  kind: ChildKind<NodeResult>;
  budget: NodeBudget;
  books: Books;
  /** Path of the program that asks. */
  path: string;
  prepare(parent: NodeParent): Promise<I> | I;
  key(input: I): KeyHash;
  /** What its agents begin on, in all attempts. */
  changes?: { changes?: Patch };
  /** What names it across runs: all attempts are one call. */
  named?: JournalNamed;
}

export class Nodes {
  private readonly tree: Tree;
  private readonly children: Children;

  constructor(tree: Tree, children: Children) {
    this.tree = tree;
    this.children = children;
  }

  /** A recursive language model. `prepare` makes its input, when its turn has come; what it throws is the call's failure. */
  rlm(
    call: Named,
    budget: NodeBudget,
    prepare: (parent: NodeParent) => Promise<RlmInput> | RlmInput,
    { path = this.tree.journal.path, counted = false, books = this.tree }: Partial<CalledFrom> = {},
  ): Begun {
    const work = { kind: RLM_NODE, budget, books, path, prepare, key: rlmKey };
    return this.begin(call, { counted, books }, (attempt) => this.run(call, work, attempt));
  }

  /** A whole script, in a workflow of its own. */
  script(call: Named, prepare: (parent: NodeParent) => Promise<ScriptInput>): Begun {
    const { path } = this.tree.journal;
    const work = { kind: SCRIPT_NODE, budget: NO_BUDGET, books: this.tree, path, prepare, key: scriptKey };
    return this.begin(call, { counted: false, books: this.tree }, (attempt) => this.run(call, work, attempt));
  }

  private begin(
    call: Named,
    { counted, books }: Omit<CalledFrom, 'path'>,
    run: (attempt: Attempt | null) => Promise<CallResult>,
  ): Begun {
    const { steering, window } = this.tree;
    const { address } = call;
    const skipped = () => this.lost(call, 'BRAID_CALL_SKIPPED', skippedError().message);
    let admitted = counted;
    const started = async (): Promise<CallResult> => {
      const began = Date.now();
      try {
        if (!admitted) await admission(books);
        admitted = true;
      } catch (error) {
        if (!(error instanceof LimitReached)) throw error;
        return this.refused(call, error);
      }
      if (!steering.enabled) await slotIn(window);
      else if (await steering.skippedWhile(address, () => slotIn(window))) return skipped();
      this.show(call, 'running');
      try {
        return {
          ...(await (steering.enabled ? steering.run(address, run, skipped) : run(null))),
          ms: Date.now() - began,
        };
      } finally {
        this.tree.window.release();
      }
    };
    this.show(call, 'queued');
    return {
      window: null,
      run: started,
      again: () => (admitted ? { address: call.address, key: null } : null),
      dropped: () => void this.lost(call, 'BRAID_CALL_CANCELLED', 'The run ended before this call began.'),
    };
  }

  private async run<I extends RlmInput | ScriptInput>(
    call: Named,
    work: NodeWork<I>,
    attempt: Attempt | null,
  ): Promise<CallResult> {
    const { kind, books } = work;
    const { address, label, phase, model } = call;
    const tag: CallTag = { address, label, phase, model, turn: 0, notes: [] };
    const { level } = this.tree;
    try {
      if (level + 1 > this.tree.input.limits.maxDepth) throw tooDeep(this.tree.input.limits.maxDepth);
      const budget = inTime(work.budget, books);
      const lent = lentFrom(this.tree, books);
      const capped = lent.capped || budget.outputTokens !== null;
      const parent = { tag, level: level + 1, ...lent, capped, budget };
      const input = await work.prepare(parent);
      work.changes ??= this.changesSoFar();
      work.named ??= this.tree.journal.call(work.path, work.key({ ...input, ...work.changes }), label, null);
      const { key, served } = work.named;
      if (served !== null) {
        const taken = this.tree.changes.takeIn({ ...served, replayed: true });
        if (taken !== null) await taken;
        return this.fromJournal(call, served, books);
      }
      const named: CallTag = { ...tag, key, notes: this.tree.story.take() };
      const given = { ...input, ...work.changes, ...inheritedFrom(this.tree), parent: { ...parent, tag: named } };
      const result = await this.children.run(kind, named, given, books, attempt);
      this.tree.absorb(result, books);
      const taken = this.tree.changes.takeIn({ patch: result.patch });
      if (taken !== null) await taken;
      return this.ended(call, result);
    } catch (error) {
      if (error instanceof ChildEnded) return this.failed(call, error.failure, books);
      if (isCancellation(error)) {
        if ((attempt?.steered ?? null) === null)
          this.lost(call, 'BRAID_CALL_CANCELLED', 'The script or the run ended before this call was done.');
        throw error;
      }
      if (!isBraidError(error)) throw error;
      return this.lost(call, error.code, error.message);
    }
  }

  /** What the agents of a node begin on. */
  private changesSoFar(): { changes?: Patch } {
    const { head } = this.tree.changes;
    return head === null ? {} : { changes: head };
  }

  private fromJournal(call: Named, entry: JournalEntry, books: Books): CallResult {
    const kind = call.address.split('/').at(-1)?.startsWith('rlm:') === true ? 'rlm' : 'workflow';
    const { address, label, phase, model } = call;
    this.tree.replayed({ address, kind, label, phase, model }, entry, books);
    this.cost(call, true, entry.usage);
    return { ...this.given(entry), usage: entry.usage, replayed: true, ms: entry.ms };
  }

  private ended(call: Named, { value, large, usage, error }: NodeResult): CallResult {
    // A script that a limit stopped gave nothing: its caller is at the same limit.
    if (error !== null) return { ...valueless(usage), reason: 'refused', error, throws: true };
    this.show(call, 'done');
    this.cost(call, true, usage);
    return { ...this.given({ value, large: large ?? null }), usage: valueless(usage).usage };
  }

  /** A large value is given by reference. */
  private given({ value, large }: { value: Json; large: LargeValue | null }): CallResult {
    if (large === null) return { ...valueless(NO_SPEND), ok: true, value };
    this.tree.handedOut.add(large.text.manifest);
    return { ...valueless(NO_SPEND), ok: true, value: { ...large, text: { ...large.text } } };
  }

  private failed(call: Named, failure: unknown, books: Books): CallResult {
    const result = resultOfFailure(failure) as NodeResult | null;
    if (result !== null) this.tree.absorb(result, books);
    this.cost(call, false, result?.usage ?? NO_SPEND);
    if (isCancellation(failure)) return this.lost(call, 'BRAID_CALL_CANCELLED', 'The node was cancelled from outside.');
    const { code, message } = errorOfFailure(failure, call.label);
    return this.lost(call, code, message, result?.usage);
  }

  private cost({ address, label }: Named, ok: boolean, { inputTokens, outputTokens, usd }: Spend): void {
    const name = address.split('/').at(-1)?.startsWith('workflow:') === true ? label : null;
    this.tree.costs.ended('workflow', name, { address, ok, spend: { inputTokens, outputTokens, usd } });
  }

  private refused(call: Named, error: LimitReached): CallResult {
    this.tree.refuse();
    const why = error.of === null ? `The run's limit ${error.limit} is reached` : usedUp(error);
    return this.outcome(call, 'refused', 'BRAID_BUDGET_EXHAUSTED', `${why}, so this call was not made.`);
  }

  private lost(call: Named, code: string, message: string, usage?: Spend): CallResult {
    this.tree.failed += 1;
    const { timeIsUp } = this.tree;
    const reason =
      code === 'BRAID_CALL_SKIPPED'
        ? 'skipped'
        : code !== 'BRAID_CALL_CANCELLED'
          ? 'error'
          : timeIsUp
            ? 'timeout'
            : 'cancelled';
    return { ...this.outcome(call, reason, code, message), usage: usage ?? NO_SPEND };
  }

  private outcome(call: Named, reason: Outcome['reason'], code: string, message: string): CallResult {
    this.show(call, 'failed');
    const { address, label, phase, model } = call;
    const outcome: Outcome = { address, label, phase, reason, code, message, model, attempts: 0 };
    this.tree.outcomes.push(outcome);
    return { ...valueless(NO_SPEND), reason, error: { code, message }, throws: reason === 'refused', outcome };
  }

  private show({ address, label, phase, model }: Named, state: 'queued' | 'running' | 'done' | 'failed'): void {
    this.tree.rows.set(address, { label, phase, model: model ?? '', state });
  }
}

function valueless({ inputTokens, outputTokens, usd }: Spend): CallResult {
  return {
    ok: false,
    value: null,
    reason: null,
    error: null,
    usage: { inputTokens, outputTokens, usd },
    replayed: false,
    degraded: false,
    ms: 0,
    throws: false,
    outcome: null,
  };
}

function spent({ requests, inputTokens, outputTokens, usd }: Usage) {
  return { requests, spend: { inputTokens, outputTokens, usd } };
}

/** What is left of the time of a phase bounds a node that begins in it. */
function inTime(budget: NodeBudget, books: Books): NodeBudget {
  const left = books.timeLeft();
  return left === null ? budget : { ...budget, timeMs: Math.min(budget.timeMs ?? left, left) };
}

function tooDeep(maxDepth: number): BraidError {
  return new BraidError('BRAID_DEPTH', `The call would go deeper than --max-depth ${maxDepth}.`);
}
