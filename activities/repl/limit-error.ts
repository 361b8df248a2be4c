/** Ends at a limit, in words for the model whose cell met it. */
import type { ErrorCode } from '../../protocol/error-table.ts';
import { isBraidError, type BraidError } from '../../protocol/errors.ts';
import type { CellError, ReplTurn } from '../../protocol/repl.ts';

const ADVICE: { [C in ErrorCode]?: string } = {
  BRAID_SANDBOX_GAS:
    'Do less in one cell: search with context.grep, count or chunks (fast), and spread loops over several cells.',
  BRAID_SANDBOX_MEMORY:
    'Keep less in variables: slices of the context stay references until their characters are read.',
  BRAID_SANDBOX_STACK: 'Replace the recursion by a loop, or nest values less deeply.',
  BRAID_SANDBOX_OUTPUT: 'Print less: a summary, a sample, a count.',
  BRAID_SANDBOX_REQUESTS: 'Make fewer calls in one cell; a batch counts as one.',
  BRAID_SANDBOX_PROTOCOL: 'Leave the names of the REPL as they are.',
  BRAID_SANDBOX_BROKEN: 'Write the cell in another way.',
};

/** Whether the guest has met a limit of its sandbox, or broken it: either ends the guest. */
export function isSandboxLimit(error: unknown): error is BraidError {
  return isBraidError(error) && error.code in ADVICE;
}

/** What happened, what became of the cell, what to do instead. */
export function limitError(error: BraidError, turn: ReplTurn): CellError {
  const undone =
    turn.kind === 'settle'
      ? 'The cell was ended; what it did after the answers it waited for had come is undone.'
      : 'The cell was ended and all that it did is undone: variables are as before it.';
  const message = [error.message, undone, ADVICE[error.code]].join(' ');
  return { name: 'LimitError', message, code: error.code, line: null, column: null, frame: '' };
}
