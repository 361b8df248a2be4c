import { WATCH } from '../../protocol/limits.ts';
import type { RunView } from '../../protocol/view.ts';
import { renderView, type ScreenOptions } from './screen.ts';
import { wantsColor } from './style.ts';
import { widthOf } from './width.ts';
import { stripVTControlCharacters } from 'node:util';

/** What is needed of `process.stderr`. */
export interface TerminalStream {
  isTTY?: boolean | undefined;
  columns?: number | undefined;
  rows?: number | undefined;
  write(text: string): unknown;
}

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

/**
 * Keeps the newest view of a run on a terminal: redrawn in place, at most ten times a second, and only when lines changed.
 * Nothing above it is touched. Call `stop` in every case, or the cursor stays hidden (an exit of the process is covered).
 */
export class LiveScreen {
  readonly #stream: TerminalStream;
  readonly #options: Pick<ScreenOptions, 'uiUrl' | 'hint'> & { color: boolean };
  readonly #now: () => number;
  #view: RunView | null = null;
  #timer: NodeJS.Timeout | null = null;
  #drawn: string[] = [];
  #tick = 0;
  readonly #restore = () => void this.#stream.write(SHOW_CURSOR);

  constructor(
    stream: TerminalStream,
    options: Pick<ScreenOptions, 'uiUrl' | 'hint'> & { color?: boolean; now?: () => number } = {},
  ) {
    this.#stream = stream;
    this.#options = {
      uiUrl: options.uiUrl ?? null,
      hint: options.hint ?? null,
      color: options.color ?? wantsColor(stream),
    };
    this.#now = options.now ?? Date.now;
  }

  /** Shows a view from the next redraw on. The first call starts drawing. */
  update(view: RunView): void {
    this.#view = view;
    if (this.#timer !== null) return;
    process.once('exit', this.#restore);
    this.#stream.write(HIDE_CURSOR);
    this.draw();
    this.#timer = setInterval(() => this.draw(), WATCH.redrawMs);
    this.#timer.unref();
  }

  /** Changes the line about keys, for example after the first Ctrl+C. */
  hint(text: string | null): void {
    this.#options.hint = text;
  }

  /** Ends drawing. `keep` leaves the last frame on the screen, else it is wiped for what is printed next. */
  stop(keep = false): void {
    if (this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
    if (keep) this.draw();
    else this.#stream.write(this.#backToTop() + CLEAR_BELOW);
    this.#drawn = [];
    this.#stream.write(SHOW_CURSOR);
    process.off('exit', this.#restore);
  }

  /** One redraw. Public for tests; the timer does it otherwise. */
  draw(): void {
    if (this.#view === null) return;
    const { width, height } = this.#size();
    this.#tick += 1;
    // One column and one line stay free: a full last one makes terminals wrap or scroll.
    const frame = { width: width - 1, height: height - 1, now: this.#now(), tick: this.#tick, ...this.#options };
    const lines = renderView(this.#view, frame);
    if (lines.length === this.#drawn.length && lines.every((line, i) => line === this.#drawn[i])) return;
    const text = lines.map((line) => `${line}${CLEAR_LINE}\n`).join('');
    this.#stream.write(this.#backToTop() + text + CLEAR_BELOW);
    this.#drawn = lines;
  }

  /** Lines that were drawn on a wider terminal are wrapped by now, so rows are counted at the present width. */
  #backToTop(): string {
    const { width } = this.#size();
    const rows = this.#drawn.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(widthOf(stripVTControlCharacters(line)) / width)),
      0,
    );
    return rows === 0 ? '\r' : `\u001b[${rows}A\r`;
  }

  #size(): { width: number; height: number } {
    return { width: Math.max(21, this.#stream.columns ?? 80), height: Math.max(4, this.#stream.rows ?? 24) };
  }
}
