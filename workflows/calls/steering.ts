/**
 * Calls that a person may skip, or have begun anew, while they wait or run (DW-52).
 *
 *  SG1  A steered call ends as what it is: skipped, or as its last attempt ended. What its attempts sent is charged all the same.
 *  SG2  Only a call that is open can be steered; what is refused leaves no trace in history.
 *  SG3  Runs of older builds replay without the scopes that this needs: their running calls cannot be steered.
 */
import { CancellationScope, defineUpdate, isCancellation, setHandler } from '@temporalio/workflow';
import { BraidError } from '../../protocol/errors.ts';
import type { SteerRequest } from '../../protocol/gates.ts';
import { UPDATES } from '../../protocol/names.ts';
import { afterOthers } from '../after-others.ts';
import { refusal, shortened } from '../gates/gates.ts';

type Action = SteerRequest['action'];

const steerUpdate = defineUpdate<null, [SteerRequest]>(UPDATES.steer);

/** One attempt of a call, as it sees what a person wants of it. */
export interface Attempt {
  /** 1 for the first. */
  number: number;
  /** What a person wants; null: nothing. */
  readonly steered: Action | null;
  /** Told once, instead of the attempt's scope being cancelled: for attempts that end by themselves when they are asked to. */
  onSteer: (() => void) | null;
}

export class Steering {
  private readonly open = new Map<string, (action: Action) => void>();
  readonly enabled: boolean;

  constructor(enabled: boolean) {
    this.enabled = enabled;
    setHandler(steerUpdate, ({ address, action }) => afterOthers().then(() => this.steer(address, action)), {
      validator: (request: SteerRequest) => this.check(request),
    });
  }

  /** A call waits: `skip` ends it. To begin anew changes nothing for it. Gives what ends its waiting. */
  waits(address: string, skip: () => void): () => void {
    const steer = (action: Action) => {
      if (action === 'restart') return;
      this.open.delete(address);
      skip();
    };
    this.open.set(address, steer);
    return () => {
      if (this.open.get(address) === steer) this.open.delete(address);
    };
  }

  /** As {@link waits}, for a promise: true when the call was skipped before it was kept. */
  async skippedWhile(address: string, wait: () => Promise<void>): Promise<boolean> {
    const outer = CancellationScope.current();
    const scope = new CancellationScope();
    let skipped = false;
    const done = this.waits(address, () => {
      skipped = true;
      scope.cancel();
    });
    try {
      await scope.run(wait);
      return false;
    } catch (error) {
      if (skipped && isCancellation(error) && !outer.consideredCancelled) return true;
      throw error;
    } finally {
      done();
    }
  }

  /**
   * Runs attempts of a call until one ends without having been told to begin anew. An attempt that was skipped may end with what it has,
   * or by the cancellation of its scope; then `skipped` is what the call comes to.
   */
  async run<T>(address: string, attempt: (attempt: Attempt) => Promise<T>, skipped: () => T): Promise<T> {
    const outer = CancellationScope.current();
    for (let number = 1; ; number += 1) {
      const scope = new CancellationScope();
      let steered: Action | null = null;
      const one: Attempt = {
        number,
        get steered() {
          return steered;
        },
        onSteer: null,
      };
      this.open.set(address, (action) => {
        if (steered !== null) return;
        steered = action;
        if (one.onSteer === null) scope.cancel();
        else one.onSteer();
      });
      const steer = this.open.get(address);
      try {
        const value = await scope.run(() => attempt(one));
        if (one.steered !== 'restart' || outer.consideredCancelled) return value;
      } catch (error) {
        if (one.steered === null || !isCancellation(error) || outer.consideredCancelled) throw error;
        if (one.steered === 'skip') return skipped();
      } finally {
        if (this.open.get(address) === steer) this.open.delete(address);
      }
    }
  }

  private check({ address, action }: SteerRequest): void {
    if (action !== 'skip' && action !== 'restart')
      throw refusal('BRAID_OPTION', `There is no action ${JSON.stringify(action)}.`);
    if (this.open.has(address)) return;
    const why = this.enabled ? 'no such call waits or runs in this node' : 'the run was started by an older build';
    throw refusal('BRAID_CALL_NOT_OPEN', `${shortened(address)} cannot be steered: ${why}.`);
  }

  private steer(address: string, action: Action): null {
    const steer = this.open.get(address);
    // Two may be checked before the first one is taken.
    if (steer === undefined) throw refusal('BRAID_CALL_NOT_OPEN', `${address} is not open any more.`);
    steer(action);
    return null;
  }
}

/** How a skipped call tells of itself. */
export function skippedError(): BraidError<'BRAID_CALL_SKIPPED'> {
  return new BraidError('BRAID_CALL_SKIPPED', 'A person skipped this call.');
}
