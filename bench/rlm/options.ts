import { parseArgs } from 'node:util';
import type { PeerPlaces } from './peers.ts';
import type { WorkerKind } from './worker-process.ts';

export const PARTS = [
  'common',
  'batches',
  'iterations',
  'recursion',
  'large',
  'huge',
  'snapshot',
  'resume',
  'peers',
] as const;

export type Part = (typeof PARTS)[number];

export interface Options extends PeerPlaces {
  rounds: number;
  strict: boolean;
  worker: WorkerKind;
  parts: readonly Part[];
}

/** Errors: RangeError for a value that cannot be used. */
export function optionsOf(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      only: { type: 'string', default: PARTS.join(',') },
      strict: { type: 'boolean', default: false },
      source: { type: 'boolean', default: false },
      python: { type: 'string', default: 'python3' },
      peers: { type: 'string', default: process.cwd() },
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new RangeError(`--rounds takes a number from 1, not ${values.rounds}`);
  const { strict, source, python, peers: folder } = values;
  return {
    rounds,
    strict,
    worker: source ? 'source' : 'built',
    parts: partsOf(values.only),
    python,
    folder,
  };
}

/** In the order of {@link PARTS}: the first one meets a worker that has done nothing yet. */
function partsOf(list: string): Part[] {
  const names = list.split(',');
  const wrong = names.find((name) => !PARTS.some((part) => part === name));
  if (wrong !== undefined) throw new RangeError(`--only takes some of ${PARTS.join(',')}, not ${wrong}`);
  return PARTS.filter((part) => names.includes(part));
}
