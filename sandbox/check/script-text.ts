import { codeFrame, placeOf } from '../../protocol/code-frame.ts';
import type { ErrorCode } from '../../protocol/error-table.ts';
import { BraidError } from '../../protocol/errors.ts';

/** A prepared source with the name people know it by: turns offsets into places, and findings into errors with a frame. */
export class ScriptText {
  readonly source: string;
  readonly file: string;

  constructor(source: string, file: string) {
    this.source = source;
    this.file = file;
  }

  /** `file:line:column` of an offset. */
  where(offset: number): string {
    const { line, column } = placeOf(this.source, offset);
    return `${this.file}:${line}:${column}`;
  }

  error(code: ErrorCode, offset: number, message: string, fix: string): BraidError {
    const { line, column } = placeOf(this.source, offset);
    const frame = codeFrame(this.source, line, column);
    return new BraidError(code, `${this.file}:${line}:${column}: ${message}`, { fix, at: { line, column, frame } });
  }
}
