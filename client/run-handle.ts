/** One run, seen and steered from any process. */
import { isGrpcServiceError, WorkflowNotFoundError, type Client, type WorkflowHandle } from '@temporalio/client';
import { untilEnded } from '../histories/ended.ts';
import { BraidError, isBraidError } from '../protocol/errors.ts';
import type { SteerRequest } from '../protocol/gates.ts';
import type { Json } from '../protocol/json.ts';
import { SIGNALS, UPDATES } from '../protocol/names.ts';
import type { RunResult } from '../protocol/outcome.ts';
import type { GateView, RunEvent, RunView } from '../protocol/view.ts';
import type { Store } from '../store/blobs.ts';
import { pickGate } from './answer.ts';
import { withLargeValue } from './large-value.ts';
import type { LimitChange } from './limit-change.ts';
import { openCall } from './steer.ts';
import { sendUpdate } from './updates.ts';
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
    for (;;) {
      await untilEnded(this.client, this.id);
      try {
        return await this.resultOf(await this.view());
      } catch (error) {
        // The server went away between the end and the reading: it is waited for again.
        if (!isBraidError(error, 'BRAID_SERVER_UNREACHABLE')) throw error;
      }
    }
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

  /** Raises or lowers limits; a run that waits at a limit goes on. One below what is spent already lets nothing more be sent. */
  limit(limits: LimitChange): Promise<void> {
    return this.steer(() => this.workflow.signal(SIGNALS.limits, limits));
  }

  /** All places where the run waits, or waited, for a person, in the order in which they were opened. */
  async gates(): Promise<GateView[]> {
    return (await this.view()).gates;
  }

  /**
   * Answers an open gate (DW-51): one that {@link gates} gave, bound to what that shows; or by its name, bound to what it shows now; or
   * null for the only one. Errors: BRAID_GATE_UNKNOWN, BRAID_GATE_CLOSED, BRAID_ANSWER_STALE, BRAID_ANSWER_INVALID, BRAID_USAGE when
   * several are open, BRAID_RUN_ENDED, BRAID_NO_WORKER.
   */
  async answer(
    gate: GateView | string | null,
    value: Json,
    { by = null }: { by?: string | null } = {},
  ): Promise<GateView> {
    const shown = typeof gate === 'object' && gate !== null ? gate : pickGate(await this.view(), gate ?? undefined);
    const body = { gate: shown.gate, digest: shown.digest, value, by };
    await sendUpdate(this.client, shown.node, { name: UPDATES.answer, body });
    return shown;
  }

  /**
   * Ends an open call without a value, by its address or its label: its outcome is `skipped`. Gives its address. Errors:
   * BRAID_CALL_NOT_OPEN, BRAID_RUN_ENDED, BRAID_NO_WORKER.
   */
  skip(call: string): Promise<string> {
    return this.steerCall(call, 'skip');
  }

  /** Gives up what an open call did so far and begins it anew. Errors as for {@link skip}. */
  restart(call: string): Promise<string> {
    return this.steerCall(call, 'restart');
  }

  async cancel(): Promise<void> {
    await this.steer(async () => {
      await this.workflow.cancel();
    });
  }

  private async steerCall(name: string, action: SteerRequest['action']): Promise<string> {
    const view = await this.view();
    if (view.endedAt !== null) throw ended(this.id, view.status);
    const { call, owner } = openCall(view, name);
    await sendUpdate(this.client, owner, { name: UPDATES.steer, body: { address: call.address, action } });
    return call.address;
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
