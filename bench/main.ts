/**
 * `npm run bench [-- --rounds 5 --activity stub|model --latency 20 --strict]`: what a script costs over the same work written
 * by hand, on a server of its own. Prints a table and writes docs/performance.md.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startTestServer } from '../test/kit/temporal.ts';
import { bundleWorkflows } from '../worker/bundle.ts';
import { bundleBare } from './bare-bundle.ts';
import { runCases, runTrivial } from './live.ts';
import { machineFacts } from './machine.ts';
import { measureMemory } from './memory.ts';
import { replayPair } from './replay.ts';
import { ratioRow, rowsOf, sizeRow, timeRow, type Row } from './rows.ts';
import { pageOf, tableOf } from './report.ts';
import { installRuntime } from '../worker/runtime.ts';
import { openWorld, type ActivityKind, type Sides, type WorldOptions } from './world.ts';

export interface BenchOptions {
  rounds: number;
  activity: ActivityKind;
  latencyMs: number;
  strict: boolean;
}

/** A trivial run is short: more rounds cost nothing. */
const TRIVIAL_ROUNDS = 30;
const PARKED = 200;

async function main(): Promise<void> {
  const options = optionsOf(process.argv.slice(2));
  installRuntime();
  const server = await startTestServer();
  try {
    const sides = await openSides({ address: server.address, ...options });
    const facts = await machineFacts(sides.bare.client);
    const rows = await measured(sides, options, server.address);
    process.stdout.write(`${tableOf(rows)}\n`);
    writeFileSync(new URL('../docs/performance.md', import.meta.url), pageOf(rows, facts, options));
    if (options.strict && rows.some((row) => row.met === false)) process.exitCode = 1;
  } finally {
    await server.stop();
  }
}

async function openSides(options: Omit<WorldOptions, 'workflowBundle'>): Promise<Sides> {
  const bare = await openWorld({ ...options, workflowBundle: await bundleBare() });
  const script = await openWorld({ ...options, workflowBundle: await bundleWorkflows() });
  return { bare, script };
}

async function measured(sides: Sides, options: BenchOptions, address: string): Promise<Row[]> {
  try {
    return await measureAll(sides, options, address);
  } finally {
    await sides.bare.close();
    await sides.script.close();
  }
}

async function measureAll(sides: Sides, { rounds }: BenchOptions, address: string): Promise<Row[]> {
  const live = await runCases(sides, rounds, progress);
  progress('start of a trivial script');
  const trivial = await runTrivial(sides, TRIVIAL_ROUNDS);
  progress('cold replay');
  const fanOut = live[0]?.histories;
  if (fanOut === undefined) throw new Error('no case was run');
  const replay = await replayPair(sides, rounds, fanOut);
  const isolate = await replayPair(sides, TRIVIAL_ROUNDS, trivial.histories);
  progress(`memory of ${PARKED} waiting runs`);
  const empty = await measureMemory(address, 'empty', PARKED);
  const script = await measureMemory(address, 'script', PARKED);
  return [
    ...live.map((result) => ratioRow(result.case.name, result.case.target, result.pair)),
    ratioRow('cold replay of the fan-out', 1.4, replay),
    ...rowsOf(isolate, trivial.pair),
    sizeRow('memory of a waiting run', 1, empty.perWorkflowBytes, script.perWorkflowBytes),
    sizeRow('worker without runs', null, empty.idleBytes, script.idleBytes),
    timeRow('worker CPU per call of the fan-out', live[0]?.pair, live[0]?.case.calls ?? 1),
  ];
}

function optionsOf(args: string[]): BenchOptions {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      activity: { type: 'string', default: 'stub' },
      latency: { type: 'string', default: '20' },
      strict: { type: 'boolean', default: false },
    },
  });
  const rounds = Number(values.rounds);
  const latencyMs = Number(values.latency);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new RangeError(`--rounds takes a number from 1, not ${values.rounds}`);
  if (!(latencyMs >= 0)) throw new RangeError(`--latency takes milliseconds, not ${values.latency}`);
  if (values.activity !== 'stub' && values.activity !== 'model') {
    throw new RangeError(`--activity takes stub or model, not ${values.activity}`);
  }
  return { rounds, latencyMs, activity: values.activity, strict: values.strict };
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

await main();
