/**
 * Calls and costs of a script with all that it calls.
 *
 *  T1  Numbers are upper bounds of what is known; what is not known is named, and never counts as nothing.
 *  T2  A call costs all the requests that it may make, each with all of its output, at the highest list price.
 */
import { LIMITS, PLAN, RLM } from '../../protocol/limits.ts';
import { CALL_TOOLS } from '../../protocol/tool-names.ts';
import { outlineOf, type Outline, type Site } from '../../sandbox/plan/index.ts';
import { highestPrice } from '../../store/list-prices.ts';
import { definitionOf, plannedOf, type EstimateOptions } from './planned-call.ts';

export interface Total {
  calls: number;
  exact: boolean;
  /** What more calls hang on. */
  open: string[];
  usd: number;
  /** Of any one call, in USD. */
  dearest: number;
  /** Models without a known price. */
  unpriced: string[];
}

export function totalOf(sites: readonly Site[], options: EstimateOptions, depth = 0): Total {
  const total = nothing();
  for (const site of sites) {
    if (!isCall(site)) continue;
    const own = ownOf(site, sites, options);
    const inner = innerOf(site, sites, options, depth);
    for (const { times, of } of site.amounts) {
      if (of.length > 0) total.open.push(...of);
      total.calls += of.length > 0 ? 0 : times * (own.calls + inner.calls);
      total.usd += of.length > 0 ? 0 : times * (own.usd + inner.usd);
    }
    total.open.push(...inner.open);
    total.unpriced.push(...own.unpriced, ...inner.unpriced);
    total.dearest = Math.max(total.dearest, own.usd, inner.dearest);
    total.exact &&= site.exact && inner.exact;
  }
  return total;
}

/** A function of the configuration is no call of a model, so it is not counted. */
export function isCall({ kind, label }: Pick<Site, 'kind' | 'label'>): boolean {
  if (kind === 'call') return label?.startsWith('tool:') !== true;
  return kind === 'agent' || kind === 'rlm' || kind === 'workflow';
}

function nothing(): Total {
  return { calls: 0, exact: true, open: [], usd: 0, dearest: 0, unpriced: [] };
}

/** Whether a model answers it: a workflow costs what its calls cost. */
function asksModel(site: Site, options: EstimateOptions): boolean {
  if (site.kind === 'call') return site.label?.startsWith('agent:') === true || definitionOf(site, options) !== null;
  return site.kind !== 'workflow';
}

function ownOf(site: Site, sites: readonly Site[], options: EstimateOptions): Total {
  if (!asksModel(site, options)) return { ...nothing(), calls: 1 };
  const { model, tools } = plannedOf(site, sites, options);
  const turns = site.kind === 'rlm' ? RLM.iterations : tools?.length === 0 ? 1 : LIMITS.agentSteps;
  return { ...priced(model, turns, site.maxOutputTokens), calls: 1 };
}

function priced(model: string | null, turns: number, maxOutputTokens: number | null): Total {
  const price = model === null || /[?…]/.test(model) ? null : highestPrice(model);
  if (price === null) return { ...nothing(), unpriced: [model ?? "the run's model"] };
  const output = (maxOutputTokens ?? LIMITS.maxOutputTokens) * price.outputPerMTok;
  const usd = (turns * (output + PLAN.inputTokens * price.inputPerMTok)) / 1e6;
  return { ...nothing(), usd, dearest: usd };
}

/** What a call calls itself. */
function innerOf(site: Site, sites: readonly Site[], options: EstimateOptions, depth: number): Total {
  const { kind, label, line, innerCalls } = site;
  const { tools, model } = plannedOf(site, sites, options);
  if (asksModel(site, options)) {
    const asks = kind === 'rlm' || tools === null || CALL_TOOLS.some((tool) => tools.includes(tool));
    if (!asks) return nothing();
    return anybody(kind === 'rlm' ? 'recursive model' : 'agent', line, innerCalls, model);
  }
  const name = label?.replace(/^workflow:/, '') ?? '…';
  const source = depth < PLAN.nested ? options.saved(name) : null;
  const inner = source === null ? null : outlineIfValid(source, name);
  if (inner !== null) return totalOf(inner.sites, options, depth + 1);
  return {
    ...priced(options.model, LIMITS.agentSteps, null),
    usd: 0,
    exact: false,
    open: [`calls of ${kind} ${JSON.stringify(name)}`],
  };
}

/** What a model asks of others is its own choice, but for a budget. */
function anybody(who: string, line: number, calls: number | null, model: string | null): Total {
  const one = priced(model, LIMITS.agentSteps, null);
  if (calls !== null) return { ...one, calls, exact: false, usd: one.usd * calls };
  return { ...one, usd: 0, exact: false, open: [`sub-calls of the ${who} of line ${line}`] };
}

/** The args of a call are computed more often than not. */
function outlineIfValid(source: string, file: string): Outline | null {
  try {
    return outlineOf(source, { file, args: undefined, unknownArgs: true, maxOutputTokens: null });
  } catch {
    return null;
  }
}
