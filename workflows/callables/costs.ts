/** What each thing that bears a name has cost in a node so far. Pure: the same calls in the same order give the same sums. */
import { addSpend, NO_SPEND, type Spend } from '../../protocol/outcome.ts';

export type CallableKind = 'agent' | 'workflow' | 'tool';

export interface CallableCost extends Spend {
  /** Calls that have ended, replayed ones too. */
  calls: number;
  /** Those of them that gave no value. */
  failed: number;
}

const NOTHING: CallableCost = { calls: 0, failed: 0, ...NO_SPEND };

export class CallableCosts {
  readonly #sums = new Map<string, CallableCost>();

  /** `name` as its definition has it; `spend` with everything below the call. */
  ended(kind: CallableKind, name: string, { ok, spend }: { ok: boolean; spend: Spend }): void {
    const { calls, failed, ...before } = this.of(kind, name);
    const sum = addSpend(before, spend);
    this.#sums.set(keyOf(kind, name), { calls: calls + 1, failed: failed + (ok ? 0 : 1), ...sum });
  }

  /** By `kind:name`, for the execution that goes on. */
  get sums(): { [callable: string]: CallableCost } {
    return Object.fromEntries(this.#sums);
  }

  continueFrom(sums: { [callable: string]: CallableCost }): void {
    for (const [callable, sum] of Object.entries(sums)) this.#sums.set(callable, sum);
  }

  of(kind: CallableKind, name: string): CallableCost {
    return { ...(this.#sums.get(keyOf(kind, name)) ?? NOTHING) };
  }
}

function keyOf(kind: CallableKind, name: string): string {
  return `${kind}:${name}`;
}
