/** Wall time of a run that counts against its limits: not while it is paused, or waits for a person (design §7). */
export class RunClock {
  private before = 0;
  private since: number;
  private holds = 0;
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
    this.since = now();
  }

  /** Stops the clock, until each hold has its {@link release}. */
  hold(): void {
    this.before = this.ranMs;
    this.holds += 1;
  }

  release(): void {
    this.holds = Math.max(0, this.holds - 1);
    if (this.holds === 0) this.since = this.now();
  }

  get held(): boolean {
    return this.holds > 0;
  }

  get ranMs(): number {
    return this.before + (this.held ? 0 : this.now() - this.since);
  }

  /** Goes on from here, in the execution that continues another. */
  set ranMs(ms: number) {
    this.before = ms;
    this.since = this.now();
  }
}
