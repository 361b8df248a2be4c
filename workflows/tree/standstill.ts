/**
 * Waiting for a person is no run time: while gates are open and nothing else is in flight, the clock of the run stands still, here and
 * in every node above (design §7).
 */
import { condition, type CancellationScope } from '@temporalio/workflow';

export interface StandstillWorld {
  /** Gates of this execution that are open. */
  gates(): number;
  /** Slots that are held, and work without one. */
  inFlight(): number;
  /** Nothing but people is waited for from now on; or work goes on. */
  stands(stands: boolean): void;
}

export class Standstill {
  private readonly world: StandstillWorld;
  /** What waits must not end with the call that began it. */
  private readonly scope: CancellationScope;
  /** Children that only wait for a person. */
  private children = 0;
  private watching = false;

  constructor(world: StandstillWorld, scope: CancellationScope) {
    this.world = world;
    this.scope = scope;
  }

  /** A child only waits for a person from now on, or goes on. */
  childWaits(waits: boolean): void {
    this.children += waits ? 1 : -1;
    this.watch();
  }

  /** To be called when a gate was opened. */
  watch(): void {
    if (this.watching || !this.waits) return;
    this.watching = true;
    this.scope.run(() => this.follow()).catch(() => undefined);
  }

  private async follow(): Promise<void> {
    while (this.waits) {
      await condition(() => !this.waits || this.onlyWaits);
      if (!this.onlyWaits) continue;
      this.world.stands(true);
      await condition(() => !this.onlyWaits);
      this.world.stands(false);
    }
    this.watching = false;
  }

  private get waits(): boolean {
    return this.world.gates() + this.children > 0;
  }

  /** A child that waits keeps the slot with which it was started. */
  private get onlyWaits(): boolean {
    return this.waits && this.world.inFlight() <= this.children;
  }
}
