/** What a command says when it fails, and its exit code (design §5.1, §5.4). */
import { styleText } from 'node:util';
import { ERRORS, type ErrorCode } from '../../protocol/error-table.ts';
import { isBraidError, toErrorInfo } from '../../protocol/errors.ts';
import type { ErrorInfo } from '../../protocol/outcome.ts';
import { safeText } from '../render/sanitize.ts';

const NO_SERVER: readonly ErrorCode[] = [
  'BRAID_SERVER_UNREACHABLE',
  'BRAID_SERVER_START',
  'BRAID_MODEL_MISSING',
  'BRAID_PROVIDER_UNKNOWN',
  'BRAID_PROVIDER_KEY_MISSING',
];
const WRONG_USAGE: readonly ErrorCode[] = [
  'BRAID_USAGE',
  'BRAID_ARGS_JSON',
  'BRAID_FILE_MISSING',
  'BRAID_CONFIG',
  'BRAID_OPTION',
  'BRAID_RUN_EXISTS',
  'BRAID_WORKFLOW_UNKNOWN',
  'BRAID_WORKSPACE_UNREADABLE',
  'BRAID_GIT',
  'BRAID_CONTEXT_MISSING',
  'BRAID_CONTEXT_UNREADABLE',
  'BRAID_CONTEXT_TOO_LARGE',
  'BRAID_EXPORT',
  'BRAID_GATE_UNKNOWN',
  'BRAID_ANSWER_INVALID',
];

function exitCodeOfError(error: unknown): number {
  if (!isBraidError(error)) return 1;
  if (NO_SERVER.includes(error.code)) return 4;
  if (error.code === 'BRAID_PLAN_TOO_LARGE') return 3;
  if (WRONG_USAGE.includes(error.code) || error.code.startsWith('BRAID_SCRIPT_')) return 2;
  return 1;
}

/** Writes the error to stderr and gives the exit code. */
export async function reportError(error: unknown): Promise<number> {
  process.stderr.write(`${errorText(toErrorInfo(error))}\n`);
  if (!isBraidError(error) && error instanceof Error && process.env['BRAID_DEBUG'] !== undefined) {
    process.stderr.write(`${safeText(error.stack ?? '')}\n`);
  }
  return exitCodeOfError(error);
}

/** Code, what happened, where, what to do: each on a line of its own. */
function errorText(info: ErrorInfo): string {
  const place = info.line === undefined ? '' : ` (line ${info.line}, column ${info.column ?? 1})`;
  const lines = [`${styleText('red', info.code, { stream: process.stderr })}${place}: ${safeText(info.message)}`];
  if (info.frame !== undefined) lines.push(safeText(info.frame));
  const fix = info.fix ?? (info.code in ERRORS ? ERRORS[info.code as ErrorCode].fix : '');
  if (fix !== '') lines.push(`→ ${safeText(fix)}`);
  return lines.join('\n');
}
