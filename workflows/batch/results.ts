/**
 * The results of a batch on their way into its file.
 *
 *  W1  One append is underway at a time, and each names the length that the one before it gave: however often the server repeats
 *      one, every item has one line (store/batches/results.ts, R2).
 *  W2  Lines go in groups; a line waits for company no longer than BATCH.lingerMs.
 *  W3  A cancelled batch still writes what has ended.
 */
import { CancellationScope, condition, sleep } from '@temporalio/workflow';
import type { ItemLine } from '../../protocol/batch.ts';
import { BATCH } from '../../protocol/limits.ts';
import { activities } from './activities.ts';

export class Results {
  /** Length of the file. */
  bytes: number;
  private readonly group: number;
  private readonly onError: (error: unknown) => void;
  private readonly pending: ItemLine[] = [];
  private writing = false;
  private lingering = false;
  private flushing = false;

  constructor(bytes: number, window: number, onError: (error: unknown) => void) {
    this.bytes = bytes;
    this.group = Math.min(window, BATCH.group);
    this.onError = onError;
  }

  add(line: ItemLine): void {
    this.pending.push(line);
    this.kick();
  }

  /** Resolves when all that was added is in the file. */
  async flush(): Promise<void> {
    this.flushing = true;
    this.kick();
    await CancellationScope.nonCancellable(() => condition(() => this.pending.length === 0 && !this.writing));
    this.flushing = false;
  }

  private kick(): void {
    if (this.writing || this.pending.length === 0) return;
    if (this.flushing || this.pending.length >= this.group) void this.write();
    else if (!this.lingering) void this.linger();
  }

  private async linger(): Promise<void> {
    this.lingering = true;
    await CancellationScope.nonCancellable(() => sleep(BATCH.lingerMs, { summary: 'gather results' }));
    this.lingering = false;
    if (!this.writing && this.pending.length > 0) void this.write();
  }

  private async write(): Promise<void> {
    this.writing = true;
    const lines = this.pending.splice(0, BATCH.group);
    try {
      this.bytes = await CancellationScope.nonCancellable(() => activities.appendResults({ at: this.bytes, lines }));
      this.writing = false;
      this.kick();
    } catch (error) {
      this.writing = false;
      this.onError(error);
    }
  }
}
