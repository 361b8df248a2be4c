/**
 * The books of one execution: ledger, window, story, outcomes, pause. The root's hold the run's limits; those of a child node
 * are linked to its parent's, so that one window and one ledger bound the whole tree:
 *
 *  T1  A call is counted by every node above it before it begins.
 *  T2  A model request holds a slot and, where a limit is set, a reservation of every node above it.
 *  T3  A child's own caps only tighten what its parent grants.
 */
import {
  CancellationScope,
  condition,
  patched,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { SnapshotKey } from '../../protocol/activities.ts';
import { ERRORS } from '../../protocol/error-table.ts';
import { LIMITS, REPL, SCRIPT_SANDBOX } from '../../protocol/limits.ts';
import { SEARCH_ATTRIBUTES } from '../../protocol/names.ts';
import type { ErrorInfo, Outcome, RunStatus, Spend, Usage } from '../../protocol/outcome.ts';
import type { TreeHandover } from '../../protocol/handover.ts';
import type { JournalEntry, JournalRef } from '../../protocol/journal.ts';
import type { ReplayedCall } from '../../protocol/model-call.ts';
import type { RunInput } from '../../protocol/run-input.ts';
import type { Kind } from '../ledger/amounts.ts';
import { admission, countCalls, type Books } from '../ledger/books.ts';
import { capsOf } from '../ledger/budget.ts';
import { RunClock } from '../ledger/clock.ts';
import { Ledger, type LimitName } from '../ledger/ledger.ts';
import { LeaseDesk, LimitReached, type Used } from '../ledger/lease.ts';
import type { Admission, Link } from '../ledger/link.ts';
import { Phases } from '../ledger/phases.ts';
import { PriceBook } from '../ledger/prices.ts';
import { Window } from '../ledger/window.ts';
import { CostBook } from '../callables/cost-book.ts';
import { Steering } from '../calls/steering.ts';
import { Gates } from '../gates/gates.ts';
import { Journal } from '../journal/journal.ts';
import { Breaker } from './breaker.ts';
import { Changes } from './changes.ts';
import { lentWindow, openLink, reportEnd } from './parent-link.ts';
import { askPrices } from './prices.ts';
import { pathOf } from './path.ts';
import { StoryMarker } from './story-marker.ts';
import { detailsOf, type CallRow } from './details.ts';
import { Standstill } from './standstill.ts';
import { Story } from './story.ts';
import { TaskGas } from './task-gas.ts';

export class Tree implements Books {
  readonly input: RunInput;
  /** Address of this node with a slash behind it; empty for the root. */
  readonly prefix: string;
  /** Depth of this node in the tree. */
  readonly level: number;
  readonly ledger: Ledger;
  readonly window: Window;
  readonly desk: LeaseDesk;
  readonly journal: Journal;
  /** Wall time that counts against --max-time (tree/root.ts). */
  readonly clock = new RunClock(() => Date.now());
  readonly phases = new Phases(() => this.clock.ranMs);
  readonly prices: PriceBook;
  readonly breaker = new Breaker();
  /** Functions of the user's that run at once. */
  readonly tools = new Window(REPL.toolsAtOnce);
  readonly story = new Story(() => Date.now());
  readonly marker: StoryMarker;
  readonly gates: Gates;
  readonly steering: Steering;
  readonly changes: Changes;
  readonly costs = new CostBook();
  readonly outcomes: Outcome[] = [];
  readonly rows = new Map<string, CallRow>();
  /** Manifests that this node's programs were given references to: no other may come back from them as a reference. */
  readonly handedOut = new Set<string>();
  /** Set when the run cannot go on at all, for example because its default model has no key. */
  fatal: ErrorInfo | null = null;
  failed = 0;
  paused = false;
  /** --max-time is used up: what is in flight is dropped, nothing new is begun. */
  timeIsUp = false;
  private readonly link: Link | null;
  private readonly numbers = new Map<string, number>();
  private readonly onFatal: () => void;
  private readonly warned = new Set<string>();
  /** One window of open sandboxes for each depth: a script waits only for deeper ones, so no two can wait for each other. */
  private readonly scripts: Window[] = [];
  private underway = 0;
  private raised = 0;
  private readonly root = CancellationScope.current();
  private long = false;
  private readonly standstill: Standstill;
  readonly tasks = new TaskGas(this.root);
  private refusals = 0;
  private taskOfDetails = -1;

  /** `onFatal` ends the node at once. */
  constructor(input: RunInput, onFatal: () => void) {
    const { parent } = input;
    this.input = input;
    this.onFatal = onFatal;
    this.prefix = parent === undefined ? '' : `${parent.tag.address}/`;
    this.level = parent?.level ?? 0;
    this.journal = new Journal(pathOf(input));
    this.link = parent === undefined ? null : openLink(parent);
    if (this.link !== null) {
      this.breaker.above = this.link;
      this.link.onProbe = () => this.breaker.probe();
    }
    this.ledger = new Ledger(parent === undefined ? input.limits : capsOf(parent.budget));
    this.marker = new StoryMarker(this.story, this.root);
    this.steering = new Steering(input.steerable === true);
    this.gates = new Gates({
      tell: (text, gate) => this.story.addGate(text, gate),
      flush: () => this.marker.flush(),
      waiting: (waits) => this.gatesWait(waits),
    });
    this.changes = new Changes(this, input.changes ?? null);
    const inFlight = () => this.window.inFlight + this.underway;
    const world = { gates: () => this.gates.open, inFlight, stands: (stands: boolean) => this.stands(stands) };
    this.standstill = new Standstill(world, this.root);
    this.window = this.link === null ? new Window(input.limits.concurrency) : lentWindow(this.link);
    this.desk = new LeaseDesk(this.ledger, this.link?.lease ?? null, (limit) => this.overLimit(limit));
    this.prices = new PriceBook(parent?.prices ?? {}, (models) => askPrices(this.prefix, models));
  }

  get kinds(): readonly Kind[] {
    return [...new Set([...this.ledger.capped, ...(this.link?.lease?.kinds ?? [])])];
  }

  chargeReplayed(spend: Spend, calls?: number): void {
    this.ledger.chargeReplayed(spend, calls);
  }

  /** Wall time of the whole run has its own clock (tree/root.ts). */
  timeLeft(): null {
    return null;
  }

  /** What the parent has not been told of; null where nothing is capped. */
  get unreported(): Used | null {
    return this.link?.lease?.unreported ?? null;
  }

  /** Resolves when this node may end: what is underway to its parent then would be lost. */
  async delivered(): Promise<void> {
    const { link } = this;
    if (link !== null) await condition(() => link.delivered);
  }

  /** Tells the parent what this node used, when no result will. */
  async reportEnd(): Promise<void> {
    const { requests, newSpend: spend } = this.ledger;
    if (this.link !== null) await reportEnd(this.unreported ?? { requests, spend });
  }

  /** The snapshot's name: one per run, so that every agent reads the same bytes. */
  snapshotKey(): SnapshotKey | null {
    const { workspace, batch } = this.input;
    if (workspace === null) return null;
    if (batch !== undefined) return { key: `batch/${batch}`, workspace };
    const { workflowId, firstExecutionRunId } = workflowInfo();
    return { key: this.input.snapshotName ?? `${workflowId}/${firstExecutionRunId}`, workspace };
  }

  /** A line of the run's log, once per run however often it happens. */
  warn = (text: string): void => {
    if (this.warned.has(text)) return;
    this.warned.add(text);
    this.story.add('warning', text);
  };

  scriptsAt(depth: number): Window {
    return (this.scripts[depth] ??= new Window(LIMITS.nestedScripts));
  }

  nextAddress(): number {
    return this.number('agent');
  }

  /** The next number of a series of addresses. */
  number(series: string): number {
    const number = (this.numbers.get(series) ?? 0) + 1;
    this.numbers.set(series, number);
    return number;
  }

  /** Ends the run with an error that is not the script's; the first one counts. */
  fail(error: ErrorInfo): void {
    this.fatal ??= error;
    this.onFatal();
  }

  /** Counts a call that a limit forbids. A script that catches each refusal and asks again would never end by itself. */
  refuse(): void {
    this.ledger.refused += 1;
    this.refusal();
  }

  refusal(): void {
    this.refusals += 1;
    if (this.refusals <= LIMITS.maxRefusals) return;
    const message = `A limit was reached, and the script went on asking: ${this.refusals} calls were refused.`;
    this.fail({
      code: this.timeIsUp ? 'BRAID_TIME' : 'BRAID_BUDGET_EXHAUSTED',
      message,
      fix: ERRORS.BRAID_BUDGET_EXHAUSTED.fix,
    });
  }

  usage(): Usage {
    const { calls, requests, refused, replayedCalls, newSpend } = this.ledger;
    return { calls, requests, replayed: replayedCalls, failed: this.failed, refused, ...newSpend };
  }

  pause(): void {
    if (this.paused) return;
    this.paused = true;
    this.clock.hold();
    this.window.pause();
    this.setState('paused');
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.clock.release();
    this.window.resume();
    this.setState(this.gates.open > 0 ? 'waiting' : 'running');
  }

  /** A child only waits for a person from now on, or goes on. */
  childWaits(waits: boolean): void {
    this.standstill.childWaits(waits);
  }

  /** Every execution shows that it waits, so that lists find those of a tree that do. */
  private gatesWait(waits: boolean): void {
    const state = waits ? 'waiting' : this.paused ? 'paused' : 'running';
    upsertSearchAttributes({ [SEARCH_ATTRIBUTES.state]: [state] });
    this.standstill.watch();
  }

  private stands(stands: boolean): void {
    if (stands) this.clock.hold();
    else this.clock.release();
    this.link?.waits(stands);
  }

  /** A provider asks us to slow down. `width`: as in {@link ChildMessage}. */
  slowDown(message: string, width?: number | null): void {
    if (width !== null) this.window.shrink(width);
    if (message !== '') this.warn(`the provider asks to slow down: ${message}`);
    this.link?.slowDown(message, width);
  }

  /** A call that an earlier run paid for: nothing is sent, and budgets see what it cost then (design §6). */
  replayed(call: Omit<ReplayedCall, 'from' | 'usage'>, { from, usage }: JournalEntry, books: Books = this): void {
    books.chargeReplayed(usage);
    this.story.addReplayed({ ...call, from, usage });
    this.rows.set(call.address, { label: call.label, phase: call.phase, model: call.model ?? '', state: 'done' });
  }

  /** What a result tells of reuse; nothing when there is nothing to tell. */
  reuse(journal: JournalRef | undefined): { replayed?: Spend; journal?: JournalRef } {
    const { replayed, replayedCalls } = this.ledger;
    return { ...(replayedCalls === 0 ? {} : { replayed }), ...(journal === undefined ? {} : { journal }) };
  }

  /** What a child node counted beside its spending, which its lease or its end has reported. */
  absorb(
    { usage, outcomes, replayed }: { usage: Usage; outcomes: Outcome[]; replayed?: Spend },
    books: Books = this,
  ): void {
    if (replayed !== undefined) books.chargeReplayed(replayed, usage.replayed);
    this.failed += usage.failed;
    this.ledger.refused += usage.refused;
    this.outcomes.push(...outcomes);
  }

  /** Called after limits were raised: whoever waited for them asks again. */
  limitsChanged(): void {
    this.raised += 1;
    this.desk.pump();
  }

  /** Counts one call of a script: null, or the limit that forbids it for good, or that it must be waited for. */
  admit(): LimitName | 'wait' | null {
    if (this.link !== null) return 'wait';
    const limit = this.ledger.admitCall();
    if (limit === null) return null;
    this.warn(`the limit ${limit} (${this.ledger.limitOf(limit)}) is reached`);
    return this.mayWait(limit) ? 'wait' : limit;
  }

  /** Resolves when the call is counted. Throws LimitReached. */
  async admission(): Promise<void> {
    await admission(this);
  }

  /** Counts calls here and in every node above (T1), as many as the limits allow. */
  admitCalls(count: number): Promise<Admission> {
    return countCalls(count, this.ledger, this.link, (limit) => this.overLimit(limit));
  }

  private mayWait(limit: LimitName): boolean {
    return this.link === null && this.input.limits.onLimit === 'pause' && limit !== 'maxTimeMs';
  }

  /** A limit is reached: wait for a higher one, or say so by throwing. */
  async overLimit(limit: LimitName): Promise<void> {
    this.warn(`the limit ${limit} (${this.ledger.limitOf(limit)}) is reached`);
    if (!this.mayWait(limit)) throw new LimitReached(limit);
    const seen = this.raised;
    // Runs of older builds let the clock of --max-time go on here.
    const held = patched('wait-is-no-run-time');
    if (held) this.clock.hold();
    this.setState('paused');
    await condition(() => this.raised !== seen);
    if (held) this.clock.release();
    if (!this.paused) this.setState('running');
  }

  /** Starts a call now, or in a later task when this one has enough to do. */
  pace(start: () => void): void {
    if (this.tasks.isFull) return this.tasks.next(() => this.pace(start));
    this.tasks.count(SCRIPT_SANDBOX.gasPerCall);
    start();
  }

  /** Work that holds no slot and must end before the node continues as new. */
  async unfinished<T>(work: Promise<T>): Promise<T> {
    this.underway += 1;
    try {
      return await work;
    } finally {
      this.underway -= 1;
    }
  }

  /** Gives no further slot: what waits is handed to the next execution. */
  shut(): void {
    this.window.shut();
    // There is none for depths that no script reached.
    this.scripts.forEach((window) => window.shut());
  }

  /** Nothing of the world is in flight. */
  get still(): boolean {
    return this.window.inFlight === 0 && this.underway === 0;
  }

  /** Where this node stands, for the execution that continues it; nothing may be in flight. */
  handover(): TreeHandover {
    const { failed, outcomes, paused } = this;
    const [changes, costs] = [this.changes.handover, this.costs.handover];
    return {
      ...this.ledger.state,
      limits: this.ledger.limits,
      phases: this.phases.state,
      ...{ failed, outcomes, paused },
      warned: [...this.warned],
      numbers: Object.fromEntries(this.numbers),
      journal: this.journal.handover,
      ranMs: this.clock.ranMs,
      handedOut: [...this.handedOut],
      ...(changes === undefined ? {} : { changes }),
      ...(costs === undefined ? {} : { costs }),
      notes: this.story.last(),
    };
  }

  /** Goes on where the execution before stood (HO3). */
  continueFrom(before: TreeHandover): void {
    this.ledger.raise(before.limits);
    this.ledger.continueFrom(before);
    this.phases.continueFrom(before.phases ?? {});
    this.journal.continueFrom(before.journal);
    if (before.changes !== undefined) this.changes.continueFrom(before.changes);
    if (before.costs !== undefined) this.costs.continueFrom(before.costs);
    this.failed = before.failed;
    this.outcomes.push(...before.outcomes);
    for (const text of before.warned) this.warned.add(text);
    for (const [series, number] of Object.entries(before.numbers)) this.numbers.set(series, number);
    for (const manifest of before.handedOut) this.handedOut.add(manifest);
    this.clock.ranMs = before.ranMs;
    this.story.goOn(before.notes);
    if (before.paused) this.pause();
  }

  /**
   * Whether history was long at the end of a turn. Turns happen where history says so; the length as such must not be waited for, because
   * conditions are also looked at for updates that are refused and leave no trace, and what follows from that cannot be replayed.
   */
  get wasLong(): boolean {
    return this.long;
  }

  /** Whether it is time to continue as new. */
  historyIsLong(): boolean {
    const { historyLength, historySize } = workflowInfo();
    const { continueEvents = LIMITS.continueEvents } = this.input;
    return historyLength > continueEvents || historySize > LIMITS.continueBytes;
  }

  historyIsFull(): boolean {
    const { historyLength, historySize } = workflowInfo();
    return historyLength > LIMITS.historyEvents || historySize > LIMITS.historyBytes;
  }

  setState(state: RunStatus | 'waiting'): void {
    if (this.link !== null || this.input.batch !== undefined) return;
    upsertSearchAttributes({ [SEARCH_ATTRIBUTES.state]: [state] });
  }

  /** After a turn of a guest: progress for Temporal's UI (costs no event), and lines that nothing would carry. */
  endOfTurn(timerStarted: boolean): void {
    this.long ||= this.historyIsLong();
    if (this.story.needsMarker(timerStarted)) this.marker.write();
    this.warnOfLimits();
    const task = workflowInfo().historyLength;
    if (task === this.taskOfDetails) return;
    this.taskOfDetails = task;
    this.showDetails();
  }

  /** Each limit is told of once, when most of it is used (design §7). */
  warnOfLimits(): void {
    const share = LIMITS.budgetWarning;
    for (const { name, limit } of this.ledger.nearLimits(share, this.clock.ranMs)) {
      const text = `${share * 100} % of the limit ${name} = ${limit} is used`;
      // Runs of older builds were not told of their time, and a line of the story may cost a marker.
      if (name === 'maxTimeMs' && (this.warned.has(text) || !patched('time-warning'))) continue;
      this.warn(text);
    }
    for (const text of this.phases.warnings(share)) this.warn(text);
  }

  showDetails(): void {
    setCurrentDetails(detailsOf(this.rows.values(), this.usage()));
  }
}
