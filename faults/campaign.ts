/**
 * Runs of several commands as one campaign: one JSON line a run, written when it is judged, so that a long campaign can be stopped at any
 * moment and goes on with the next seed.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { isJsonObject, type Json } from '../protocol/json.ts';
import type { Verdict } from './judge.ts';
import { ALL_KINDS, type FaultKind } from './kinds.ts';

export interface CampaignRun {
  workload: string;
  seed: number;
  requests: number;
  kinds: FaultKind[];
  verdict: Verdict;
  ms: number;
  /** Of a failed run: what happened, and the command that does it again. */
  failure: string | null;
}

export interface Campaign {
  /** Of earlier commands. */
  before: CampaignRun[];
  add(run: CampaignRun): void;
}

/** `file` null: nothing is read or kept. Throws RangeError for a file that is no campaign. */
export function openCampaign(file: string | null): Campaign {
  if (file === null) return { before: [], add: () => undefined };
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  return {
    before: lines.filter((line) => line !== '').map((line, at) => parseRun(line, `${file}:${at + 1}`)),
    add: (run) => appendFileSync(file, `${JSON.stringify(run)}\n`),
  };
}

function parseRun(line: string, where: string): CampaignRun {
  const run = JSON.parse(line) as Json;
  if (!isJsonObject(run) || !isJsonObject(run['verdict']) || !Array.isArray(run['kinds'])) throw strange(where);
  if (typeof run['seed'] !== 'number' || typeof run['workload'] !== 'string') throw strange(where);
  if (!run['kinds'].every((kind) => ALL_KINDS.some((known) => known === kind))) throw strange(where);
  return run as unknown as CampaignRun;
}

function strange(where: string): RangeError {
  return new RangeError(`--campaign: ${where} is no run of a campaign`);
}
