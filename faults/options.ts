/** `npm run faults -- [--faults 60] [--seed 1] [--workloads a,b] [--minutes M] [--worlds 2] [--campaign FILE] [--write]` */
import { parseArgs } from 'node:util';

export interface FaultsOptions {
  /** Runs go on until so many faults have struck. */
  faults: number;
  /** Of the first run; each further run has the next one. */
  seed: number;
  workloads: string[];
  /** No run begins after so many; null: none is too late. */
  minutes: number | null;
  /** Runs at once, each with a server of its own. */
  worlds: number;
  /** File of a campaign (campaign.ts): what it holds counts as well, and its seeds are not run again; null: none. */
  campaign: string | null;
  /** Whether docs/reliability.md is written. */
  write: boolean;
}

/** Throws RangeError for what makes no sense. */
export function optionsOf(args: string[], known: readonly string[]): FaultsOptions {
  const { values } = parseArgs({
    args,
    options: {
      faults: { type: 'string', default: '60' },
      seed: { type: 'string', default: '1' },
      workloads: { type: 'string', default: known.join(',') },
      minutes: { type: 'string' },
      worlds: { type: 'string', default: '2' },
      campaign: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  });
  const workloads = values.workloads.split(',').map((name) => name.trim());
  for (const name of workloads) {
    if (!known.includes(name)) throw new RangeError(`--workloads: there is no ${name}, only ${known.join(', ')}`);
  }
  return {
    faults: whole('--faults', values.faults, 1, 100_000),
    seed: whole('--seed', values.seed, 0, Number.MAX_SAFE_INTEGER),
    workloads,
    minutes: values.minutes === undefined ? null : whole('--minutes', values.minutes, 1, 10_000),
    worlds: whole('--worlds', values.worlds, 1, 8),
    campaign: values.campaign ?? null,
    write: values.write,
  };
}

/** What does a run of these again. */
export function commandFor(workload: string, seed: number): string {
  return `npm run faults -- --faults 1 --seed ${seed} --workloads ${workload}`;
}

function whole(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new RangeError(`${name} takes a whole number from ${min} to ${max}, not ${text}`);
}
