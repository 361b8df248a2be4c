import { styleText } from 'node:util';
import type { RunStatus } from '../../protocol/outcome.ts';
import type { CallState } from '../../protocol/view.ts';

type Format = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan' | 'magenta';
/** Colours a text, or leaves it alone. Widths are to be measured before. */
export type Paint = (format: Format, text: string) => string;

export function painter(color: boolean): Paint {
  return color
    ? (format, text) => (text === '' ? '' : styleText(format, text, { validateStream: false }))
    : (_format, text) => text;
}

/** Whether to colour output to a stream: NO_COLOR beats FORCE_COLOR beats what the terminal can do. */
export function wantsColor(stream: { isTTY?: boolean | undefined }, env: NodeJS.ProcessEnv = process.env): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return stream.isTTY === true && env.TERM !== 'dumb';
}

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const;
const GLYPHS: Record<CallState, string> = {
  queued: '·',
  running: '●',
  waiting: '◌',
  done: '✓',
  failed: '✗',
  replayed: '↺',
  refused: '⊘',
  cancelled: '–',
};
const STATE_FORMATS: Record<CallState, Format> = {
  queued: 'dim',
  running: 'cyan',
  waiting: 'yellow',
  done: 'green',
  failed: 'red',
  replayed: 'magenta',
  refused: 'red',
  cancelled: 'dim',
};
const STATUS_FORMATS: Record<RunStatus, Format> = {
  running: 'cyan',
  paused: 'yellow',
  completed: 'green',
  completed_with_failures: 'yellow',
  stopped: 'yellow',
  failed: 'red',
  cancelled: 'dim',
};

/** One column that says how a call stands; with a `tick`, a running one turns. */
export function glyph(state: CallState, paint: Paint, tick?: number): string {
  const turning = state === 'running' && tick !== undefined ? SPINNER[tick % SPINNER.length] : undefined;
  return paint(STATE_FORMATS[state], turning ?? GLYPHS[state]);
}

export function statusText(status: RunStatus): string {
  return status.replaceAll('_', ' ');
}

export function paintStatus(status: RunStatus, paint: Paint): string {
  return paint(STATUS_FORMATS[status], statusText(status));
}
