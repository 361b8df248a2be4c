/** One run of a comparison in a column: its tree, and what happened when. */
import { COMPARE } from '../../protocol/limits.ts';
import { safeLine } from '../render/sanitize.ts';
import { glyph, painter } from '../render/style.ts';
import { fit, pad, widthOf } from '../render/width.ts';
import type { ComparedRun, Step } from './comparison.ts';

/** Lines, or lines for a number of columns. */
type Column = readonly string[] | ((columns: number) => readonly string[]);

const GAP = '   ';
/** Below this width columns would tell too little: they stand one below the other. */
const BESIDE = 90;

/** Two columns beside each other; on a narrow terminal one below the other. `width` includes what a section is indented by. */
export function beside(left: Column, right: Column, width: number): string[] {
  const room = Math.max(20, width - 2);
  const narrow = room < BESIDE;
  const columns = narrow ? room : Math.floor((room - GAP.length) / 2);
  const [a, b] = [left, right].map((column) => (typeof column === 'function' ? column(columns) : column));
  const [ours, theirs] = [a ?? [], b ?? []];
  if (narrow) return [...ours, '', ...theirs].map((line) => fit(line, columns));
  return Array.from({ length: Math.max(ours.length, theirs.length) }, (_, i) =>
    `${pad(ours[i] ?? '', columns)}${GAP}${fit(theirs[i] ?? '', columns)}`.trimEnd(),
  );
}

export function treeLines({ tree, run }: ComparedRun): string[] {
  const paint = painter(false);
  const lines = tree.map(({ address, kind, label, depth, state }) => {
    const name = depth === 0 ? kind : label === address ? address : `${address} ${safeLine(label)}`;
    return `${'  '.repeat(depth)}${glyph(state, paint)} ${name}`;
  });
  return cut(lines, run);
}

/** Columns of the label before a bar. */
const LABEL = 14;

/** What took so long that a run began to work at all, such as a worker that had to start, is not told: see {@link workMs}. */
export function timelineLines(run: ComparedRun, longest: number, columns: number): string[] {
  const { timeline } = run;
  const began = timeline[0]?.from ?? 0;
  const room = Math.max(8, columns - LABEL - 1);
  const rows = timeline.map((step) => `${pad(nameOf(step), LABEL)} ${bar(step, { began, longest, room })}`);
  const scale = `0${timeText(longest).padStart(room - 1)}`;
  return [`${pad(timeText(workMs(run)), LABEL)} ${scale}`, ...cut(rows, run.run)];
}

/** From the first turn or call to the end. */
export function workMs({ ms, timeline }: ComparedRun): number {
  return Math.max(0, (ms ?? 0) - (timeline[0]?.from ?? 0));
}

/** Questions of sub-calls begin alike: where a label does not fit, the address says more. */
function nameOf({ what, label, address }: Step): string {
  const name = safeLine(label);
  return what === 'call' && widthOf(name) > LABEL ? address : name;
}

/** At least one mark, at its place; what has not ended goes on to the end. */
function bar({ from, to }: Step, { began, longest, room }: { began: number; longest: number; room: number }): string {
  const place = (ms: number) => Math.min(room, Math.max(0, Math.round((ms / longest) * room)));
  const start = Math.min(room - 1, place(from - began));
  const end = to === null ? room : place(to - began);
  return `${' '.repeat(start)}${'█'.repeat(Math.max(1, end - start))}`;
}

function cut(lines: readonly string[], run: string): string[] {
  if (lines.length <= COMPARE.rows) return [...lines];
  return [...lines.slice(0, COMPARE.rows - 1), `… ${lines.length - COMPARE.rows + 1} more: braid show ${run}`];
}

/** `340 ms`, `2.4 s`, `3m 05s`: runs of a comparison may be short. */
export function timeText(ms: number | null): string {
  if (ms === null) return '';
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)}m ${String(seconds % 60).padStart(2, '0')}s`;
}
