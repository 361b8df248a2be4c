/**
 * `npm run bench:rlm [-- --rounds 5 --only common,resume --strict --source]`: what an RLM in Braid costs over its bare model calls, on a
 * server of its own. Prints a table and, when nothing was left out, writes docs/performance-rlm.md. `--source` runs the worker
 * without a build, for trials.
 */
import { writeFileSync } from 'node:fs';
import { startTestServer } from '../../test/kit/temporal.ts';
import { machineFacts } from '../machine.ts';
import type { Bench } from './bench.ts';
import { hugeFile } from './huge-file.ts';
import { largeText } from './large-text.ts';
import { optionsOf, PARTS, type Options, type Part } from './options.ts';
import { peers } from './peers.ts';
import { startBenchProvider } from './provider.ts';
import { pageOf, peerTable, rowTable, type Report } from './report.ts';
import { resume } from './resume.ts';
import type { Row } from './rows.ts';
import { batches, commonJob, iterations, recursion } from './small-jobs.ts';
import { snapshot } from './snapshot.ts';
import { buildIfStale } from './worker-process.ts';
import { openWorld } from './world.ts';

const MEASUREMENTS: Record<Exclude<Part, 'peers'>, (bench: Bench) => Promise<Row[]>> = {
  common: commonJob,
  batches,
  iterations,
  recursion,
  large: largeText,
  huge: hugeFile,
  snapshot,
  resume,
};
const HEAVY_ROUNDS = 3;

async function main(): Promise<void> {
  const options = optionsOf(process.argv.slice(2));
  if (options.worker === 'built') buildIfStale();
  const server = await startTestServer();
  try {
    const report = await measureAll(server.address, options);
    process.stdout.write(`${rowTable(report.rows)}\n`);
    if (options.parts.includes('peers')) process.stdout.write(`\n${peerTable(report.peers)}\n`);
    if (PARTS.every((part) => options.parts.includes(part)) && options.worker === 'built') {
      writeFileSync(new URL('../../docs/performance-rlm.md', import.meta.url), pageOf(report));
    }
    if (options.strict && report.rows.some(({ met }) => met === false)) process.exitCode = 1;
  } finally {
    await server.stop();
  }
}

async function measureAll(address: string, options: Options): Promise<Report> {
  const { rounds, worker } = options;
  const heavyRounds = Math.min(rounds, HEAVY_ROUNDS);
  const provider = await startBenchProvider();
  try {
    const world = await openWorld({ address, provider, worker });
    try {
      const bench: Bench = { address, provider, worker, rounds, heavyRounds, world, say };
      const facts = await machineFacts(world.client);
      return { ...(await measureParts(bench, options)), facts, rounds, heavyRounds };
    } finally {
      await world.close();
    }
  } finally {
    await provider.close();
  }
}

async function measureParts(bench: Bench, options: Options): Promise<Pick<Report, 'rows' | 'peers'>> {
  const startedAt = performance.now();
  const rows: Row[] = [];
  for (const part of options.parts) {
    if (part !== 'peers') rows.push(...(await MEASUREMENTS[part](bench)));
  }
  const others = options.parts.includes('peers') ? await peers(bench, options) : [];
  say(`measured in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
  return { rows, peers: others };
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

await main();
