/** Code of past runs, grouped by its shape: what recurs is worth a name. */
import type { Spend } from '../../protocol/outcome.ts';
import type { Shape } from './shape.ts';

/** A script that ran, or a cell of a recursive language model. */
export interface CodeUse {
  run: string;
  kind: 'script' | 'cell';
  /** Of the run, for people: the script's name, or the question. */
  name: string;
  code: string;
  shape: Shape;
  /** It came to an end without an error. */
  ok: boolean;
  calls: number;
  usage: Spend;
  endedAt: number;
}

export interface CodeGroup {
  kind: CodeUse['kind'];
  shape: string;
  /** Uses, and the runs that they stand in. */
  count: number;
  runs: number;
  /** Share of uses that ended well, 0 to 1. */
  success: number;
  /** Medians over all uses; `usd` is null when a price is unknown. */
  median: { calls: number; tokens: number; usd: number | null };
  /** First lines of the newest use that ended well. */
  example: string;
  /** The run that it stands in. */
  run: string;
  /** A proposal that nothing else bears. */
  name: string;
  /** Keeps that run as a workflow. */
  save: string;
}

/** Cells below this size that ask nobody are lines, not programs: everybody looks at a context's length. */
const SMALLEST = 20;
const ASKS = /^(agent|agentResult|call|workflow|rlm|(llm|rlm)_query(_batched)?)$/;
const EXAMPLE_LINES = 6;

/** Groups of at least `min` uses in as many runs, the most frequent first. `taken`: names of saved workflows. */
export function groupCode(
  uses: readonly CodeUse[],
  { min, taken }: { min: number; taken: readonly string[] },
): CodeGroup[] {
  const groups = new Map<string, CodeUse[]>();
  for (const use of uses) {
    if (use.kind === 'cell' && use.shape.size < SMALLEST && !use.shape.verbs.some((verb) => ASKS.test(verb))) continue;
    const key = `${use.kind} ${use.shape.hash}`;
    groups.set(key, [...(groups.get(key) ?? []), use]);
  }
  const names = new Set(taken);
  return [...groups.values()]
    .filter((group) => runsOf(group) >= min)
    .toSorted((a, b) => b.length - a.length || (b[0]?.endedAt ?? 0) - (a[0]?.endedAt ?? 0))
    .map((group) => groupOf(group, names));
}

function groupOf(uses: CodeUse[], names: Set<string>): CodeGroup {
  const good = uses.filter(({ ok }) => ok);
  const shown = newest(good.length > 0 ? good : uses);
  const name = freeName(nameFor(uses, shown), names);
  names.add(name);
  return {
    kind: shown.kind,
    shape: shown.shape.hash,
    count: uses.length,
    runs: runsOf(uses),
    success: good.length / uses.length,
    median: {
      calls: median(uses.map(({ calls }) => calls)) ?? 0,
      tokens: median(uses.map(({ usage }) => usage.inputTokens + usage.outputTokens)) ?? 0,
      usd: uses.some(({ usage }) => usage.usd === null) ? null : median(uses.map(({ usage }) => usage.usd ?? 0)),
    },
    example: exampleOf(shown.code),
    run: shown.run,
    name,
    save: `braid save ${shown.run} --as ${name}`,
  };
}

/** A script's own name, when most of its uses bear it; else what the code does. */
function nameFor(uses: readonly CodeUse[], shown: CodeUse): string {
  if (shown.kind === 'script') {
    const same = uses.filter(({ name }) => name === shown.name).length;
    if (same * 2 >= uses.length) return slug(shown.name);
  }
  const { verbs } = shown.shape;
  const telling = verbs.filter((verb) => !BUILT_IN.has(verb));
  return slug((telling.length > 0 ? telling : verbs).slice(0, 3).join('-'));
}

/** What every program does to lists and texts tells nothing of this one. */
const BUILT_IN: ReadonlySet<string> = new Set(
  [
    Array,
    Array.prototype,
    String.prototype,
    RegExp.prototype,
    Object,
    Number,
    Number.prototype,
    JSON,
    Math,
    Map.prototype,
  ].flatMap((one) => Object.getOwnPropertyNames(one)),
);

/** Without the comments before it. */
function exampleOf(code: string): string {
  const lines = code.trim().split('\n');
  const from = lines.findIndex((line) => !/^\s*(\/\/|$)/.test(line));
  return lines.slice(Math.max(0, from), Math.max(0, from) + EXAMPLE_LINES).join('\n');
}

function slug(text: string): string {
  const words = text
    .replace(/([a-z])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  return words === '' ? 'code' : words;
}

function freeName(wanted: string, names: ReadonlySet<string>): string {
  if (!names.has(wanted)) return wanted;
  for (let n = 2; ; n += 1) if (!names.has(`${wanted}-${n}`)) return `${wanted}-${n}`;
}

function newest(uses: readonly CodeUse[]): CodeUse {
  const [first, ...others] = uses;
  if (first === undefined) throw new RangeError('a group has a use');
  return others.reduce((best, use) => (use.endedAt > best.endedAt ? use : best), first);
}

function runsOf(uses: readonly CodeUse[]): number {
  return new Set(uses.map(({ run }) => run)).size;
}

function median(numbers: readonly number[]): number | null {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[middle - 1], sorted[middle]];
  if (high === undefined) return null;
  return sorted.length % 2 === 1 || low === undefined ? high : (low + high) / 2;
}
