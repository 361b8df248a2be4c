/**
 * Which faults a run gets, and when. A pure function of seed, workload and the number of its requests, so that a failure can be
 * planned again; what the processes do meanwhile is theirs.
 */
import { ALL_KINDS, type FaultKind } from './kinds.ts';
import { diceOf } from './seeded.ts';

export interface PlannedFault {
  kind: FaultKind;
  /** It strikes when so many different requests have reached the provider … */
  atRequest: number;
  /** … and after this, in ms. */
  delayMs: number;
  /** Workers that share the run when it strikes, at least. */
  workers: 1 | 2;
  /** What it decides itself (which worker, which files) it draws from dice of this name. */
  dice: string;
}

export interface PlanOptions {
  seed: number;
  workload: string;
  /** Different requests of the undisturbed run. */
  requests: number;
  /** Kinds that this workload has no use for. */
  without?: readonly FaultKind[];
}

const FEWEST = 3;
const MOST = 6;
const MAX_DELAY_MS = 120;

/** In the order in which they strike; each kind at most once, and never two at the same request. */
export function planRun({ seed, workload, requests, without = [] }: PlanOptions): PlannedFault[] {
  const dice = diceOf('plan', workload, seed);
  const kinds = dice.some(
    ALL_KINDS.filter((kind) => !without.includes(kind)),
    dice.between(FEWEST, MOST),
  );
  const moments = dice.some(
    Array.from({ length: requests }, (_, i) => i + 1),
    kinds.length,
  );
  moments.sort((a, b) => a - b);
  return moments.map((atRequest, index) => {
    const kind = kinds[index] ?? 'worker killed';
    const isShared = kind === 'one of two killed' || (kind === 'worker frozen' && dice.next() < 0.5);
    const delayMs = dice.between(0, MAX_DELAY_MS);
    return { kind, atRequest, delayMs, workers: isShared ? 2 : 1, dice: `${workload} ${seed} ${index}` };
  });
}
