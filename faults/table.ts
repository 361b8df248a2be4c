/** Tables that line up in a terminal and are Markdown. */
import type { Tally } from './tally.ts';

export function faultTable({ rows, totals }: Tally): string {
  const heads = ['fault', 'struck', 'survived', 'of lost runs', 'of wrong runs', 'repeats in flight', 'repeats beyond'];
  const lines = rows.map((row) => [
    row.kind,
    ...[row.faults, row.survived, row.lost, row.wrong, row.inFlight, row.beyond].map(String),
  ]);
  const survived = rows.reduce((sum, row) => sum + row.survived, 0);
  const { faults, lost, wrong, inFlight, beyond } = totals;
  const all = [faults, survived, `${lost} runs`, `${wrong} runs`, inFlight, beyond].map(String);
  return markdownTable(heads, [...lines, ['**all**', ...all]]);
}

export function workloadTable({ workloads }: Tally): string {
  const heads = ['workload', 'runs', 'faults', 'requests', 'lost', 'wrong', 'repeats in flight', 'repeats beyond'];
  return markdownTable(
    heads,
    workloads.map((row) => [
      row.name,
      ...[row.runs, row.faults, row.requests, row.lost, row.wrong, row.inFlight, row.beyond].map(String),
    ]),
  );
}

export function markdownTable(heads: readonly string[], lines: readonly (readonly string[])[]): string {
  const widths = heads.map((head, column) =>
    Math.max(3, head.length, ...lines.map((line) => line[column]?.length ?? 0)),
  );
  const row = (cells: readonly string[]) =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`;
  return [row(heads), row(widths.map((width) => '-'.repeat(width))), ...lines.map(row)].join('\n');
}
