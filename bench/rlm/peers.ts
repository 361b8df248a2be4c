/** The common job with other RLM libraries, on the same scripted model, where they are installed. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { MIB } from '../../protocol/limits.ts';
import { median } from '../stats.ts';
import { newPlan, type Bench } from './bench.ts';
import { modelOf, type JobName } from './jobs.ts';
import { ms } from './rows.ts';
import { writeText } from './text.ts';

export interface PeerRow {
  name: string;
  /** Null: not installed here. */
  version: string | null;
  /** Median times by latency, as text. */
  times: string[];
}

interface Peer {
  name: string;
  job: JobName;
  command: string;
  /** Arguments that tell, by exit code 0, that it is installed. */
  probe: string[];
  file: string;
}

export const PEER_LATENCIES = [0, 20, 200];
const SUB_CALLS = 20;
const run = promisify(execFile);

export interface PeerPlaces {
  python: string;
  /** The folder in which `ai-rlm` is looked for. */
  folder: string;
}

export async function peers(bench: Bench, { python, folder }: PeerPlaces): Promise<PeerRow[]> {
  const list: Peer[] = [
    { name: 'rlms', job: 'python', command: python, probe: ['-c', 'import rlm'], file: 'rlms.py' },
    {
      name: 'ai-rlm',
      job: 'unawaited',
      command: process.execPath,
      probe: ['-e', "require('node:fs').statSync('node_modules/ai-rlm/package.json')"],
      file: 'ai-rlm.mjs',
    },
  ];
  const rows: PeerRow[] = [];
  for (const peer of list) rows.push(await measured(bench, peer, folder));
  return rows;
}

async function measured(bench: Bench, peer: Peer, cwd: string): Promise<PeerRow> {
  const found = await run(peer.command, peer.probe, { cwd }).then(
    () => true,
    () => false,
  );
  if (!found) return { name: peer.name, version: null, times: [] };
  bench.say(`${peer.name}: ${bench.rounds} rounds`);
  try {
    return await measuredOver(bench, peer, cwd);
  } catch (error) {
    // Another library's failure is no reason to lose what was measured of this one.
    const text = error instanceof Error ? error.message : String(error);
    bench.say(`${peer.name} failed: ${text}`);
    return { name: peer.name, version: 'failed here', times: PEER_LATENCIES.map(() => '') };
  }
}

async function measuredOver(bench: Bench, peer: Peer, cwd: string): Promise<PeerRow> {
  const place = mkdtempSync(join(tmpdir(), 'braid-bench-peer-'));
  try {
    const file = join(place, 'text.txt');
    await writeText(file, MIB, 'peer');
    let version = '';
    const times: string[] = [];
    for (const latencyMs of PEER_LATENCIES) {
      const told = await timesOf(bench, peer, { cwd, file, latencyMs });
      version = told.version;
      times.push(ms(median(told.ms)));
    }
    return { name: peer.name, version, times };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** All rounds in one process, after one that warms up. */
async function timesOf(
  { provider, rounds }: Bench,
  peer: Peer,
  { cwd, file, latencyMs }: { cwd: string; file: string; latencyMs: number },
): Promise<{ version: string; ms: number[] }> {
  const plans = Array.from({ length: rounds + 1 }, () => newPlan(peer.job, SUB_CALLS, latencyMs));
  const models = plans.map(modelOf);
  const script = fileURLToPath(new URL(`./peers/${peer.file}`, import.meta.url));
  const { stdout } = await run(peer.command, [script, provider.url, file, ...models], { cwd, timeout: 120_000 });
  for (const plan of plans) await provider.facts(plan.run);
  const told = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { version: string; ms: number[] };
  return { version: told.version, ms: told.ms.slice(1) };
}
