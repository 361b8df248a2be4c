/** A script's uncaught error as people should read it: code, place, and the cause behind the symptom. */
import { codeFrame } from '../../protocol/code-frame.ts';
import { ERRORS, isErrorCode, type ErrorCode } from '../../protocol/error-table.ts';
import type { GuestError } from '../../protocol/guest.ts';
import type { ErrorInfo, Outcome } from '../../protocol/outcome.ts';

export function scriptError(error: GuestError, source: string, run: string, outcomes: Outcome[]): ErrorInfo {
  const code = codeOf(error);
  const named = error.name === '' || error.name === 'Error' || error.name === 'BraidError';
  const message = named ? error.message : `${error.name}: ${error.message}`;
  const cause = nullCause(error, outcomes);
  const place =
    error.line === undefined
      ? {}
      : { line: error.line, column: error.column ?? 1, frame: codeFrame(source, error.line, error.column ?? 1) };
  return {
    code,
    message: cause === '' ? message : `${message}. ${cause}`,
    fix: cause === '' ? ERRORS[code].fix : goOn(run),
    ...place,
  };
}

/** Guests can put any `code` on an error: only those a script may cause are believed. */
function codeOf(error: GuestError): ErrorCode {
  if (!isErrorCode(error.code)) return 'BRAID_SCRIPT_ERROR';
  const { blame } = ERRORS[error.code];
  return blame === 'script' || blame === 'limit' || error.code === 'BRAID_CALL_SCHEMA'
    ? error.code
    : 'BRAID_SCRIPT_ERROR';
}

/** `cannot read property 'x' of null`, because a call died: name the calls, newest first. */
function nullCause(error: GuestError, outcomes: Outcome[]): string {
  if (error.name !== 'TypeError' || !/\bnull\b/.test(error.message) || outcomes.length === 0) return '';
  const shown = outcomes.slice(-3).toReversed().map(describe);
  const more = outcomes.length > 3 ? ` (and ${outcomes.length - 3} earlier calls)` : '';
  const subject = shown.length === 1 ? 'A call gave no value' : 'Calls gave no value';
  return `${subject}, so the script met null: ${shown.join('; ')}${more}.`;
}

function describe({ label, phase, reason, code, message, address }: Outcome): string {
  return `${phase === null ? '' : `${phase} › `}${label} (${address}): ${reason}, ${code}: ${message}`;
}

function goOn(run: string): string {
  const guard = 'Guard the value (`if (x === null) …`, `.filter(Boolean)`), so that a dead call costs only itself';
  return `${guard}, or mend what made it fail; then run again. What finished stays in this run: braid show ${run}`;
}
