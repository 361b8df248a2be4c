/** The calls that a script would make, by the places where they stand. */
import type { AnyNode } from 'acorn';
import { placeOf } from '../../protocol/code-frame.ts';
import type { Factor, Frame } from './frame.ts';

type SiteKind = 'agent' | 'rlm' | 'workflow' | 'call' | 'gate' | 'parallel' | 'pipeline';

/** How often: the sum of `times` × each of `of`, which nobody knows before the run. */
export interface Amount {
  times: number;
  of: string[];
}

export interface Site {
  id: number;
  kind: SiteKind;
  line: number;
  column: number;
  /** The `parallel` or `pipeline` in which it stands. */
  group: number | null;
  phase: string | null;
  /** With `…` for what is not known; null without one. Of a `workflow` or `call` its name. */
  label: string | null;
  /** As the script names it; null: that of the definition or of the run. */
  model: string | null;
  agentType: string | null;
  /** Null: those of the definition, or all. */
  tools: string[] | null;
  schema: boolean;
  /** Of one response; null: the default. */
  maxOutputTokens: number | null;
  /** Characters of the prompt without what is not known. */
  promptChars: number;
  /** Calls of a node below it at most: from its own budget. */
  innerCalls: number | null;
  /** Of `parallel` and `pipeline`: items at most, and stages. */
  items: number | null;
  stages: number;
  amounts: Amount[];
  /** False: it may be called less often. */
  exact: boolean;
}

export type Details = Partial<Omit<Site, 'id' | 'kind' | 'line' | 'column' | 'group' | 'phase' | 'amounts' | 'exact'>>;

export class Book {
  readonly sites = new Map<string, Site>();
  readonly phases: (string | null)[] = [];
  readonly warnings = new Set<string>();
  /** Starts of call expressions that were walked, and ranges that will not be. */
  readonly visited = new Set<number>();
  readonly skipped: { start: number; end: number }[] = [];
  private readonly source: string;

  constructor(source: string) {
    this.source = source;
  }

  add(
    at: AnyNode,
    kind: SiteKind,
    phase: string | null,
    { factor, group }: Omit<Frame, 'sure'>,
    details: Details,
  ): Site {
    if (!this.phases.includes(phase)) this.phases.push(phase);
    this.visited.add(at.start);
    const key = `${at.start} ${kind} ${phase ?? ''}`;
    const site = this.sites.get(key) ?? this.open(at, kind, phase, group, details);
    if (!this.sites.has(key)) this.sites.set(key, site);
    else merge(site, details);
    count(site, factor);
    return site;
  }

  /** A place as people know it. */
  lineOf(at: AnyNode): number {
    return placeOf(this.source, at.start).line;
  }

  private open(at: AnyNode, kind: SiteKind, phase: string | null, group: number | null, details: Details): Site {
    const { line, column } = placeOf(this.source, at.start);
    return {
      ...{ id: this.sites.size, kind, line, column, group, phase, label: null, model: null, agentType: null },
      ...{ tools: null, schema: false, maxOutputTokens: null, promptChars: 0, innerCalls: null },
      ...{ items: null, stages: 0, amounts: [], exact: true },
      ...details,
    };
  }
}

function count(site: Site, { times, of, exact }: Factor): void {
  const same = site.amounts.find((amount) => amount.of.join('\n') === of.join('\n'));
  if (same === undefined) site.amounts.push({ times, of: [...of] });
  else same.times += times;
  site.exact &&= exact;
}

/** One place with several items: what differs between them is not told, what bounds them is the highest. */
function merge(site: Site, { label, model, items, maxOutputTokens, promptChars }: Details): void {
  if (label !== undefined && label !== site.label) site.label = `${common(site.label ?? '', label ?? '')}…`;
  if (model !== undefined && model !== site.model) site.model = '?';
  if (items !== undefined) site.items = items === null || site.items === null ? null : Math.max(items, site.items);
  if (maxOutputTokens !== undefined && maxOutputTokens !== null)
    site.maxOutputTokens = Math.max(maxOutputTokens, site.maxOutputTokens ?? 0);
  site.promptChars = Math.max(site.promptChars, promptChars ?? 0);
}

function common(a: string, b: string): string {
  let at = 0;
  while (at < Math.min(a.length, b.length) && a[at] === b[at] && a[at] !== '…') at += 1;
  return a.slice(0, at);
}
