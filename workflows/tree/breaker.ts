/**
 * What a tree does when a provider says that the account has no credit: waiting alone does not help, and each try more is for nothing.
 *
 *  Q1  A call that was told so keeps its place and waits: until the run is resumed, or until it is the one that asks for all.
 *  Q2  The root is parked once: everything pauses by the way that a person's pause takes, and the run's story says why.
 *  Q3  While it is parked, one call of the whole tree asks every `quotaProbeMs`. Any other answer than "no credit" resumes what was
 *      parked, but not what a person paused.
 *
 * Each node has a breaker of its own calls and of the children that reported; only the root's decides (parking.ts).
 */
import { condition } from '@temporalio/workflow';

/** Who is told: the parent, or at the root the one who parks it. */
export interface Above {
  gone(message: string): void;
  back(): void;
}

/** Why a waiting call may ask again. */
export type Release = 'resumed' | 'probe';

export class Breaker {
  above: Above = { gone: () => undefined, back: () => undefined };
  private readonly waiting = new Set<(release: Release) => void>();
  /** Children with calls that wait, and how each is told to let one ask. */
  private readonly children = new Map<string, () => void>();

  /** A call was told that there is no credit (Q1). Throws cancellation. */
  async wait(message: string): Promise<Release> {
    let release: Release | null = null;
    const waiter = (given: Release): void => {
      release = given;
      this.waiting.delete(waiter);
    };
    this.waiting.add(waiter);
    this.above.gone(message);
    try {
      await condition(() => release !== null);
    } finally {
      this.waiting.delete(waiter);
    }
    return release ?? 'resumed';
  }

  /** The call that asked for all was told something else. */
  back(): void {
    this.above.back();
  }

  childGone(id: string, message: string, probe: () => void): void {
    this.children.set(id, probe);
    this.above.gone(message);
  }

  childBack(id: string): void {
    this.children.delete(id);
    this.above.back();
  }

  childEnded(id: string): void {
    this.children.delete(id);
  }

  /** Everyone asks again. */
  resumed(): void {
    this.children.clear();
    for (const release of [...this.waiting]) release('resumed');
  }

  /** Lets one call of this node, or of one below it, ask for all (Q3); false when none waits. */
  probe(): boolean {
    const [own] = this.waiting;
    if (own !== undefined) {
      own('probe');
      return true;
    }
    const [child] = this.children;
    if (child === undefined) return false;
    const [id, tell] = child;
    // It reports again when the answer is the same.
    this.children.delete(id);
    tell();
    return true;
  }
}
