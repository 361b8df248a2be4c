import type { RunSummary } from '../../protocol/view.ts';
import { duration } from './format.ts';
import { safeLine } from './sanitize.ts';
import { painter, paintStatus, statusText } from './style.ts';
import { fit, pad, widthOf } from './width.ts';

export interface Column {
  title: string;
  /** Gives way when the terminal is narrow, the widest such column first. */
  flexible?: boolean;
  side?: 'left' | 'right';
}

const GAP = '  ';
const NARROWEST = 8;

/** Plain columns: a header and rows of text, none wider than `width`. Cells are cleaned of control characters. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string[] {
  const cells = [columns.map((column) => column.title), ...rows.map((row) => row.map(safeLine))];
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => widthOf(row[i] ?? ''))));
  for (let over = total(widths) - width; over > 0; over -= 1) {
    const widest = widestFlexible(columns, widths);
    if (widest === -1) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return cells.map((row) => {
    const line = columns.map(({ side }, i) => pad(row[i] ?? '', widths[i] ?? 0, side ?? 'left')).join(GAP);
    return fit(line.trimEnd(), width);
  });
}

/** The table of `braid list`. */
export function renderList(
  runs: readonly RunSummary[],
  options: { width: number; color: boolean; now: number },
): string[] {
  if (runs.length === 0)
    return ['no runs yet; start one with `braid run script.js` or `braid rlm "question" --context file`'];
  const paint = painter(options.color);
  const columns: Column[] = [
    // Never cut: it is what one copies.
    { title: 'RUN' },
    { title: 'NAME', flexible: true },
    { title: 'STATUS' },
    { title: 'TIME', side: 'right' },
    { title: 'STARTED', side: 'right' },
    { title: 'KIND' },
  ];
  const lines = table(
    columns,
    runs.map((run) => listRow(run, options.now)),
    options.width,
  );
  // A status is painted after its column was measured.
  const painted = lines.slice(1).map((line, i) => {
    const run = runs[i];
    if (run === undefined) return line;
    const word = run.waiting ? paint('magenta', 'waiting') : paintStatus(run.status, paint);
    return line.replace(`${GAP}${standing(run)}`, `${GAP}${word}`);
  });
  return [paint('dim', lines[0] ?? ''), ...painted];
}

/** A run that waits for a person is told so, whatever else it does. */
function standing({ status, waiting }: RunSummary): string {
  return waiting ? 'waiting' : statusText(status);
}

function listRow(summary: RunSummary, now: number): string[] {
  const { run, kind, name, startedAt, endedAt } = summary;
  const time = startedAt === null ? '' : duration((endedAt ?? now) - startedAt);
  return [
    run,
    name,
    standing(summary),
    time,
    startedAt === null ? '' : `${duration(now - startedAt).split(' ')[0]} ago`,
    kind,
  ];
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1));
}

function widestFlexible(columns: readonly Column[], widths: readonly number[]): number {
  let widest = -1;
  columns.forEach(({ flexible }, i) => {
    const width = widths[i] ?? 0;
    if (flexible === true && width > NARROWEST && width > (widths[widest] ?? 0)) widest = i;
  });
  return widest;
}
