/**
 * `npm run bench:batch [-- --items 10000 --window 16 --latency 20 --rounds 1 --strict]`: a batch of one-call items over bare child
 * workflows with the same window and the same model activity, on a server of its own; and the growth of the worker meanwhile.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { buildBatchInput } from '../client/batch/input.ts';
import { startBatch } from '../client/batch/start.ts';
import { BATCH } from '../protocol/limits.ts';
import { taskQueueOf } from '../protocol/names.ts';
import type { BatchResult } from '../protocol/batch.ts';
import { ENGINE_HASH } from '../sandbox/engine/engine-hash.ts';
import { resultsFile } from '../store/batches/files.ts';
import { startTestServer } from '../test/kit/temporal.ts';
import { bundleWorkflows } from '../worker/bundle.ts';
import { installRuntime } from '../worker/runtime.ts';
import type { BareBatch } from './batch-bare.ts';
import { MemoryWatch, memoryLine } from './batch-memory.ts';
import { measure } from './measure.ts';
import { REQUEST } from './script-input.ts';
import { median } from './stats.ts';
import { openWorld, type World } from './world.ts';

interface Options {
  items: number;
  window: number;
  latencyMs: number;
  rounds: number;
  strict: boolean;
}

/** Batch rate ÷ bare rate that the project asks of itself. */
const TARGET = 0.8;
const SCRIPT = "return await agent('item ' + args.n)";
/** Items that warm both sides. */
const WARM = 50;

async function main(options: Options): Promise<void> {
  installRuntime();
  const server = await startTestServer();
  const common = { address: server.address, activity: 'model', latencyMs: options.latencyMs } as const;
  const bare = await openWorld({ ...common, workflowBundle: await bundleBare() });
  const batch = await openWorld({ ...common, workflowBundle: await bundleWorkflows() });
  try {
    await runBare(bare, { ...options, items: WARM });
    await runBatch(batch, { ...options, items: WARM }, new MemoryWatch());
    const ratios: number[] = [];
    for (let round = 0; round < options.rounds; round += 1)
      ratios.push(await oneRound({ bare, batch }, options, round));
    const met = median(ratios) >= TARGET;
    say(`batch ÷ bare rate: ${median(ratios).toFixed(2)} (target ≥ ${TARGET}: ${met ? 'met' : 'missed'})`);
    if (options.strict && !met) process.exitCode = 1;
  } finally {
    await bare.close();
    await batch.close();
    await server.stop();
  }
}

/** Each round in the other order, so that neither side always runs on the warmer machine. */
async function oneRound(
  { bare, batch }: { bare: World; batch: World },
  options: Options,
  round: number,
): Promise<number> {
  const memory = new MemoryWatch();
  const sides = { bare: () => runBare(bare, options), batch: () => runBatch(batch, options, memory) };
  const order = round % 2 === 0 ? (['bare', 'batch'] as const) : (['batch', 'bare'] as const);
  const rates = { bare: 0, batch: 0 };
  for (const side of order) {
    const { wallMs, cpuMs } = await sides[side]();
    rates[side] = (options.items * 1000) / wallMs;
    const cpu = (cpuMs / options.items).toFixed(1);
    say(
      `${side}: ${options.items} items in ${(wallMs / 1000).toFixed(1)} s, ${rates[side].toFixed(1)} a second, ${cpu} ms of CPU each`,
    );
  }
  say(memoryLine(memory));
  return rates.batch / rates.bare;
}

function runBare(world: World, { items, window }: Options) {
  const input: BareBatch = { from: 1, count: items, window, request: REQUEST, answered: 0 };
  return measure(async () => {
    const answered = (await (await world.start('bareBatch', input)).result()) as number;
    if (answered !== items) throw new Error(`bare: ${answered} answers to ${items} items`);
  });
}

async function runBatch({ client, store }: World, { items, window }: Options, memory: MemoryWatch) {
  const run = `bench-${items}-${performance.now().toString(36).replace('.', '')}`;
  const built = await buildBatchInput({
    ...{
      script: { source: SCRIPT, file: 'item.js' },
      items: '-',
      window,
      run,
      engine: ENGINE_HASH,
      store,
      workspace: false,
    },
    stdin: lines(items),
    flags: { model: REQUEST.model },
  });
  return measure(async () => {
    const { handle } = await startBatch({ client, store, taskQueue: taskQueueOf(store.id) }, run, built);
    const end = handle.result() as Promise<BatchResult>;
    await memory.during(handle, end);
    const { value } = await end;
    if (value['completed'] !== items)
      throw new Error(`batch: ${JSON.stringify(value)}; ${await firstLine(resultsFile(store, run))}`);
  });
}

async function firstLine(file: string): Promise<string> {
  return (await readFile(file, 'utf8')).split('\n', 1)[0] ?? '';
}

async function* lines(count: number): AsyncGenerator<string> {
  for (let n = 1; n <= count; n += 1) yield `{"n":${n}}\n`;
}

function bundleBare() {
  const workflowsPath = fileURLToPath(new URL('./batch-bare.ts', import.meta.url));
  return bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
}

function optionsOf(args: string[]): Options {
  const text = (fallback: string | number) => ({ type: 'string', default: String(fallback) }) as const;
  const { values } = parseArgs({
    args,
    options: {
      ...{ items: text(10_000), window: text(BATCH.window), latency: text(20), rounds: text(1) },
      strict: { type: 'boolean', default: false },
    },
  });
  const number = (name: 'items' | 'window' | 'latency' | 'rounds', least: number): number => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= least) return value;
    throw new RangeError(`--${name} takes a whole number from ${least}, not ${values[name]}`);
  };
  return {
    ...{ items: number('items', 1), window: number('window', 1), latencyMs: number('latency', 0) },
    ...{ rounds: number('rounds', 1), strict: values.strict },
  };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main(optionsOf(process.argv.slice(2)));
