/** What runs in a second on the worker that all share: the common job, batches, turns, recursion. */
import { MIB } from '../../protocol/limits.ts';
import { median } from '../stats.ts';
import { compare, newPlan, type Bench, type Sides } from './bench.ts';
import { ms, signed, timeRow, valueRow, type Row } from './rows.ts';
import { textOf } from './text.ts';

const SUB_CALLS = 20;
/** Three turns of the root and one batch, one after the other. */
const CRITICAL_PATH = 4;
const OVERHEAD_MS = 400;

/** 1 MB, 3 turns, 20 sub-calls: the job that peers were measured with. */
export async function commonJob(bench: Bench): Promise<Row[]> {
  const rows: Row[] = [await firstRun(bench)];
  for (const latencyMs of [0, 20, 200]) {
    const sides = await compare(bench, { job: 'common', count: SUB_CALLS, latencyMs, window: SUB_CALLS, bytes: MIB });
    const value = median(sides.braid) - CRITICAL_PATH * latencyMs;
    const over = `${signed(value)} over the critical path of ${CRITICAL_PATH * latencyMs} ms`;
    const target = { text: `≤ +${OVERHEAD_MS} ms over the critical path`, value, most: OVERHEAD_MS };
    rows.push(timeRow(`common job, model ${latencyMs} ms`, sides, over, target));
  }
  return rows;
}

/** Before anything of a worker is compiled: told, because it is what the first run of a day takes. */
async function firstRun({ world }: Bench): Promise<Row> {
  const ask = async () => {
    const plan = newPlan('common', SUB_CALLS, 20);
    return (await world.ask(plan, textOf(MIB, plan.run), { window: SUB_CALLS })).ms;
  };
  const first = await ask();
  // The measured runs are those of a worker at work: its code is compiled for speed after two dozen of them.
  for (let n = 0; n < 24; n += 1) await ask();
  return valueRow('common job, model 20 ms: first run of a new worker (one sample)', { braid: ms(first) }, null);
}

/** The common job with wider batches. A batch of 20 is the common job itself. */
export async function batches(bench: Bench): Promise<Row[]> {
  const batch = (count: number, latencyMs: number, window: number) =>
    compare(bench, { job: 'common', count, latencyMs, window, bytes: MIB });
  const narrow = { quick: await batch(100, 20, 100), slow: await batch(100, 200, 100) };
  const wide = { quick: await batch(500, 20, 500), slow: await batch(500, 200, 100) };
  const quick = { text: '≤ 1.5 s in all', value: median(wide.quick.braid), most: 1_500 };
  // Five rounds of the window, and three turns of the root.
  const ideal = (500 / 100 + 3) * 200;
  const slow = { text: `≤ 1.35× the ideal ${ideal} ms`, value: median(wide.slow.braid) / ideal, most: 1.35 };
  return [
    timeRow('batch of 100, model 20 ms', narrow.quick, '', null),
    timeRow('batch of 100, model 200 ms', narrow.slow, '', null),
    timeRow('batch of 500, model 20 ms', wide.quick, '', quick),
    timeRow('batch of 500, model 200 ms, window 100', wide.slow, `${slow.value.toFixed(2)}× the ideal`, slow),
    subCallRow(narrow.quick, wide.quick),
  ];
}

/** The slope between two widths: what one sub-call more costs. */
function subCallRow(narrow: Sides, wide: Sides): Row {
  const slope = (side: keyof Sides) => (median(wide[side]) - median(narrow[side])) / 400;
  const [floor, braid] = [slope('floor'), slope('braid')];
  const shown = { floor: each(floor), braid: each(braid), over: `+${each(braid - floor)}` };
  return valueRow('each further sub-call (from 100 to 500)', shown, null);
}

const TURNS = 20;

/** Turns that compute nothing: what is left is Braid's own. */
export async function iterations(bench: Bench): Promise<Row[]> {
  const sides = await compare(bench, { job: 'iterations', count: TURNS, latencyMs: 0, window: 1, bytes: MIB });
  const value = (median(sides.braid) - median(sides.floor)) / TURNS;
  const target = { text: '≤ 80 ms an iteration', value, most: 80 };
  return [timeRow(`${TURNS} iterations, model 0 ms`, sides, `${ms(value)} an iteration`, target)];
}

/** Ten recursive calls at once, each a node with a REPL and two turns. */
export async function recursion(bench: Bench): Promise<Row[]> {
  const children = 10;
  const latencyMs = 20;
  const sides = await compare(bench, { job: 'recursion', count: children, latencyMs, window: children, bytes: MIB });
  const over = `${signed((median(sides.braid) - median(sides.floor)) / children)} a child`;
  return [timeRow(`${children} recursive calls of 2 turns, model ${latencyMs} ms`, sides, over, null)];
}

function each(value: number): string {
  return `${value.toFixed(2)} ms`;
}
