/** The items of a batch that are at work: children of this run, and runs that an earlier one began. */
import {
  condition,
  getExternalWorkflowHandle,
  startChild,
  workflowInfo,
  type ChildWorkflowHandle,
} from '@temporalio/workflow';
import { RawValue, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { itemRun, type EncodedPayload, type ItemLine, type ItemResult } from '../../protocol/batch.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { SIGNALS, WORKFLOWS } from '../../protocol/names.ts';
import { activities } from './activities.ts';
import { endLine, failureLine, resultLine } from './ends.ts';

type Item = (shared: unknown, own: unknown) => Promise<ItemResult>;
type Told = typeof SIGNALS.pause | typeof SIGNALS.resume;

export interface InFlightOptions {
  /** Called once for each item that was begun or adopted. */
  onEnd(line: ItemLine): void;
  /** A while has gone in which no adopted item ended. */
  onIdle(): void;
  /** The items can no longer be followed. */
  onError(error: unknown): void;
}

export class InFlight {
  private readonly batch = workflowInfo().workflowId;
  private readonly template: RawValue;
  private readonly options: InFlightOptions;
  /** Null until the server has started it. */
  private readonly children = new Map<number, ChildWorkflowHandle<Item> | null>();
  private readonly adopted = new Set<number>();
  private awaiting = false;
  private awaited = 0;
  private paused = false;

  constructor(template: EncodedPayload, options: InFlightOptions) {
    this.template = rawValue(template);
    this.options = options;
  }

  get size(): number {
    return this.children.size + this.adopted.size;
  }

  items(): number[] {
    return [...this.adopted, ...this.children.keys()].sort((a, b) => a - b);
  }

  begin(item: number, own: EncodedPayload): void {
    this.children.set(item, null);
    void this.child(item, own);
  }

  /** Follows runs that are no children of this one (B3). */
  adopt(items: readonly number[]): void {
    for (const item of items) this.adopted.add(item);
    if (this.awaiting || this.adopted.size === 0) return;
    this.awaiting = true;
    this.awaitAdopted().catch((error: unknown) => this.options.onError(error));
  }

  /** Resolves when nothing is at work, or when what is may be left to itself. */
  async drain(ms: number, given: () => boolean): Promise<void> {
    await condition(() => this.size === 0 || given(), ms);
    // A child that the server has not started yet would be lost.
    await condition(() => given() || [...this.children.values()].every((handle) => handle !== null));
  }

  pause(): void {
    this.paused = true;
    this.tell(SIGNALS.pause);
  }

  resume(): void {
    this.paused = false;
    this.tell(SIGNALS.resume);
  }

  /** Children are cancelled with their scope; the others have to be told. */
  cancel(): void {
    for (const item of this.adopted) {
      getExternalWorkflowHandle(itemRun(this.batch, item))
        .cancel()
        .catch(() => undefined);
    }
  }

  private tell(signal: Told): void {
    for (const handle of this.children.values()) handle?.signal(signal).catch(() => undefined);
    for (const item of this.adopted) {
      getExternalWorkflowHandle(itemRun(this.batch, item))
        .signal(signal)
        .catch(() => undefined);
    }
  }

  private async child(item: number, own: EncodedPayload): Promise<void> {
    let line: ItemLine;
    try {
      const handle = await startChild<Item>(WORKFLOWS.item, {
        workflowId: itemRun(this.batch, item),
        args: [this.template, rawValue(own)],
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        parentClosePolicy: 'ABANDON',
        cancellationType: 'WAIT_CANCELLATION_COMPLETED',
        workflowTaskTimeout: LIMITS.workflowTaskMs,
      });
      this.children.set(item, handle);
      if (this.paused) handle.signal(SIGNALS.pause).catch(() => undefined);
      line = resultLine(this.batch, item, await handle.result());
    } catch (error) {
      this.children.delete(item);
      // A batch that was reset begins items anew which it had begun before (B1).
      if (error instanceof WorkflowExecutionAlreadyStartedError) return this.adopt([item]);
      line = failureLine(this.batch, item, error);
    }
    this.children.delete(item);
    this.options.onEnd(line);
  }

  private async awaitAdopted(): Promise<void> {
    while (this.adopted.size > 0) {
      this.awaited += 1;
      const ends = await activities.awaitItems(this.awaited, { items: [...this.adopted] });
      for (const end of ends) {
        if (this.adopted.delete(end.item)) this.options.onEnd(endLine(this.batch, end));
      }
      if (ends.length === 0) this.options.onIdle();
    }
    this.awaiting = false;
  }
}

function rawValue({ encoding, data }: EncodedPayload): RawValue {
  const bytes = (text: string) => new TextEncoder().encode(text);
  return RawValue.fromPayload({ metadata: { encoding: bytes(encoding) }, data: bytes(data) });
}
