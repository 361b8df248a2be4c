/** Runs that wait for a person, with their open gates. */
import type { Client } from '@temporalio/client';
import { WATCH } from '../protocol/limits.ts';
import type { GateView, RunSummary } from '../protocol/view.ts';
import { listRuns } from './list-runs.ts';
import { readRun } from './view/read.ts';

export interface WaitingRun extends RunSummary {
  /** Those that are open. */
  gates: GateView[];
}

/** Newest first. A run that was answered between listing and reading is left out. */
export async function waitingRuns(client: Client, limit: number): Promise<WaitingRun[]> {
  const listed = (await listRuns(client, { limit, waiting: true })).filter(({ waiting }) => waiting);
  const found: WaitingRun[] = [];
  for (let at = 0; at < listed.length; at += WATCH.children) {
    const views = listed.slice(at, at + WATCH.children).map(async (summary) => {
      const { gates } = await readRun(client, summary.run);
      return { ...summary, gates: gates.filter(({ state }) => state === 'open') };
    });
    found.push(...(await Promise.all(views)));
  }
  return found.filter(({ gates }) => gates.length > 0);
}
