/** One run of a batch, up to its end or to where it continues as new. The invariants stand in workflow.ts. */
import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  workflowInfo,
} from '@temporalio/workflow';
import { countLine, endedOf, NO_COUNTS } from '../../protocol/batch.ts';
import type {
  BatchCounts,
  BatchInput,
  BatchProgress,
  BatchResult,
  BatchState,
  ItemLine,
} from '../../protocol/batch.ts';
import { ERRORS, isErrorCode } from '../../protocol/error-table.ts';
import { BATCH } from '../../protocol/limits.ts';
import { addUsage, NO_USAGE, type ErrorInfo } from '../../protocol/outcome.ts';
import { activities } from './activities.ts';
import { invalidLine } from './ends.ts';
import { InFlight } from './in-flight.ts';
import { listen, showProgress, showState } from './outside.ts';
import { Results } from './results.ts';
import { ItemSource } from './source.ts';

/** What no item can do without (B4). */
const FATAL: ReadonlySet<string> = new Set([
  'BRAID_PROVIDER_KEY_MISSING',
  'BRAID_PROVIDER_KEY_REJECTED',
  'BRAID_PROVIDER_UNKNOWN',
  'BRAID_MODEL_UNKNOWN',
  'BRAID_WORKSPACE_TOO_LARGE',
  'BRAID_WORKSPACE_UNREADABLE',
  'BRAID_GIT',
  'BRAID_ENGINE_UNKNOWN',
]);

export class BatchRun {
  private readonly input: BatchInput;
  private readonly id = workflowInfo().workflowId;
  private readonly scope = CancellationScope.current();
  private state: BatchState;
  private source: ItemSource;
  private results: Results;
  private readonly inFlight: InFlight;
  /** Why no more items are begun. */
  private error: ErrorInfo | null = null;
  /** The results cannot be written, or items no longer be followed: nothing can be told but this. */
  private broken: ApplicationFailure | null = null;
  private full = false;
  /** It is known which items are to be run. */
  private opened = false;

  constructor(input: BatchInput) {
    this.input = input;
    this.state = input.state ?? fresh();
    this.inFlight = new InFlight(input.template, {
      onEnd: (line) => this.ended(line),
      onIdle: () => this.pump(),
      onError: (error) => this.fail(error),
    });
    if (this.state.paused) this.inFlight.pause();
    this.source = this.openSource();
    this.results = new Results(this.state.bytes, input.window, (error) => this.fail(error));
    listen({ pause: () => this.pause(), resume: () => this.resume(), progress: () => this.progress() });
  }

  async run(): Promise<{ result: BatchResult } | { state: BatchState }> {
    try {
      await this.takeOver();
      this.opened = true;
      this.inFlight.adopt(this.state.open);
      this.pump();
      await condition(() => this.broken !== null || this.ripe);
      if (this.error === null && !this.done)
        await this.inFlight.drain(this.input.renewal.drainMs, () => this.broken !== null);
      do {
        if (this.error !== null) await condition(() => this.broken !== null || this.inFlight.size === 0);
        await this.results.flush();
        if (this.broken !== null) throw this.broken;
      } while (this.error !== null && this.inFlight.size > 0);
    } catch (error) {
      if (!isCancellation(error)) throw failureOf(error);
      await this.cancelled();
      throw error;
    }
    if (this.error === null && !this.done) return { state: this.handOver() };
    return { result: this.finish() };
  }

  /** The lines of the batch that is retried come first. */
  private async takeOver(): Promise<void> {
    const { retry, items, strict, state } = this.input;
    if (retry === undefined || state !== undefined) return;
    const { todo, bytes, counts } = await activities.openBatch({
      manifest: items.manifest,
      retry: retry.batch,
      strict,
    });
    this.state = { ...this.state, todo, bytes, counts: { ...counts } };
    this.source = this.openSource();
    this.results = new Results(bytes, this.input.window, (error) => this.fail(error));
  }

  private openSource(): ItemSource {
    return new ItemSource(this.input, this.state.next, this.state.todo, () => this.pump());
  }

  /** For its end, or for continuing as new. */
  private get ripe(): boolean {
    return this.error !== null ? this.inFlight.size === 0 : this.done || this.full;
  }

  private get done(): boolean {
    return this.source.cursor === null && this.inFlight.size === 0;
  }

  /** Begins items as long as there is room. */
  private pump(): void {
    if (!this.opened) return;
    this.full ||= historyIsFull(this.input.renewal.events);
    if (this.full || this.error !== null || this.state.paused || this.scope.consideredCancelled) return;
    while (this.inFlight.size < this.input.window) {
      const item = this.source.take();
      if (item === undefined) break;
      if ('invalid' in item) this.write(invalidLine(item.item, item.invalid));
      else this.inFlight.begin(item.item, item.own);
    }
    // What is at work then still ends in order.
    this.source.fill().catch((error: unknown) => {
      if (!isCancellation(error)) this.error ??= infoOf(error);
    });
  }

  private ended(line: ItemLine): void {
    this.write(line);
    if (line.error !== null && FATAL.has(line.error.code) && line.status === 'failed') this.error ??= line.error;
    this.pump();
  }

  private write(line: ItemLine): void {
    countLine(this.state.counts, line);
    this.state.usage = addUsage(this.state.usage, line.usage);
    this.results.add(line);
    showProgress(this.progress());
  }

  private fail(error: unknown): void {
    if (!isCancellation(error)) this.broken ??= failureOf(error);
  }

  private pause(): void {
    if (this.state.paused) return;
    this.state.paused = true;
    showState('paused');
    this.inFlight.pause();
  }

  private resume(): void {
    if (!this.state.paused) return;
    this.state.paused = false;
    showState('running');
    this.inFlight.resume();
    this.pump();
  }

  /** Its items were told with it; those that end in time have their lines. */
  private async cancelled(): Promise<void> {
    await CancellationScope.nonCancellable(async () => {
      this.inFlight.cancel();
      await condition(() => this.inFlight.size === 0 || this.broken !== null, BATCH.cancelMs);
      await this.results.flush();
    });
  }

  private handOver(): BatchState {
    return { ...this.state, next: this.source.cursor, bytes: this.results.bytes, open: this.inFlight.items() };
  }

  private progress(): BatchProgress {
    const { counts, paused, usage } = this.state;
    return { total: this.input.items.total, counts, running: this.inFlight.size, paused, usage };
  }

  private finish(): BatchResult {
    const { counts, usage } = this.state;
    const { total } = this.input.items;
    const status =
      this.error !== null ? 'failed' : counts.completed === total ? 'completed' : 'completed_with_failures';
    showState(status);
    showProgress(this.progress());
    const value = { total, ...counts, notRun: total - endedOf(counts) };
    const result: BatchResult = { status, value, error: this.error, usage, outcomes: [], notes: [], unreported: null };
    if (this.error === null) return result;
    const { code, message } = this.error;
    throw ApplicationFailure.create({
      type: code,
      message: `${this.id}: ${message}`,
      nonRetryable: true,
      details: [result],
    });
  }
}

function fresh(): BatchState {
  const counts: BatchCounts = { ...NO_COUNTS };
  return { next: 1, todo: null, bytes: 0, open: [], paused: false, counts, usage: NO_USAGE };
}

function historyIsFull(events: number): boolean {
  const { historyLength, historySize } = workflowInfo();
  return historyLength >= events || historySize >= BATCH.historyBytes;
}

/** What an activity of the batch itself failed with. */
function infoOf(error: unknown): ErrorInfo {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  const type = cause instanceof ApplicationFailure ? cause.type : undefined;
  const code = isErrorCode(type) ? type : 'BRAID_INTERNAL';
  return { code, message: cause instanceof Error ? cause.message : String(cause), fix: ERRORS[code].fix };
}

function failureOf(error: unknown): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  const { code, message, fix } = infoOf(error);
  return ApplicationFailure.create({ type: code, message, nonRetryable: true, details: [{ fix: fix ?? '' }] });
}
