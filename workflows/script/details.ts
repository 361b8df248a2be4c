/** The Markdown page that Temporal's UI shows as a run's current details: phases, then the calls that matter now. */
import type { Usage } from '../../protocol/outcome.ts';

export interface CallRow {
  label: string;
  phase: string | null;
  model: string;
  state: 'queued' | 'running' | 'done' | 'failed' | 'refused';
}

const SHOWN = 25;

export function detailsOf(rows: CallRow[], usage: Usage): string {
  return [phaseTable(rows), agentTable(rows), usageLine(usage)].filter((part) => part !== '').join('\n\n');
}

function phaseTable(rows: CallRow[]): string {
  if (rows.length === 0) return '';
  const phases = Map.groupBy(rows, (row) => row.phase ?? '–');
  const count = (list: CallRow[], state: CallRow['state']) => list.filter((row) => row.state === state).length;
  const lines = [...phases].map(
    ([name, list]) =>
      `| ${cell(name)} | ${count(list, 'done')} of ${list.length} | ${count(list, 'running')} | ${count(list, 'queued')} | ${count(list, 'failed') + count(list, 'refused')} |`,
  );
  return ['| phase | done | running | waiting | without value |', '| --- | --- | --- | --- | --- |', ...lines].join('\n');
}

/** Running and failed calls first: they are what one looks for. */
function agentTable(rows: CallRow[]): string {
  if (rows.length === 0) return '';
  const rank = { running: 0, failed: 1, refused: 2, queued: 3, done: 4 } as const;
  const shown = rows.toSorted((a, b) => rank[a.state] - rank[b.state]).slice(0, SHOWN);
  const lines = shown.map((row) => `| ${cell(row.label)} | ${cell(row.phase ?? '–')} | ${row.state} | ${cell(row.model)} |`);
  const more = rows.length > SHOWN ? [`| … ${rows.length - SHOWN} more | | | |`] : [];
  return ['| agent | phase | state | model |', '| --- | --- | --- | --- |', ...lines, ...more].join('\n');
}

function usageLine(usage: Usage): string {
  const usd = usage.usd === null ? 'cost unknown' : `$${usage.usd.toFixed(4)}`;
  return `${usage.calls} calls · ${usage.requests} requests · ${usage.inputTokens} tokens in · ${usage.outputTokens} out · ${usd}`;
}

/** Labels come from scripts: they must not break out of their cell. */
function cell(text: string): string {
  return text.replace(/[\r\n|<>`\\]/g, ' ').slice(0, 80);
}
