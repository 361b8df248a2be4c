/** What a heap snapshot of a light cell costs a session's thread: measured beside it, on the same code. */
import { pack } from '../../activities/repl/pack.ts';
import { REPL_SANDBOX } from '../../protocol/limits.ts';
import type { ReplState } from '../../protocol/repl.ts';
import { openRepl } from '../../sandbox/repl/index.ts';
import { median } from '../stats.ts';
import type { Bench } from './bench.ts';
import { kib, mib, ms, valueRow, type Row } from './rows.ts';

const STATE: ReplState = { now: 0, spent: 0, total: null, iterationsLeft: 20, callsLeft: null };
const CELL = [
  'const rows = Array.from({ length: 10 }, (_, i) => ({ id: i, name: `row ${i}` }));',
  'const byName = new Map(rows.map((row) => [row.name, row]));',
  'function total(list) { return list.reduce((sum, { id }) => sum + id, 0); }',
  'print(total(rows), byName.size)',
].join('\n');
const MOST_BYTES = 30 * 1024;
const MOST_MS = 40;

export async function snapshot({ rounds, say }: Bench): Promise<Row[]> {
  say('snapshots of a light cell');
  const sizes: number[] = [];
  const times: number[] = [];
  const cells: number[] = [];
  let memory = 0;
  // The first guest warms the compiled code up.
  for (let round = -1; round < rounds; round += 1) {
    const guest = openRepl({
      limits: REPL_SANDBOX,
      seed: 'bench',
      context: null,
      texts: [],
      question: { text: 'Why?' },
      tools: [],
    });
    const startedAt = performance.now();
    const { error } = guest.turn({ kind: 'cell', cell: 1, code: CELL, state: STATE });
    if (error !== null) throw new Error(`the light cell failed: ${error.message}`);
    const ranAt = performance.now();
    const packed = pack(guest.snapshot());
    memory = guest.memoryBytes;
    if (round < 0) continue;
    cells.push(ranAt - startedAt);
    times.push(performance.now() - ranAt);
    sizes.push(packed.byteLength);
  }
  const size = { text: '≤ 30 KiB', value: median(sizes), most: MOST_BYTES };
  const time = { text: `≤ ${MOST_MS} ms`, value: median(times), most: MOST_MS };
  return [
    valueRow(
      'snapshot of a light cell: size (left: memory of the guest)',
      { floor: mib(memory), braid: kib(size.value) },
      size,
    ),
    valueRow(
      'snapshot of a light cell: time (left: the cell itself)',
      { floor: ms(median(cells)), braid: ms(time.value) },
      time,
    ),
  ];
}
