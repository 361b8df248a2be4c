/** Phases with a budget: `phase(title, {budget})` bounds all calls of the phase together, whenever and from where they are made. */
import type { PartBudget } from '../../protocol/run-input.ts';
import { PartBooks, type Books, type PartState } from './books.ts';

/** By the address of the script that named it, and its title: two scripts may use the same words. */
export interface PhaseName {
  prefix: string;
  title: string;
}

export class Phases {
  private readonly parts = new Map<string, PartBooks>();
  /** What phases had spent in the execution before: they are named again when their guests are rebuilt. */
  private readonly before = new Map<string, PartState>();
  private readonly clock: () => number;

  constructor(clock: () => number) {
    this.clock = clock;
  }

  /** A phase that is named again gets new caps; what it has spent stays spent. */
  declare(phase: PhaseName, above: Books, budget: PartBudget): void {
    const key = keyOf(phase);
    const known = this.parts.get(key);
    if (known !== undefined) return known.change(budget);
    const part = new PartBooks(above, budget, { name: `phase ${JSON.stringify(phase.title)}`, clock: this.clock });
    this.parts.set(key, part);
    const before = this.before.get(key);
    if (before === undefined) return;
    this.before.delete(key);
    part.continueFrom(before);
  }

  find(phase: PhaseName): Books | null {
    return this.parts.get(keyOf(phase)) ?? null;
  }

  /** One line for each limit of a phase that is nearly used up. */
  warnings(share: number): string[] {
    return [...this.parts.values()].flatMap(({ name, ledger, usedMs }) =>
      ledger
        .nearLimits(share, usedMs)
        .map(({ name: limit, limit: cap }) => `${share * 100} % of the budget of ${name} is used (${limit} = ${cap})`),
    );
  }

  get state(): { [key: string]: PartState } {
    return Object.fromEntries([...this.before, ...[...this.parts].map(([key, part]) => [key, part.state] as const)]);
  }

  continueFrom(state: { [key: string]: PartState }): void {
    for (const [key, part] of Object.entries(state)) this.before.set(key, part);
  }
}

function keyOf({ prefix, title }: PhaseName): string {
  return `${prefix} ${title}`;
}
