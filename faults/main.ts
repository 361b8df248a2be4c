/**
 * `npm run faults`: runs that are hit while they run, compared with twins that are not. Prints a line a run and a table at the end,
 * writes docs/reliability.md with --write, and ends with 1 when a result was lost or wrong or a call was repeated that was not in
 * flight. Options: options.ts.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { machineFacts, type MachineFacts } from '../bench/machine.ts';
import { findServerBinary } from '../server/binary.ts';
import { installRuntime } from '../worker/runtime.ts';
import { bundleWithShortTimeouts } from './bundle.ts';
import { openCampaign } from './campaign.ts';
import type { Ran } from './judge.ts';
import { runLanes, runTwins } from './lanes.ts';
import { optionsOf, type FaultsOptions } from './options.ts';
import { pageOf } from './page.ts';
import { faultTable, workloadTable } from './table.ts';
import { isClean, Tally } from './tally.ts';
import { openWorld, type World } from './world.ts';
import { WORKLOADS } from './workloads/index.ts';
import type { Workload } from './workloads/workload.ts';

async function main(): Promise<void> {
  const options = optionsOf(
    process.argv.slice(2),
    WORKLOADS.map(({ name }) => name),
  );
  installRuntime();
  const folder = mkdtempSync(path.join(tmpdir(), 'braid-faults-bundle-'));
  const bundleFile = path.join(folder, 'bundle.js');
  writeFileSync(bundleFile, await bundleWithShortTimeouts());
  const binary = await findServerBinary({ env: process.env, progress: say });
  const worlds = await Promise.all(Array.from({ length: options.worlds }, () => openWorld({ binary, bundleFile })));
  let failed = true;
  try {
    failed = await runAll(options, worlds, bundleFile);
    if (failed) process.exitCode = 1;
  } finally {
    await Promise.all(worlds.map((world) => world.close({ keep: failed })));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether anything failed. */
async function runAll(options: FaultsOptions, worlds: readonly World[], bundleFile: string): Promise<boolean> {
  const began = Date.now();
  const workloads = WORKLOADS.filter(({ name }) => options.workloads.includes(name));
  const [first] = worlds;
  if (first === undefined) throw new RangeError('there is no world');
  const machine: MachineFacts = await machineFacts(first.client);
  const twins = await allTwins(worlds, workloads, bundleFile);
  const tally = new Tally();
  const campaign = openCampaign(options.campaign);
  const course = { options, workloads, twins, bundleFile, tally, campaign, say };
  const { failures, lastSeed } = await runLanes(worlds, course);
  process.stdout.write(`\n${faultTable(tally)}\n\n${workloadTable(tally)}\n`);
  const earlier = campaign.before.reduce((sum, { ms }) => sum + ms, 0) / worlds.length;
  const minutes = (Date.now() - began + earlier) / 60_000;
  if (options.write) {
    const page = pageOf(tally, workloads, { machine, options, minutes, failures, lastSeed });
    writeFileSync(new URL('../docs/reliability.md', import.meta.url), page);
  }
  const { faults, runs } = tally.totals;
  say(`${faults} faults in ${runs} runs, ${minutes.toFixed(1)} minutes, ${failures.length} runs failed.`);
  return failures.length > 0;
}

async function allTwins(
  worlds: readonly World[],
  workloads: readonly Workload[],
  bundleFile: string,
): Promise<Map<string, Ran>> {
  const twins = new Map<string, Ran>();
  const left = [...workloads];
  const lane = async (world: World): Promise<void> => {
    for (let workload = left.shift(); workload !== undefined; workload = left.shift()) {
      const { twin, verdict } = await runTwins(world, workload, bundleFile);
      const calls = twin.result?.usage.calls ?? 0;
      if (!isClean(verdict))
        throw new Error(`${workload.name} differs from itself undisturbed: ${JSON.stringify(verdict)}`);
      say(`undisturbed twice: ${workload.name}, ${calls} calls, ${twin.requests.length} requests`);
      twins.set(workload.name, twin);
    }
  };
  await Promise.all(worlds.map(lane));
  return twins;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();
