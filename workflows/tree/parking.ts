/** The root's part of Q2 and Q3 (breaker.ts). */
import { condition, workflowInfo } from '@temporalio/workflow';
import { FLOW } from '../../protocol/limits.ts';
import type { Above } from './breaker.ts';

/** What the root can do. */
export interface Parkable {
  readonly paused: boolean;
  /** Writes a line of the story that nothing else would carry while all is paused. */
  announce(text: string): void;
  /** Pauses and resumes the whole tree. */
  pauseAll(): void;
  resumeAll(): void;
  /** Lets one waiting call ask; false when none waits. */
  probe(): boolean;
}

export class Parking implements Above {
  private parked = false;
  /** A person paused the run as well. */
  private held = false;
  private readonly run: Parkable;

  constructor(run: Parkable) {
    this.run = run;
  }

  gone(message: string): void {
    if (this.parked) return;
    this.parked = true;
    this.held = this.run.paused;
    const [id = ''] = workflowInfo().workflowId.split('/', 1);
    this.run.announce(`paused: quota: ${message}; add credit, then: braid resume ${id}`);
    this.run.pauseAll();
    void this.askNowAndThen().catch(() => undefined); // ends with the run
  }

  back(): void {
    if (!this.parked) return;
    this.parked = false;
    if (!this.held) this.run.resumeAll();
  }

  /** A person paused the run. */
  hold(): void {
    this.held = true;
  }

  /** A person resumed it. */
  release(): void {
    this.parked = false;
    this.held = false;
  }

  private async askNowAndThen(): Promise<void> {
    while (this.parked) {
      if (await condition(() => !this.parked, FLOW.quotaProbeMs)) return;
      // Whoever waited is gone: those that come next find out.
      if (!this.run.probe()) this.back();
    }
  }
}
