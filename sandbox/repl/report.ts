/** What a guest tells at the end of a turn, parsed as hostile. */
import { codeFrame } from '../../protocol/code-frame.ts';
import { isJsonObject, type Json, type JsonObject } from '../../protocol/json.ts';
import type { CellError, VariableInfo } from '../../protocol/repl.ts';
import { REPL } from '../../protocol/limits.ts';
import type { TextSource } from '../../protocol/text-source.ts';
import { placeBefore } from '../cells/edits.ts';
import type { PreparedCell } from '../cells/index.ts';
import { placeIn } from '../place.ts';
import { countIn, forged, listIn, objectIn, textIn } from './forged.ts';
import { spanOf } from './texts.ts';
import type { GuestTurnEnd } from './types.ts';

/** The cell that a report is about. */
export interface RunningCell {
  number: number;
  code: string;
  /** Where its columns are in the prepared source. */
  points: PreparedCell['points'];
  /** Notes that were made when it was prepared. */
  hints: string[];
}

export type Report = Omit<GuestTurnEnd, 'state' | 'calls'>;

export function parseReport(message: JsonObject, cell: RunningCell | null, texts: readonly TextSource[]): Report {
  const output = objectIn(message, 'output');
  const { error, final, eager } = message;
  if (typeof eager !== 'boolean') throw forged('does not say whether it is eager');
  return {
    eager,
    output: {
      head: bounded(textIn(output, 'head'), REPL.outputHead),
      tail: bounded(textIn(output, 'tail'), REPL.outputTail),
      chars: countIn(output['chars']),
    },
    error: error === null ? null : errorOf(objectIn(message, 'error'), cell),
    final: finalOf(final, texts),
    hints: [...(cell?.hints ?? []), ...listIn(message, 'hints').map(string)],
    variables: listIn(message, 'variables').map(variableOf),
  };
}

export function cellFile(number: number): string {
  return `cell ${number}`;
}

/** An error of the cell at a place of its code, or without one. */
export function cellError(
  error: { name: string; message: string; code: string | null },
  code: string,
  place: { line: number; column: number } | null,
): CellError {
  if (place === null) return { ...error, line: null, column: null, frame: '' };
  return { ...error, line: place.line, column: place.column, frame: codeFrame(code, place.line, place.column) };
}

function errorOf(error: JsonObject, cell: RunningCell | null): CellError {
  const { code } = error;
  const known = {
    name: textIn(error, 'name'),
    message: textIn(error, 'message'),
    code: typeof code === 'string' ? code : null,
  };
  const place = cell === null ? null : placeOf(textIn(error, 'stack'), cell);
  return cellError(known, cell?.code ?? '', place);
}

/** The innermost place of a stack that is in this cell. */
function placeOf(stack: string, { number, code, points }: RunningCell): { line: number; column: number } | null {
  const lines = code.split('\n').length;
  for (const frame of stack.split('\n')) {
    const found = placeIn(frame, cellFile(number), 0);
    // Behind the last line stands what the cell was wrapped in.
    if (found !== null && found.line <= lines) return placeBefore(points, found.line, found.column);
  }
  return null;
}

function finalOf(final: Json | undefined, texts: readonly TextSource[]): GuestTurnEnd['final'] {
  if (final === null) return null;
  if (!isJsonObject(final)) throw forged('has a final that is none');
  if (final['span'] !== undefined) return { span: spanOf(final['span'], texts) };
  const { value } = final;
  if (value === undefined) throw forged('has a final without a value');
  return { value };
}

function variableOf(variable: Json): VariableInfo {
  if (!isJsonObject(variable)) throw forged('has a variable that is none');
  const { size } = variable;
  return {
    name: textIn(variable, 'name'),
    type: textIn(variable, 'type'),
    size: size === null ? null : countIn(size),
    preview: bounded(textIn(variable, 'preview'), REPL.previewChars),
  };
}

function string(value: Json): string {
  if (typeof value !== 'string') throw forged('has a note that is no text');
  return value;
}

function bounded(text: string, most: number): string {
  if (text.length > most) throw forged('has a text that is too long');
  return text;
}
