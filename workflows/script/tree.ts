/**
 * What all scripts of one run share: ledger, window, story, outcomes, pause. One per run; nested scripts get the same one,
 * so one set of limits holds for the whole tree.
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
import type { ScriptInput } from '../../protocol/run-input.ts';
import { activities } from '../activities.ts';
import { Ledger, type LimitName } from '../ledger/ledger.ts';
import { LeaseDesk, LimitReached } from '../ledger/lease.ts';
import { Window } from '../ledger/window.ts';
import { detailsOf, type CallRow } from './details.ts';
import { Story } from './story.ts';

export class Tree {
  readonly input: ScriptInput;
  readonly ledger: Ledger;
  readonly window: Window;
  readonly desk: LeaseDesk;
  readonly story = new Story(() => Date.now());
  readonly outcomes: Outcome[] = [];
  readonly rows = new Map<string, CallRow>();
  /** Set when the run cannot go on at all, for example because its default model has no key. */
  fatal: ErrorInfo | null = null;
  failed = 0;
  paused = false;
  /** --max-time is used up: what is in flight is dropped, nothing new is begun. */
  timeIsUp = false;
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

  /** `onFatal` ends the run at once. */
  constructor(input: ScriptInput, onFatal: () => void) {
    this.input = input;
    this.onFatal = onFatal;
    this.ledger = new Ledger(input.limits);
    this.window = new Window(input.limits.concurrency);
    this.desk = new LeaseDesk(this.ledger, (limit) => this.overLimit(limit));
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

  /** Called after limits were raised: whoever waited for them asks again. */
  limitsChanged(): void {
    this.raised += 1;
    this.desk.pump();
  }

  /** Counts one call of a script: null, or the limit that forbids it for good, or that a higher one may be waited for. */
  admit(): LimitName | 'wait' | null {
    const limit = this.ledger.admitCall();
    if (limit === null) return null;
    this.warn(`the limit ${limit} (${this.ledger.limitOf(limit)}) is reached`);
    return this.mayWait(limit) ? 'wait' : limit;
  }

  /** Resolves when the call is counted. Throws LimitReached. */
  async admission(): Promise<void> {
    for (let limit = this.ledger.admitCall(); limit !== null; limit = this.ledger.admitCall())
      await this.overLimit(limit);
  }

  private mayWait(limit: LimitName): boolean {
    return this.input.limits.onLimit === 'pause' && limit !== 'maxTimeMs';
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
