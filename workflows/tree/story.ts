/**
 * The run's story: phases, log lines, warnings. They travel with whatever is journalled next (design §3.5), so they cost no
 * events of their own; only when nothing would carry them for long does one local-activity marker.
 */
import type { Note } from '../../protocol/model-call.ts';

/** Longer lines are cut: a story is read by people, and it travels inside activity inputs that stay in history. */
const LINE = 2_000;
/** So many pending lines are worth a marker even if a call may come soon. */
const MANY = 50;

export class Story {
  private pending: Note[] = [];
  private carried = false;
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  add(kind: Note['kind'], text: string): void {
    const cut = text.length > LINE ? `${text.slice(0, LINE)}… (${text.length - LINE} characters more)` : text;
    this.pending.push({ kind, text: cut, at: this.now() });
  }

  /** Hands the pending lines to something that is about to be journalled. */
  take(): Note[] {
    this.carried = true;
    return this.pending.splice(0);
  }

  /** At the end of a turn: whether the pending lines should be written by themselves. */
  needsMarker(timerStarted: boolean): boolean {
    const needed = this.pending.length >= MANY || (timerStarted && !this.carried && this.pending.length > 0);
    this.carried = false;
    return needed;
  }
}
