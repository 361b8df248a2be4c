/**
 * What the calls of one execution cost, by what was called. A call's cost is told to every script that runs around it in the same
 * execution: a script's is the sum of what it called.
 */
import type { CostsState } from '../../protocol/handover.ts';
import { addSpend, NO_SPEND, type Spend } from '../../protocol/outcome.ts';
import { CallableCosts, type CallableKind } from './costs.ts';

interface End {
  address: string;
  ok: boolean;
  spend: Spend;
}

export class CostBook {
  readonly sums = new CallableCosts();
  /** Scripts within the execution's own that have not ended, by address. */
  private readonly scripts = new Map<string, { name: string; spend: Spend }>();

  /** `name` null: nothing that bears a name was called. */
  ended(kind: CallableKind, name: string | null, { address, ok, spend }: End): void {
    if (name !== null) this.sums.ended(kind, name, { ok, spend });
    for (const [around, script] of this.scripts) {
      if (address.startsWith(`${around}/`)) script.spend = addSpend(script.spend, spend);
    }
  }

  scriptBegan(address: string, name: string): void {
    if (!this.scripts.has(address)) this.scripts.set(address, { name, spend: NO_SPEND });
  }

  scriptEnded(address: string, ok: boolean): void {
    const script = this.scripts.get(address);
    this.scripts.delete(address);
    if (script !== undefined) this.sums.ended('workflow', script.name, { ok, spend: script.spend });
  }

  /** Undefined: nothing was called. */
  get handover(): CostsState | undefined {
    const { sums } = this.sums;
    const scripts = Object.fromEntries(this.scripts);
    return Object.keys(sums).length === 0 && this.scripts.size === 0 ? undefined : { sums, scripts };
  }

  continueFrom({ sums, scripts }: CostsState): void {
    this.sums.continueFrom(sums);
    for (const [address, script] of Object.entries(scripts)) this.scripts.set(address, script);
  }
}

/** A call's definition is told as `NAME (source)`. */
export function definitionName(definition: string | null): string | null {
  return definition?.replace(/ \([^()]*\)$/, '') ?? null;
}
