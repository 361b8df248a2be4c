/** What a script would do and cost at most, from its outline, the models of the run and the price list. */
import { PLAN } from '../../protocol/limits.ts';
import type { RunLimits } from '../../protocol/run-input.ts';
import { outlineOf, type Site } from '../../sandbox/plan/index.ts';
import { plannedOf, type EstimateOptions, type PlannedCall } from './planned-call.ts';
import { isCall, totalOf, type Total } from './totals.ts';

export interface Estimate {
  name: string;
  description: string | null;
  phases: { title: string | null; calls: PlannedCall[] }[];
  calls: {
    /** Of what is known: so many at most. */
    known: number;
    exact: boolean;
    /** What more of them hangs on; empty: `known` is a bound. */
    open: string[];
    /** Known, or what --max-calls lets through. */
    atMost: number;
    maxCalls: number;
  };
  /** In US dollars. */
  usd: {
    /** Null: a price is not known. */
    atMost: number | null;
    /** Of the calls that are known. */
    known: number | null;
    /** True: --max-usd is the bound. */
    capped: boolean;
    /** Models without a known price. */
    unknown: string[];
    /** Input tokens of a request that were assumed. */
    inputTokens: number;
  };
  /** The models that it names or would use. */
  models: string[];
  warnings: string[];
  source: string;
}

/** Errors: those of checkScript. */
export function estimateOf(source: string, options: EstimateOptions): Estimate {
  const { file, args, limits } = options;
  const outline = outlineOf(source, { file, args, maxOutputTokens: limits.maxOutputTokens });
  const sites = outline.sites.filter(({ amounts }) => amounts.some(({ times }) => times > 0));
  const planned = sites.map((site) => ({ site, call: plannedOf(site, sites, options) }));
  const total = totalOf(sites, options);
  const { name, meta, phases, warnings } = outline;
  return {
    name,
    description: typeof meta?.['description'] === 'string' ? meta['description'] : null,
    phases: phases
      .map((title) => ({
        title,
        calls: planned.filter(({ site }) => phaseOf(site, sites) === title).map(({ call }) => call),
      }))
      .filter(({ calls }) => calls.length > 0),
    calls: callsOf(total, limits),
    usd: usdOf(total, limits),
    models: [
      ...new Set(planned.flatMap(({ site, call }) => (isCall(site) && call.model !== null ? [call.model] : []))),
    ],
    warnings: [...warnings, ...warningsOf(total.calls, limits)],
    source,
  };
}

/** A `parallel` or `pipeline` is shown where the first of its calls is. */
function phaseOf(site: Site, all: readonly Site[]): string | null {
  if (site.kind !== 'parallel' && site.kind !== 'pipeline') return site.phase;
  const first = all.find(({ group, id }) => group === site.id && id !== site.id);
  return first === undefined ? site.phase : phaseOf(first, all);
}

function callsOf({ calls, exact, open }: Total, { maxCalls }: RunLimits): Estimate['calls'] {
  const bounded = open.length === 0;
  const atMost = bounded ? Math.min(calls, maxCalls) : maxCalls;
  return { known: calls, exact: exact && bounded, open: [...new Set(open)], atMost, maxCalls };
}

function usdOf({ usd, dearest, open, unpriced }: Total, { maxCalls, maxUsd }: RunLimits): Estimate['usd'] {
  const unknown = [...new Set(unpriced)];
  // Where nobody knows how often what is called, all that the limit lets through may be of the dearest kind.
  const sum = open.length > 0 ? Math.max(usd, dearest * maxCalls) : usd;
  const capped = maxUsd !== null && (unknown.length > 0 || sum > maxUsd);
  const bound = unknown.length > 0 ? null : sum;
  const known = unknown.length > 0 ? null : usd;
  return { atMost: capped ? maxUsd : bound, known, capped, unknown, inputTokens: PLAN.inputTokens };
}

function warningsOf(known: number, { maxCalls }: RunLimits): string[] {
  if (known <= maxCalls) return [];
  return [`It would make ${known.toLocaleString('en')} calls; --max-calls is ${maxCalls.toLocaleString('en')}.`];
}
