/** Runs side by side: each lane has a world, and takes the next seed when it is done with one. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { diceOf } from './seeded.ts';
import { isClean, type Tally } from './tally.ts';
import type { Campaign } from './campaign.ts';
import { commandFor, type FaultsOptions } from './options.ts';
import { judge, type Ran, type Verdict } from './judge.ts';
import { planRun } from './plan.ts';
import { runOnce, type Report } from './run.ts';
import type { World } from './world.ts';
import type { Workload } from './workloads/workload.ts';

export interface Course {
  options: FaultsOptions;
  workloads: readonly Workload[];
  /** By workload. */
  twins: ReadonlyMap<string, Ran>;
  bundleFile: string;
  tally: Tally;
  campaign: Campaign;
  say: (line: string) => void;
}

export interface Finished {
  /** A text for each failed run. */
  failures: string[];
  lastSeed: number;
}

/** Characters of a problem that are shown; the file has all of it. */
const SHOWN = 400;

/** Goes on until enough faults have struck, those of the campaign before included, or the time is over. */
export async function runLanes(worlds: readonly World[], course: Course): Promise<Finished> {
  const { options, workloads, tally, campaign, say } = course;
  const began = Date.now();
  const failures: string[] = [];
  let begun = 0;
  for (const { workload, requests, kinds, verdict, failure, seed } of campaign.before) {
    tally.add(workload, requests, kinds, verdict);
    if (failure !== null) failures.push(failure);
    begun = Math.max(begun, seed - options.seed + 1);
  }
  const isLate = (): boolean => options.minutes !== null && Date.now() - began > options.minutes * 60_000;
  const lane = async (world: World): Promise<void> => {
    while (tally.totals.faults < options.faults && !isLate()) {
      const seed = options.seed + begun;
      const workload = workloads[begun % workloads.length];
      if (workload === undefined) throw new RangeError('there is no workload');
      begun += 1;
      const { report, verdict } = await disturbedRun(world, workload, seed, course);
      const kinds = report.strikes.map(({ kind }) => kind);
      const told = { workload: workload.name, seed, report, verdict };
      const failure = isClean(verdict) ? null : failureOf(told);
      const requests = report.requests.length;
      tally.add(workload.name, requests, kinds, verdict);
      campaign.add({ workload: workload.name, seed, requests, kinds, verdict, ms: report.ms, failure });
      say(lineOf({ ...told, faults: tally.totals.faults }));
      if (failure === null) continue;
      failures.push(failure);
      say(`FAILED ${failure}\n  what it asked: ${keep(world, report, course.twins.get(workload.name))}`);
    }
  };
  await Promise.all(worlds.map(lane));
  return { failures, lastSeed: options.seed + begun - 1 };
}

/** Runs each workload twice without a fault: the first is its twin, and what the second differs in would be the harness's own fault. */
export async function runTwins(
  world: World,
  workload: Workload,
  bundleFile: string,
): Promise<{ twin: Ran; verdict: Verdict }> {
  const alone = { workload, plan: [], bundleFile };
  const twin = await runOnce(world, { ...alone, seed: 1 });
  const again = await runOnce(world, { ...alone, seed: diceOf(workload.name).between(2, 1_000_000) });
  const verdict = judge(twin, again, { excuses: [], faults: [] });
  verdict.wrong.push(...twin.problems, ...again.problems);
  if (twin.result?.status !== 'completed')
    verdict.lost.push(`the undisturbed run ended as ${twin.result?.status ?? 'nothing'}`);
  return { twin, verdict };
}

async function disturbedRun(
  world: World,
  workload: Workload,
  seed: number,
  { twins, bundleFile }: Course,
): Promise<{ report: Report; verdict: Verdict }> {
  const twin = twins.get(workload.name);
  if (twin === undefined) throw new RangeError(`${workload.name} has no twin`);
  const requests = new Set(twin.requests.map(({ key }) => key)).size;
  const plan = planRun({ seed, workload: workload.name, requests, without: workload.without ?? [] });
  const report = await runOnce(world, { workload, seed, plan, bundleFile });
  const verdict = judge(twin, report, { excuses: report.excuses, faults: report.strikes });
  verdict.wrong.push(...report.problems);
  return { report, verdict };
}

/** Everything that a failed run and its twin were asked and gave, in a file; the world's folder stays as well. */
function keep({ folder }: World, report: Report, twin: Ran | undefined): string {
  const file = path.join(folder, `${report.run}.json`);
  writeFileSync(file, JSON.stringify({ report, twin }, null, 1));
  return file;
}

interface Told {
  workload: string;
  seed: number;
  report: Report;
  verdict: Verdict;
}

function lineOf({ workload, seed, report, verdict, faults }: Told & { faults: number }): string {
  const { strikes, ms } = report;
  const how = isClean(verdict) ? 'right' : 'FAILED';
  const repeats = verdict.inFlight.length === 0 ? '' : `, ${verdict.inFlight.length} repeats in flight`;
  const kinds = strikes.map(({ kind }) => kind).join(', ');
  const counted = report.result?.usage.requests ?? 0;
  const requests = `${report.requests.length} requests, counted as ${counted}`;
  return `${String(faults).padStart(4)} faults  ${workload} seed ${seed}: ${(ms / 1000).toFixed(1)} s, ${how}, ${requests}${repeats} (${kinds})`;
}

function failureOf({ workload, seed, report: { run, strikes, requests }, verdict }: Told): string {
  const { lost, wrong, beyond } = verdict;
  const began = requests[0]?.at ?? 0;
  const parts = [
    ...strikes.map(({ at, what }) => `fault at ${at - began} ms: ${what}`),
    ...lost.map((text) => `lost: ${text}`),
    ...wrong.map((text) => `wrong: ${text.slice(0, SHOWN)}`),
    ...beyond.map(({ after, prompt }) => `repeated beyond in flight, after ${after ?? 'no fault'}: ${prompt}`),
    `again: ${commandFor(workload, seed)}`,
  ];
  return [`${workload} seed ${seed} (${run})`, ...parts].join('\n  ');
}
