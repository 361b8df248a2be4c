/** A file of 400 MB: how soon the first cell has run, and what of the file's size is seen in guest, prompt and history. */
import { createReadStream } from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KIB, MIB } from '../../protocol/limits.ts';
import { median } from '../stats.ts';
import { freshWorld, newPlan, type Bench, type Sides } from './bench.ts';
import { floorRun } from './floor.ts';
import { historyFacts } from './history.ts';
import type { RunFacts } from './provider.ts';
import { kib, mib, timeRow, valueRow, type Row } from './rows.ts';
import { fileSource, textOf, writeText } from './text.ts';

const BYTES = 400 * MIB;
const TURNS = 20;
const PROMPT_CHARS = 64;

interface Measured {
  firstCellMs: number;
  guestBytes: number;
  historyBytes: number;
  /** Characters of the first prompt over the file, and over 1 KB. */
  prompt: number;
  smallPrompt: number;
}

export async function hugeFile(bench: Bench): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'braid-bench-file-'));
  const file = join(folder, 'huge.txt');
  try {
    bench.say('writing a file of 400 MB');
    await writeText(file, BYTES, 'huge');
    bench.say(`400 MB: ${bench.heavyRounds} rounds of ${TURNS} turns, each with a store and a worker of its own`);
    const sides: Sides = { floor: [], braid: [] };
    const all: Measured[] = [];
    for (let round = 0; round < bench.heavyRounds; round += 1) {
      sides.floor.push(await plainRead(bench, file));
      const measured = await inFreshWorld(bench, file);
      sides.braid.push(measured.firstCellMs);
      all.push(measured);
    }
    return rowsOf(sides, all);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function rowsOf(sides: Sides, all: Measured[]): Row[] {
  const of = (member: keyof Measured) => median(all.map((one) => one[member]));
  const first = { text: '< 2.5 s', value: median(sides.braid), most: 2_499 };
  const guest = { text: '≤ 64 MiB', value: of('guestBytes'), most: 64 * MIB };
  const difference = of('prompt') - of('smallPrompt');
  const prompt = { text: `±${PROMPT_CHARS} characters`, value: Math.abs(difference), most: PROMPT_CHARS };
  const history = { text: '< 300 KB', value: of('historyBytes'), most: 299_999 };
  return [
    timeRow('400 MB file: call to end of first cell (floor: file read once, 1 turn)', sides, '', first),
    valueRow('400 MB file: memory of the guest', { floor: mib(BYTES), braid: mib(of('guestBytes')) }, guest),
    valueRow(
      '400 MB file: first prompt, in characters (left: of 1 KB)',
      {
        floor: String(of('smallPrompt')),
        braid: String(of('prompt')),
        over: `${difference < 0 ? '−' : '+'}${Math.abs(difference)}`,
      },
      prompt,
    ),
    valueRow(`400 MB file: history of ${TURNS} iterations`, { braid: kib(of('historyBytes')) }, history),
  ];
}

/** The least that anybody does who looks at all of a file: read it, and ask one model call. */
async function plainRead({ provider }: Bench, file: string): Promise<number> {
  const plan = newPlan('iterations', 1, 0);
  const startedAt = performance.now();
  let bytes = 0;
  for await (const piece of createReadStream(file, { highWaterMark: MIB })) bytes += (piece as Buffer).byteLength;
  const source = fileSource(file, bytes);
  await floorRun(provider.url, plan, source, 1);
  const taken = performance.now() - startedAt;
  source.close();
  await provider.facts(plan.run);
  return taken;
}

async function inFreshWorld(bench: Bench, file: string): Promise<Measured> {
  const world = await freshWorld(bench);
  try {
    const small = await world.ask(newPlan('long', TURNS, 0), textOf(KIB, 'small'), { window: 1 });
    const huge = await world.ask(newPlan('long', TURNS, 0), { file }, { window: 1 });
    const { bytes, guestBytes } = await historyFacts(world.client, huge.id);
    return {
      // The second turn is asked for when the first cell has run.
      firstCellMs: (huge.facts.turns[1]?.at ?? Number.NaN) - huge.calledAt,
      guestBytes,
      historyBytes: bytes,
      prompt: firstPrompt(huge.facts),
      smallPrompt: firstPrompt(small.facts),
    };
  } finally {
    await world.close();
  }
}

function firstPrompt({ turns }: RunFacts): number {
  return turns[0]?.chars ?? Number.NaN;
}
