import { codeFrame, placeOf } from '../../protocol/code-frame.ts';
import type { ErrorCode } from '../../protocol/error-table.ts';
import { BraidError } from '../../protocol/errors.ts';

/** An error at an offset of a cell, with the place and the cell's lines around it. */
export function cellProblem(code: string, offset: number, kind: ErrorCode, message: string, fix: string): BraidError {
  const { line, column } = placeOf(code, offset);
  return new BraidError(kind, message, { fix, at: { line, column, frame: codeFrame(code, line, column) } });
}
