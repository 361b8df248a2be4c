/** The common job over 50 MB: time and memory of worker and client, each fresh and warmed up, against the same over 1 MB. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { MIB } from '../../protocol/limits.ts';
import { median } from '../stats.ts';
import { freshWorld, newPlan, type Bench, type Sides } from './bench.ts';
import type { ClientOrder, ClientReport } from './client-process.ts';
import { floorRun } from './floor.ts';
import { canReadPeaks, peakOf, resetPeak } from './process-memory.ts';
import { mib, timeRow, valueRow, type Row } from './rows.ts';
import { textOf } from './text.ts';
import type { World } from './world.ts';

const SUB_CALLS = 20;
const LATENCY_MS = 20;
const MORE_BYTES = 150 * MIB;

interface Measured {
  ms: number;
  /** Peaks of memory in bytes; null where they cannot be read. */
  peaks: { worker: number; client: number } | null;
}

export async function largeText(bench: Bench): Promise<Row[]> {
  bench.say(`1 and 50 MB: ${bench.heavyRounds} rounds, each with a worker and a client of its own`);
  const small: Measured[] = [];
  const large: Measured[] = [];
  const sides: Sides = { floor: [], braid: [] };
  for (let round = 0; round < bench.heavyRounds; round += 1) {
    small.push(await measured(bench, MIB));
    large.push(await measured(bench, 50 * MIB));
    const plan = newPlan('common', SUB_CALLS, LATENCY_MS);
    sides.floor.push(await floorRun(bench.provider.url, plan, textOf(50 * MIB, plan.run), SUB_CALLS));
    sides.braid.push(large.at(-1)?.ms ?? Number.NaN);
  }
  const target = { text: '≤ 1.5 s in all', value: median(sides.braid), most: 1_500 };
  return [timeRow(`common job over 50 MB, model ${LATENCY_MS} ms`, sides, '', target), memoryRow(small, large)];
}

function memoryRow(small: Measured[], large: Measured[]): Row {
  const name = 'memory of worker and client: 1 MB (left), 50 MB';
  const of = (list: Measured[], side: 'worker' | 'client') =>
    median(list.map(({ peaks }) => peaks?.[side] ?? Number.NaN));
  if (!canReadPeaks()) return valueRow(name, { braid: 'can be read on Linux only' }, null);
  const [worker, client] = [of(large, 'worker') - of(small, 'worker'), of(large, 'client') - of(small, 'client')];
  const target = { text: `≤ +${mib(MORE_BYTES)}`, value: worker + client, most: MORE_BYTES };
  const total = (list: Measured[]) => mib(of(list, 'worker') + of(list, 'client'));
  const over = `+${mib(worker + client)} (worker +${mib(worker)}, client +${mib(client)})`;
  return valueRow(name, { floor: total(small), braid: total(large), over }, target);
}

async function measured(bench: Bench, bytes: number): Promise<Measured> {
  const world = await freshWorld(bench);
  try {
    return await measuredIn(world, bytes);
  } finally {
    await world.close();
  }
}

async function measuredIn({ env, worker, provider }: World, bytes: number): Promise<Measured> {
  const order: ClientOrder = {
    warm: newPlan('common', 1, 0),
    plan: newPlan('common', SUB_CALLS, LATENCY_MS),
    bytes,
    window: SUB_CALLS,
  };
  const file = fileURLToPath(new URL('./client-process.ts', import.meta.url));
  const child = fork(file, [JSON.stringify(order)], { env, execArgv: ['--expose-gc'] });
  const ended = once(child, 'exit');
  const report = async (): Promise<ClientReport> => {
    const died = ended.then(() => Promise.reject(new Error('the client ended before it reported')));
    const [message] = (await Promise.race([once(child, 'message'), died])) as [ClientReport];
    return message;
  };
  await report();
  const pids = { worker: worker.pid, client: child.pid ?? 0 };
  if (canReadPeaks()) Object.values(pids).forEach(resetPeak);
  child.send('go');
  const done = await report();
  const peaks = canReadPeaks() ? { worker: peakOf(pids.worker), client: peakOf(pids.client) } : null;
  child.disconnect();
  await ended;
  for (const { run } of [order.warm, order.plan]) await provider.facts(run);
  return { ms: 'ms' in done ? done.ms : Number.NaN, peaks };
}
