/**
 * What became of a disturbed run, compared with its undisturbed twin. Pure.
 *
 *  J1  Lost: it did not end, or a call of it gave no value.
 *  J2  Wrong: it ended with another value, other counts, or other requests than its twin.
 *  J3  A repeat is a request beyond those that the twin made with the same body. A fault excuses one repeat of each request that was
 *      under way when it struck, and the provider's own failure one of the request that it failed; no other repeat is excused.
 */
import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../protocol/json.ts';
import type { RunResult } from '../protocol/outcome.ts';
import type { FaultKind } from './kinds.ts';

/** A request as the provider counted it. */
export interface Counted {
  key: string;
  at: number;
  /** First words of it, for people. */
  prompt: string;
  /** The whole of it, for whoever looks into a failure. */
  body: JsonObject;
}

/** One repeat of `key` that a fault excuses. */
export interface Excuse {
  key: string;
  kind: FaultKind;
}

export interface Struck {
  kind: FaultKind;
  /** ms since 1970. */
  at: number;
}

export interface Ran {
  /** Null: it did not end in time. */
  result: RunResult | null;
  requests: readonly Counted[];
}

export interface Verdict {
  lost: string[];
  wrong: string[];
  /** Excused repeats. */
  inFlight: FaultKind[];
  beyond: Beyond[];
}

export interface Beyond {
  /** The last fault before it; null: there was none. */
  after: FaultKind | null;
  prompt: string;
}

export function judge(
  twin: Ran,
  run: Ran,
  { excuses, faults }: { excuses: readonly Excuse[]; faults: readonly Struck[] },
): Verdict {
  const verdict: Verdict = { lost: lossesOf(twin, run), wrong: differencesOf(twin, run), inFlight: [], beyond: [] };
  const allowed = countsOf(twin.requests);
  const left = [...excuses];
  for (const { key, at, prompt } of run.requests) {
    const count = allowed.get(key) ?? 0;
    allowed.set(key, count - 1);
    // A request that the twin never made is wrong, not repeated.
    if (count > 0 || !twin.requests.some((request) => request.key === key)) continue;
    const excuse = left.findIndex((each) => each.key === key);
    const [taken] = excuse < 0 ? [] : left.splice(excuse, 1);
    if (taken === undefined)
      verdict.beyond.push({ after: faults.findLast((fault) => fault.at <= at)?.kind ?? null, prompt });
    else verdict.inFlight.push(taken.kind);
  }
  return verdict;
}

/** J1. */
function lossesOf(twin: Ran, { result }: Ran): string[] {
  if (result === null) return ['it did not end in time'];
  const problems: string[] = [];
  const { status, usage, error, outcomes, partial } = result;
  if (status !== twin.result?.status)
    problems.push(`it ended as ${status}: ${error?.code ?? 'no error'} ${error?.message ?? ''}`);
  if (typeof partial === 'string') problems.push(`its answer is partial: ${partial}`);
  if (usage.failed + usage.refused > 0) problems.push(`${usage.failed} calls failed, ${usage.refused} were refused`);
  for (const { label, code, message } of outcomes) problems.push(`${label}: ${code} ${message}`);
  return problems;
}

/** J2. */
function differencesOf(twin: Ran, { result, requests }: Ran): string[] {
  if (result === null || twin.result === null) return [];
  const problems: string[] = [];
  if (!isDeepStrictEqual(result.value, twin.result.value)) {
    problems.push(`its value is ${short(result.value)} instead of ${short(twin.result.value)}`);
  }
  const { calls, replayed, requests: counted } = result.usage;
  if (calls !== twin.result.usage.calls)
    problems.push(`it counts ${calls} calls instead of ${twin.result.usage.calls}`);
  if (replayed !== 0) problems.push(`it counts ${replayed} replayed calls`);
  if (counted < twin.result.usage.requests) {
    problems.push(`it counts ${counted} requests, its twin ${twin.result.usage.requests}`);
  }
  const made = countsOf(requests);
  const wanted = countsOf(twin.requests);
  for (const [key, count] of wanted) {
    if ((made.get(key) ?? 0) < count) problems.push(`it never asked ${promptOf(twin.requests, key)}`);
  }
  for (const key of made.keys()) if (!wanted.has(key)) problems.push(`its twin never asked ${promptOf(requests, key)}`);
  return problems;
}

function countsOf(requests: readonly Counted[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { key } of requests) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

function promptOf(requests: readonly Counted[], key: string): string {
  return requests.find((request) => request.key === key)?.prompt ?? key;
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length <= 300 ? text : `${text.slice(0, 300)}… (${text.length} characters)`;
}
