/** How calls of a script are handed over, and how a script ends that cannot go on. */
import { BraidError } from '../../protocol/errors.ts';
import type { Ending } from '../calls/work.ts';

/** Once, however often it is tried to hand it over. */
export function charge(ending: Ending & { ok: true }): Promise<void> | undefined {
  const charged = ending.charge?.();
  delete ending.charge;
  return charged ?? undefined;
}

export function seqOf(ending: Ending): number | null {
  return ending.ok ? (ending.seq ?? null) : null;
}

export function stuck(): BraidError {
  return new BraidError(
    'BRAID_SCRIPT_STUCK',
    'The script waits for a promise that nothing will ever settle: no call or timer is in flight.',
  );
}

export function historyFull(): BraidError {
  return new BraidError('BRAID_HISTORY_FULL', 'The run grew to the size where the server would end it.');
}
