/** Sums over all runs, by kind of fault. */
import type { Verdict } from './judge.ts';
import { ALL_KINDS, type FaultKind } from './kinds.ts';

export interface Row {
  kind: FaultKind;
  faults: number;
  /** Faults of runs with nothing lost, wrong or repeated beyond. */
  survived: number;
  /** Faults of runs that were lost, and of runs that were wrong: which of a run's faults did it is not known. */
  lost: number;
  wrong: number;
  inFlight: number;
  beyond: number;
}

export interface Totals {
  runs: number;
  faults: number;
  lost: number;
  wrong: number;
  inFlight: number;
  beyond: number;
  requests: number;
}

export interface WorkloadRow extends Totals {
  name: string;
}

export class Tally {
  readonly #rows = new Map(
    ALL_KINDS.map((kind): [FaultKind, Row] => [
      kind,
      { kind, faults: 0, survived: 0, lost: 0, wrong: 0, inFlight: 0, beyond: 0 },
    ]),
  );
  readonly #workloads = new Map<string, WorkloadRow>();

  /** Adds a run. */
  add(workload: string, requests: number, kinds: readonly FaultKind[], verdict: Verdict): void {
    const { inFlight, beyond } = verdict;
    const lost = verdict.lost.length > 0;
    const wrong = verdict.wrong.length > 0;
    for (const kind of kinds) {
      const row = this.#row(kind);
      row.faults += 1;
      row.lost += Number(lost);
      row.wrong += Number(wrong);
      row.survived += Number(!lost && !wrong && beyond.length === 0);
    }
    for (const kind of inFlight) this.#row(kind).inFlight += 1;
    for (const { after } of beyond) if (after !== null) this.#row(after).beyond += 1;
    const sums = this.#workloads.get(workload) ?? { name: workload, ...emptyTotals() };
    this.#workloads.set(workload, sums);
    sums.runs += 1;
    sums.faults += kinds.length;
    sums.requests += requests;
    sums.lost += Number(lost);
    sums.wrong += Number(wrong);
    sums.inFlight += inFlight.length;
    sums.beyond += beyond.length;
  }

  get rows(): Row[] {
    return [...this.#rows.values()];
  }

  get workloads(): WorkloadRow[] {
    return [...this.#workloads.values()].sort((a, b) => a.name.localeCompare(b.name));
  }

  /** Lost and wrong are numbers of runs here. */
  get totals(): Totals {
    const sums = emptyTotals();
    for (const row of this.#workloads.values()) {
      for (const name of Object.keys(sums) as (keyof Totals)[]) sums[name] += row[name];
    }
    return sums;
  }

  #row(kind: FaultKind): Row {
    const row = this.#rows.get(kind);
    if (row === undefined) throw new RangeError(`there is no fault ${kind}`);
    return row;
  }
}

/** A run has passed. */
export function isClean({ lost, wrong, beyond }: Verdict): boolean {
  return lost.length + wrong.length + beyond.length === 0;
}

function emptyTotals(): Totals {
  return { runs: 0, faults: 0, lost: 0, wrong: 0, inFlight: 0, beyond: 0, requests: 0 };
}
