import type { CallView } from '../../protocol/view.ts';
import { callMs, compact, duration } from './format.ts';
import { originText } from './reuse.ts';
import { safeLine } from './sanitize.ts';
import { glyph, type Paint } from './style.ts';
import { fit, pad, widthOf } from './width.ts';

/** Silence of a running call below this is normal and not worth a word, in ms. */
const QUIET_MS = 5_000;
/** Silence after which it is worth a colour: the provider's stall limit is near. */
const SILENT_MS = 30_000;
const COLUMNS = { model: 17, tokens: 8, time: 7, age: 9 } as const;

export interface RowOptions {
  width: number;
  now: number;
  paint: Paint;
  /** Turns the glyph of running calls. */
  tick?: number;
  /** Blanks before the row. */
  indent: number;
}

/** One call in one line: state, label, then as many columns as the width allows; for a failed call its reason instead. */
export function callRow(call: CallView, options: RowOptions): string {
  const { width, indent, paint } = options;
  const head = `${' '.repeat(indent)}${glyph(call.state, paint, options.tick)} `;
  const room = Math.max(0, width - indent - 2);
  const told = toldOf(call);
  const label = safeLine(call.label) || call.address;
  if (told !== null) return head + toldRow(label, safeLine(told), room, paint);
  const cells = cellsOf(call, options);
  const used = cells.reduce((sum, cell) => sum + cell.width + 1, 0);
  const tail = cells.map((cell) => ` ${painted(cell, paint)}`).join('');
  return (head + pad(label, room - used) + tail).trimEnd();
}

/** Words that say more than numbers. */
function toldOf(call: CallView): string | null {
  if (call.error !== null) return `${call.error.code}: ${call.error.message}`;
  if (call.state === 'replayed') return originText(call);
  return call.state === 'waiting' ? call.hint : null;
}

function toldRow(label: string, told: string, room: number, paint: Paint): string {
  const short = fit(label, Math.max(12, Math.floor(room / 2)));
  const rest = room - widthOf(short) - 2;
  return rest < 8 ? fit(label, room) : `${short}  ${paint('dim', fit(told, rest))}`;
}

interface Cell {
  text: string;
  width: number;
  format: Parameters<Paint>[0] | null;
}

/** Blanks at the end stay outside the colour, so that a row can be trimmed. */
function painted({ text, format }: Cell, paint: Paint): string {
  const words = text.trimEnd();
  return format === null ? text : paint(format, words) + ' '.repeat(text.length - words.length);
}

function cellsOf(call: CallView, { width, now }: RowOptions): Cell[] {
  const cells: Cell[] = [];
  const cell = (text: string, size: number, side: 'left' | 'right', format: Cell['format']) =>
    cells.push({ text: pad(text, size, side), width: size, format });
  if (width >= 76) cell(safeLine(call.model ?? ''), COLUMNS.model, 'left', 'dim');
  const tokens = call.inputTokens + call.outputTokens;
  if (width >= 56) cell(tokens === 0 ? '' : `${compact(tokens)} tok`, COLUMNS.tokens, 'right', null);
  const begun = call.state !== 'queued' && call.state !== 'refused';
  cell(begun ? duration(callMs(call, now)) : '', COLUMNS.time, 'right', null);
  if (width >= 66) {
    const age = call.endedAt === null && begun ? now - call.lastSign : 0;
    cell(
      age < QUIET_MS ? '' : `quiet ${duration(age).split(' ')[0]}`,
      COLUMNS.age,
      'left',
      age >= SILENT_MS ? 'yellow' : 'dim',
    );
  }
  return cells;
}
