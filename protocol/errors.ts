import { ERRORS, type ErrorCode, type ErrorSpec } from './error-table.ts';
import type { ErrorInfo } from './outcome.ts';

const MARK = 'io.braid.error';

/**
 * The one error type of Braid: the cause is its `code` (see error-table.ts), the text says what happened with the value and
 * why, `fix` what to type or edit next. Check with {@link isBraidError}, which works across copies and realms.
 */
export class BraidError<C extends ErrorCode = ErrorCode> extends Error {
  readonly code: C;
  readonly fix: string;
  /** Place in the user's script, when there is one. */
  readonly at: { line: number; column: number; frame?: string } | undefined;

  constructor(
    code: C,
    message: string,
    options: { fix?: string; at?: { line: number; column: number; frame?: string }; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'BraidError';
    this.code = code;
    this.fix = options.fix ?? ERRORS[code].fix;
    this.at = options.at;
    Object.defineProperty(this, MARK, { value: true });
  }

  get spec(): ErrorSpec {
    return ERRORS[this.code];
  }

  toInfo(): ErrorInfo {
    return { code: this.code, message: this.message, fix: this.fix, ...this.at };
  }
}

export function isBraidError<C extends ErrorCode>(error: unknown, code?: C): error is BraidError<C> {
  if (typeof error !== 'object' || error === null || !(MARK in error)) return false;
  return code === undefined || ('code' in error && error.code === code);
}

/** Any thrown thing as data. What is not ours becomes BRAID_INTERNAL and keeps its message. */
export function toErrorInfo(error: unknown): ErrorInfo {
  if (isBraidError(error)) return error.toInfo();
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'BRAID_INTERNAL', message, fix: ERRORS.BRAID_INTERNAL.fix };
}
