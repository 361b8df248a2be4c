/** Child workflows of a node: started with a slot of the window, paused with it, settled when they end. */
import {
  CancellationScope,
  condition,
  isCancellation,
  startChild,
  type ChildWorkflowHandle,
  type Workflow,
  workflowInfo,
} from '@temporalio/workflow';
import { LIMITS } from '../../protocol/limits.ts';
import { SIGNALS, summaryOf, WORKFLOWS } from '../../protocol/names.ts';
import type { CallTag } from '../../protocol/model-call.ts';
import type { Books } from '../ledger/books.ts';
import type { Used } from '../ledger/lease.ts';
import { resultOfFailure } from '../calls/child-result.ts';
import type { Attempt } from '../calls/steering.ts';
import { ChildDesk } from './child-desk.ts';
import type { Tree } from './tree.ts';

/** A child that ended without a result: it failed, or was cancelled or terminated from outside. */
export class ChildEnded extends Error {
  readonly failure: unknown;
  constructor(failure: unknown) {
    super('the child workflow ended without a result');
    this.failure = failure;
  }
}

/** A workflow that runs as a child. */
export interface ChildKind<R> {
  workflow: string;
  /** What a result has not reported yet. */
  used(result: R): Used | null;
}

export class Children {
  private readonly tree: Tree;
  private readonly desk: ChildDesk;
  private open = 0;
  private readonly handles = new Map<string, ChildWorkflowHandle<Workflow>>();

  constructor(tree: Tree) {
    this.tree = tree;
    this.desk = new ChildDesk(tree);
  }

  /**
   * Runs a child to its end; the caller holds the slot that it starts with.
   * Throws {@link ChildEnded} when there is no result, and cancellation when the caller itself was cancelled.
   */
  async run<R extends object>(
    { workflow, used }: ChildKind<R>,
    tag: CallTag,
    input: object,
    books: Books = this.tree,
    attempt: Attempt | null = null,
  ): Promise<R> {
    const again = attempt === null || attempt.number === 1 ? '' : `~${attempt.number}`;
    const workflowId = `${workflowInfo().workflowId}/${this.localPart(tag.address)}${again}`;
    // An agent ends by itself when it is asked to, so that what it used is known; a node says it before its cancellation ends it.
    const stop = attempt === null || workflow !== WORKFLOWS.agent ? null : stopOf(attempt);
    this.desk.open(workflowId, books);
    this.open += 1;
    let report: Used | null = null;
    try {
      const handle = await startChild<(input: object) => Promise<R>>(workflow, {
        workflowId,
        args: [input],
        staticSummary: summaryOf(tag.phase, tag.label),
        parentClosePolicy: 'REQUEST_CANCEL',
        // A node says what it used before a cancellation ends it (ledger/account.ts, K1); an agent has nothing to say.
        cancellationType: workflow === WORKFLOWS.agent ? 'WAIT_CANCELLATION_REQUESTED' : 'WAIT_CANCELLATION_COMPLETED',
        workflowTaskTimeout: LIMITS.workflowTaskMs,
      });
      this.handles.set(workflowId, handle as ChildWorkflowHandle<Workflow>);
      stop?.started(() => handle.signal(SIGNALS.stop));
      if (this.tree.paused) handle.signal(SIGNALS.pause).catch(() => undefined);
      const result = (await handle.result()) as R;
      report = used(result);
      return result;
    } catch (error) {
      if (isCancellation(error) && CancellationScope.current().consideredCancelled) throw error;
      const result = resultOfFailure(error);
      if (result !== null) report = used(result as R);
      throw new ChildEnded(error);
    } finally {
      this.open -= 1;
      this.handles.delete(workflowId);
      this.desk.close(workflowId, report);
    }
  }

  /**
   * The last thing that a cancelled node does: waits for its children and calls to end, and tells its parent what it and they
   * used (ledger/account.ts, K1). The root has nobody to tell, and does not wait.
   */
  async sayGoodbye(calls: { idle(): Promise<void> }): Promise<void> {
    if (this.tree.level === 0) return;
    await CancellationScope.nonCancellable(async () => {
      await calls.idle();
      await condition(() => this.open === 0);
      await this.tree.delivered();
      await this.tree.reportEnd();
    });
  }

  /** Passes pause and resume down. */
  async tell(signal: typeof SIGNALS.pause | typeof SIGNALS.resume): Promise<void> {
    await Promise.allSettled([...this.handles.values()].map((handle) => handle.signal(signal)));
  }

  /** A child's workflow id repeats its parent's: only what its own address adds is put behind it. */
  private localPart(address: string): string {
    return address.startsWith(this.tree.prefix) ? address.slice(this.tree.prefix.length) : address;
  }
}

/** Steering an agent that is still being started reaches it when it is there. */
function stopOf(attempt: Attempt): { started(signal: () => Promise<void>): void } {
  let send: (() => Promise<void>) | null = null;
  const stop = () => void send?.().catch(() => undefined);
  attempt.onSteer = stop;
  return {
    started: (signal) => {
      send = signal;
      if (attempt.steered !== null) stop();
    },
  };
}
