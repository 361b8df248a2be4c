/**
 * `node bench/cli-start.ts [ROUNDS]`: wall time of `braid run` of a trivial script, from key press to result, in a ratio to
 * starting Node. Wants the built command (`npm run build`) and a running `braid dev`.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { alternate, measure, type Sample } from './measure.ts';
import { median, ratioOf } from './stats.ts';

/** From key press to result. */
const TARGET_MS = 1_500;
const CLI = fileURLToPath(new URL('../dist/client/cli/main.js', import.meta.url));

async function main(rounds: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'braid-cli-'));
  const file = join(folder, 'trivial.js');
  writeFileSync(file, 'return 1\n');
  try {
    const node = () => timed(['-e', '0']);
    const braid = () => timed([CLI, 'run', file, '--no-workspace', '--model', 'offline/echo']);
    await braid();
    const pair = await alternate(rounds, node, braid);
    const start = pair.bare.map((sample) => sample.wallMs);
    const whole = pair.script.map((sample) => sample.wallMs);
    const ratio = ratioOf(whole, start);
    const lines = [
      `node -e 0          ${median(start).toFixed(0)} ms`,
      `braid run          ${median(whole).toFixed(0)} ms, ${ratio.median.toFixed(1)}× (${ratio.least.toFixed(1)}–${ratio.most.toFixed(1)})`,
      `target             ${TARGET_MS} ms: ${median(whole) <= TARGET_MS ? 'met' : 'missed'}`,
    ];
    process.stdout.write(`${lines.join('\n')}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function timed(args: string[]): Promise<Sample> {
  return measure(() => promisify(execFile)(process.execPath, args, { timeout: 60_000 }));
}

await main(Number(process.argv[2] ?? '7'));
