/**
 * The run's story: phases, log lines, warnings. They travel with whatever is journalled next (design §3.5), so they cost no
 * events of their own; only when nothing would carry them for long does one local-activity marker.
 */
import type { GateNote, Note, ReplayedCall } from '../../protocol/model-call.ts';

/** Longer lines are cut: a story is read by people, and it travels inside activity inputs that stay in history. */
const LINE = 2_000;
/** So many pending lines are worth a marker even if a call may come soon. */
const MANY = 50;

export class Story {
  private pending: Note[] = [];
  /** Lines whose marker is on its way: a program that ends first takes them with it, or they would be lost. */
  private readonly underway = new Set<Note[]>();
  private carried = false;
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  add(kind: Note['kind'], text: string): void {
    const cut = text.length > LINE ? `${text.slice(0, LINE)}… (${text.length - LINE} characters more)` : text;
    this.pending.push({ kind, text: cut, at: this.now() });
  }

  /** A call that was served from an earlier run: nothing else in history tells of it. */
  addReplayed(call: ReplayedCall): void {
    this.pending.push({ kind: 'replayed', text: call.label, at: this.now(), call });
  }

  /** A gate opens or closes. */
  addGate(text: string, gate: GateNote): void {
    this.pending.push({
      kind: 'gate',
      text: text.length > LINE ? `${text.slice(0, LINE)}…` : text,
      at: this.now(),
      gate,
    });
  }

  /** Lines that the execution before could not tell any more. */
  goOn(notes: Note[]): void {
    this.pending.push(...notes);
  }

  /** Hands the pending lines to something that is about to be journalled. */
  take(): Note[] {
    this.carried = true;
    return this.pending.splice(0);
  }

  /** As {@link take}, for a marker: `written` is to be called when it is there. */
  takeForMarker(): { notes: Note[]; written(): void } {
    const notes = this.take();
    this.underway.add(notes);
    return { notes, written: () => void this.underway.delete(notes) };
  }

  /** All that is not told yet, for the last word of an execution. */
  last(): Note[] {
    const notes = [...this.underway].flat();
    this.underway.clear();
    return [...notes, ...this.take()];
  }

  /** At the end of a turn: whether the pending lines should be written by themselves. */
  needsMarker(timerStarted: boolean): boolean {
    const needed = this.pending.length >= MANY || (timerStarted && !this.carried && this.pending.length > 0);
    this.carried = false;
    return needed;
  }
}
