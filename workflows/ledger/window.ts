/**
 * The window: how many calls are in flight at once (DW-34).
 *
 *  N1  Slots are given in the order in which they were asked for.
 *  N2  At most `limit` slots are held; a shrunk window never takes a held slot away.
 *  N3  A closed window (pause) gives no slot; what is in flight goes on.
 *  N4  A lent window (of a child node) keeps one slot for as long as the node lives, so that a tree of any depth runs at one:
 *      a node passes its slot down. It asks for more while calls wait, and gives them back when none is in flight.
 */
export interface Supply {
  /** So many slots more would be used. */
  want(count: number): void;
  /** So many slots are free for others. */
  giveBack(count: number): void;
}

export class Window {
  private held = 0;
  private closed = false;
  private shutDown = false;
  private current: number;
  private successes = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly ceiling: number;
  private readonly supply: Supply | null;
  private wanted = 0;

  /** With a `supply` the window holds what was lent, beginning with `ceiling` slots. */
  constructor(ceiling: number, supply: Supply | null = null) {
    this.ceiling = ceiling;
    this.current = ceiling;
    this.supply = supply;
  }

  /** Slots that the supply lends (N4). */
  lend(count: number): void {
    this.current += count;
    this.wanted = Math.max(0, this.wanted - count);
    this.pump();
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

  /** Halves the window after a provider asked us to slow down; with `to`, what a worker found out, makes it no wider than that. */
  shrink(to?: number): void {
    // Lent slots go back when they are free: whoever lends them shrinks.
    if (this.supply !== null) return;
    if (to !== undefined) {
      this.current = Math.max(1, Math.min(this.current, to));
      return;
    }
    this.current = Math.max(1, Math.floor(Math.min(this.current, this.held) / 2));
    this.successes = 0;
  }

  /** Opens the window by one slot for every full window of successes. */
  grow(): void {
    if (this.supply !== null || this.current >= this.ceiling) return;
    this.successes += 1;
    if (this.successes < this.current) return;
    this.successes = 0;
    this.current += 1;
    this.pump();
  }

  /** Gives no slot ever again: what waits is handed to the execution that comes next. */
  shut(): void {
    this.shutDown = true;
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
    while (!this.closed && !this.shutDown && this.held < this.current) {
      const start = this.waiting.shift();
      if (start === undefined) break;
      this.held += 1;
      start();
    }
    if (this.supply !== null) this.balance(this.supply);
  }

  private balance(supply: Supply): void {
    const short = this.waiting.length - this.wanted;
    if (short > 0) {
      this.wanted += short;
      supply.want(short);
    }
    const spare = this.current - Math.max(1, this.held);
    if (this.held > 0 || this.waiting.length > 0 || spare < 1) return;
    this.current -= spare;
    supply.giveBack(spare);
  }
}
