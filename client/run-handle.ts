/** One run, seen and steered from any process. */
import { isGrpcServiceError, WorkflowNotFoundError, type Client, type WorkflowHandle } from '@temporalio/client';
import { BraidError } from '../protocol/errors.ts';
import { SIGNALS } from '../protocol/names.ts';
import type { RunResult } from '../protocol/outcome.ts';
import type { RunLimits } from '../protocol/run-input.ts';
import type { RunEvent, RunView } from '../protocol/view.ts';
import type { Store } from '../store/blobs.ts';
import { withLargeValue } from './large-value.ts';
import { EventFeed } from './view/events.ts';
import { readRun } from './view/read.ts';
import { resultOf } from './view/result.ts';
import { watchRun } from './view/watch.ts';

export class RunHandle {
  readonly id: string;
  private readonly client: Client;
  private readonly store: Store | null;
  private readonly workflow: WorkflowHandle;

  /** With a store, results too large for a history come whole. */
  constructor(client: Client, id: string, store: Store | null = null) {
    this.id = id;
    this.client = client;
    this.store = store;
    this.workflow = client.workflow.getHandle(id);
  }

  /** The view as it is now, from history alone: works on a finished run with no worker alive. */
  view(): Promise<RunView> {
    return readRun(this.client, this.id);
  }

  /** Views as the run goes on; the last one is of the ended run. */
  watch(options: { signal?: AbortSignal } = {}): AsyncIterable<RunView> {
    return watchRun(this.client, this.id, options);
  }

  /** Waits for the end. Does not throw for a failed run: its `status` and `error` say so. */
  async result(): Promise<RunResult> {
    let last: RunView | undefined;
    for await (const view of this.watch()) last = view;
    return this.resultOf(last ?? (await this.view()));
  }

  /** The result that a view of the ended run tells, with a large value in its place. */
  async resultOf(view: RunView): Promise<RunResult> {
    const result = resultOf(view);
    return this.store === null ? result : withLargeValue(result, this.store);
  }

  /** What happens, each fact once, in order. */
  async *events(options: { signal?: AbortSignal } = {}): AsyncIterable<RunEvent> {
    const feed = new EventFeed();
    for await (const view of this.watch(options)) yield* feed.next(view);
  }

  /** No new call is sent until {@link resume}; what is in flight goes on. */
  pause(): Promise<void> {
    return this.steer(() => this.workflow.signal(SIGNALS.pause));
  }

  resume(): Promise<void> {
    return this.steer(() => this.workflow.signal(SIGNALS.resume));
  }

  /** Raises or lowers limits; a run that waits at a limit goes on. */
  limit(limits: Partial<Pick<RunLimits, 'maxCalls' | 'maxRequests' | 'maxOutputTokens'>>): Promise<void> {
    return this.steer(() => this.workflow.signal(SIGNALS.limits, limits));
  }

  async cancel(): Promise<void> {
    await this.steer(async () => {
      await this.workflow.cancel();
    });
  }

  /** Errors: BRAID_RUN_UNKNOWN, BRAID_RUN_ENDED. */
  private async steer(action: () => Promise<void>): Promise<void> {
    try {
      const { status } = await this.workflow.describe();
      if (status.name !== 'RUNNING') throw ended(this.id, status.name.toLowerCase());
      await action();
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError) && !(isGrpcServiceError(error) && error.code === 5)) throw error;
      throw new BraidError('BRAID_RUN_UNKNOWN', `There is no run ${this.id} on this server.`, { cause: error });
    }
  }
}

function ended(id: string, how: string): BraidError {
  return new BraidError('BRAID_RUN_ENDED', `The run ${id} has ended (${how}).`);
}
