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
  setCurrentDetails,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { SnapshotKey } from '../../protocol/activities.ts';
import { ERRORS } from '../../protocol/error-table.ts';
import { LIMITS, SCRIPT_SANDBOX } from '../../protocol/limits.ts';
import { SEARCH_ATTRIBUTES } from '../../protocol/names.ts';
import type { ErrorInfo, Outcome, RunStatus, Usage } from '../../protocol/outcome.ts';
import type { NodeParent, RunInput } from '../../protocol/run-input.ts';
import { activities } from '../activities.ts';
import { Ledger, type LimitName } from '../ledger/ledger.ts';
import { LeaseDesk, LimitReached, type Used } from '../ledger/lease.ts';
import type { Admission, Link } from '../ledger/link.ts';
import { Window } from '../ledger/window.ts';
import { openLink, reportEnd } from './parent-link.ts';
import { detailsOf, type CallRow } from './details.ts';
import { Story } from './story.ts';

export class Tree {
  readonly input: RunInput;
  /** Address of this node with a slash behind it; empty for the root. */
  readonly prefix: string;
  /** Depth of this node in the tree. */
  readonly level: number;
  readonly ledger: Ledger;
  readonly window: Window;
  readonly desk: LeaseDesk;
  readonly story = new Story(() => Date.now());
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
  private lastAddress = 0;
  private readonly onFatal: () => void;
  private readonly warned = new Set<string>();
  /** One window of open sandboxes for each depth: a script waits only for deeper ones, so no two can wait for each other. */
  private readonly scripts: Window[] = [];
  private raised = 0;
  private readonly root = CancellationScope.current();
  /** What waits for the next workflow task. */
  private readonly later: (() => void)[] = [];
  private refusals = 0;
  private taskOfGas = -1;
  private gasOfTask = 0;
  private taskOfDetails = -1;

  /** `onFatal` ends the node at once. */
  constructor(input: RunInput, onFatal: () => void) {
    const { parent } = input;
    this.input = input;
    this.onFatal = onFatal;
    this.prefix = parent === undefined ? '' : `${parent.tag.address}/`;
    this.level = parent?.level ?? 0;
    this.link = parent === undefined ? null : openLink(parent);
    this.ledger = new Ledger(parent === undefined ? input.limits : ownCaps(parent));
    this.window = this.link === null ? new Window(input.limits.concurrency) : lentWindow(this.link);
    this.desk = new LeaseDesk(this.ledger, this.link?.lease ?? null, (limit) => this.overLimit(limit));
  }

  /** Whether children must ask before each request. */
  get capped(): boolean {
    return this.ledger.capped || (this.link?.lease ?? null) !== null;
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
    const { requests, spend } = this.ledger;
    if (this.link !== null) await reportEnd(this.unreported ?? { requests, spend });
  }

  /** The snapshot's name: one per run, so that every agent reads the same bytes. */
  snapshotKey(): SnapshotKey | null {
    if (this.input.workspace === null) return null;
    const { workflowId, runId } = workflowInfo();
    return { key: `${workflowId}/${runId}`, workspace: this.input.workspace };
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
    this.lastAddress += 1;
    return this.lastAddress;
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
    const { calls, requests, refused, spend } = this.ledger;
    return { calls, requests, replayed: 0, failed: this.failed, refused, ...spend };
  }

  pause(): void {
    if (this.paused) return;
    this.paused = true;
    this.window.pause();
    this.setState('paused');
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.window.resume();
    this.setState('running');
  }

  /** A provider asks us to slow down. */
  slowDown(message: string): void {
    this.window.shrink();
    if (message !== '') this.warn(`the provider asks to slow down: ${message}`);
    this.link?.slowDown(message);
  }

  /** What a child node counted beside its spending, which its lease or its end has reported. */
  absorb({ usage, outcomes }: { usage: Usage; outcomes: Outcome[] }): void {
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
    const { limit } = await this.admitCalls(1);
    if (limit !== null) throw new LimitReached(limit);
  }

  /** Counts calls here and in every node above (T1), as many as the limits allow. */
  async admitCalls(count: number): Promise<Admission> {
    let admitted = 0;
    let limit: LimitName | null = null;
    while (admitted < count && limit === null) {
      const reached = this.ledger.admitCall();
      if (reached === null) admitted += 1;
      else limit = await this.overLimit(reached).then(() => null, limitOf);
    }
    if (this.link === null || admitted === 0) return { admitted, limit };
    const above = await this.link.admit(admitted);
    this.ledger.unadmit(admitted - above.admitted);
    return { admitted: above.admitted, limit: above.limit ?? limit };
  }

  private mayWait(limit: LimitName): boolean {
    return this.link === null && this.input.limits.onLimit === 'pause' && limit !== 'maxTimeMs';
  }

  /** A limit is reached: wait for a higher one, or say so by throwing. */
  async overLimit(limit: LimitName): Promise<void> {
    this.warn(`the limit ${limit} (${this.ledger.limitOf(limit)}) is reached`);
    if (!this.mayWait(limit)) throw new LimitReached(limit);
    const seen = this.raised;
    this.setState('paused');
    await condition(() => this.raised !== seen);
    if (!this.paused) this.setState('running');
  }

  /** Gas is counted per workflow task: work that a task cannot hold is put off to the next (design §6). */
  taskIsFull(): boolean {
    return this.taskOfGas === workflowInfo().historyLength && this.gasOfTask >= SCRIPT_SANDBOX.gasPerTask;
  }

  /** Starts a call now, or in a later task when this one has enough to do. */
  pace(start: () => void): void {
    if (this.taskIsFull()) return this.nextTask(() => this.pace(start));
    this.countGas(SCRIPT_SANDBOX.gasPerCall);
    start();
  }

  /** Calls back in the next workflow task, which a timer brings. */
  nextTask(go: () => void): void {
    this.later.push(go);
    if (this.later.length > 1) return;
    this.root
      .run(() => sleep(1, { summary: 'next task' }))
      .then(
        () => {
          for (const waiting of this.later.splice(0)) waiting();
        },
        () => undefined, // cancelled with the run
      );
  }

  countGas(gas: number): void {
    const task = workflowInfo().historyLength;
    if (task !== this.taskOfGas) {
      this.taskOfGas = task;
      this.gasOfTask = 0;
    }
    this.gasOfTask += gas;
  }

  historyIsFull(): boolean {
    const { historyLength, historySize } = workflowInfo();
    return historyLength > LIMITS.historyEvents || historySize > LIMITS.historyBytes;
  }

  setState(state: RunStatus): void {
    if (this.link !== null) return;
    upsertSearchAttributes({ [SEARCH_ATTRIBUTES.state]: [state] });
  }

  /** After a turn of a guest: progress for Temporal's UI (costs no event), and lines that nothing would carry. */
  endOfTurn(timerStarted: boolean): void {
    if (this.story.needsMarker(timerStarted)) {
      const tag = { address: 'story', label: 'story', phase: null, model: null, turn: 0, notes: this.story.take() };
      activities.note(tag).catch(() => undefined);
    }
    this.warnOfLimits();
    const task = workflowInfo().historyLength;
    if (task === this.taskOfDetails) return;
    this.taskOfDetails = task;
    this.showDetails();
  }

  /** Each limit is told of once, when most of it is used (design §7). */
  private warnOfLimits(): void {
    const { calls, requests, spend } = this.ledger;
    const used = { maxCalls: calls, maxRequests: requests, maxOutputTokens: spend.outputTokens } as const;
    for (const name of ['maxCalls', 'maxRequests', 'maxOutputTokens'] as const) {
      const limit = this.ledger.limitOf(name);
      if (limit === null || used[name] < limit * LIMITS.budgetWarning) continue;
      this.warn(`${LIMITS.budgetWarning * 100} % of the limit ${name} = ${limit} is used`);
    }
  }

  showDetails(): void {
    setCurrentDetails(detailsOf(this.rows.values(), this.usage()));
  }
}

function limitOf(error: unknown): LimitName {
  if (error instanceof LimitReached) return error.limit;
  throw error;
}

function ownCaps({ budget }: NodeParent) {
  const { calls, outputTokens } = budget;
  return {
    maxCalls: calls ?? Number.MAX_SAFE_INTEGER,
    maxRequests: null,
    maxOutputTokens: outputTokens,
    maxTimeMs: null,
  };
}

function lentWindow(link: Link): Window {
  const window = new Window(1, {
    want: (count) => link.wantSlots(count),
    giveBack: (count) => link.returnSlots(count),
  });
  link.onSlots = (count) => window.lend(count);
  return window;
}
