/**
 * The window: how many calls are in flight at once (DW-34).
 *
 *  N1  Slots are given in the order in which they were asked for.
 *  N2  At most `limit` slots are held; a shrunk window never takes a held slot away.
 *  N3  A closed window (pause) gives no slot; what is in flight goes on.
 */
export class Window {
  private held = 0;
  private closed = false;
  private current: number;
  private successes = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly ceiling: number;

  constructor(ceiling: number) {
    this.ceiling = ceiling;
    this.current = ceiling;
  }

  /** Runs `start` when a slot is free: at once if one is. */
  request(start: () => void): void {
    this.waiting.push(start);
    this.pump();
  }

  release(): void {
    this.held -= 1;
    this.pump();
  }

  /** Halves the window after a provider asked us to slow down. */
  shrink(): void {
    this.current = Math.max(1, Math.floor(Math.min(this.current, this.held) / 2));
    this.successes = 0;
  }

  /** Opens the window by one slot for every full window of successes. */
  grow(): void {
    if (this.current >= this.ceiling) return;
    this.successes += 1;
    if (this.successes < this.current) return;
    this.successes = 0;
    this.current += 1;
    this.pump();
  }

  pause(): void {
    this.closed = true;
  }

  resume(): void {
    this.closed = false;
    this.pump();
  }

  get inFlight(): number {
    return this.held;
  }

  get queued(): number {
    return this.waiting.length;
  }

  private pump(): void {
    while (!this.closed && this.held < this.current) {
      const start = this.waiting.shift();
      if (start === undefined) return;
      this.held += 1;
      start();
    }
  }
}
