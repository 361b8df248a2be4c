/** The work of `braid gc`, `export` and `import`, loaded when it is needed. */
import { resolve } from 'node:path';
import { MIB } from '../../protocol/limits.ts';
import { openStore } from '../../store/blobs.ts';
import { collectGarbage, type GarbageReport } from '../../store/gc.ts';
import { resolveHome } from '../../store/home.ts';
import { exportRun } from '../export-run.ts';
import { importRun } from '../import-run.ts';
import { readDuration } from '../input/durations.ts';
import { keepRoots } from '../keep-roots.ts';
import { printJson, say, withSession } from './common.ts';
import type { Output } from './options.ts';
import type { GcFlags } from './store.ts';

export async function gc({ olderThan, dryRun = false }: GcFlags, output: Output): Promise<void> {
  const olderThanMs = readDuration({ value: olderThan, from: '--older-than', code: 'BRAID_USAGE' });
  const report = await withSession('server', ({ client, store }) =>
    collectGarbage(store, { keep: keepRoots(client), olderThanMs, dryRun }),
  );
  if (output !== 'text') return printJson({ dryRun, ...report });
  process.stdout.write(`${garbageText(report, dryRun)}\n`);
}

/** One line for people. */
export function garbageText({ blobs, snapshots, calls, heaps }: GarbageReport, dryRun: boolean): string {
  const size = (blobs.removedBytes / MIB).toFixed(1);
  const others = `${snapshots} snapshots, ${calls} records of calls, ${heaps} heaps of sessions`;
  return `${dryRun ? 'Would remove' : 'Removed'} ${blobs.removed} blobs (${size} MiB), ${others}; ${blobs.kept} blobs stay.`;
}

export async function exportTo(run: string, out: string, output: Output): Promise<void> {
  const file = resolve(out);
  const counts = await withSession('server', ({ client, store }) => exportRun(client, store, run, file));
  if (output === 'text') process.stdout.write(`${file}\n`);
  else printJson({ run, file, ...counts });
  say(
    `Exported ${run}: ${counts.histories} histories, ${counts.blobs} blobs. It holds prompts and answers in the clear.`,
  );
}

/** Needs no server. */
export async function importFrom(file: string, output: Output): Promise<void> {
  const report = await importRun(openStore(resolveHome(process.env)), resolve(file));
  if (output === 'text') process.stdout.write(`${report.run}\n`);
  else printJson(report);
  say(`Imported ${report.run} (${report.name}). Go on from it with: braid fork ${report.run}`);
}
