/** The Markdown page that Temporal's UI shows as a run's current details: phases, then the calls that matter now. */
import type { Usage } from '../../protocol/outcome.ts';

export interface CallRow {
  label: string;
  phase: string | null;
  model: string;
  state: 'queued' | 'running' | 'done' | 'failed' | 'refused';
}

const SHOWN = 25;

export function detailsOf(rows: Iterable<CallRow>, usage: Usage): string {
  const { phases, shown, count } = digest(rows);
  const tables = count === 0 ? [] : [phaseTable(phases), agentTable(shown, count)];
  return [...tables, usageLine(usage)].join('\n\n');
}

type Counts = Record<CallRow['state'], number>;

/** One pass: a wide run has a thousand rows and as many tasks that show them. Running and failed calls are what one looks for. */
function digest(rows: Iterable<CallRow>): { phases: Map<string, Counts>; shown: CallRow[]; count: number } {
  const phases = new Map<string, Counts>();
  const ranked: Record<CallRow['state'], CallRow[]> = { running: [], failed: [], refused: [], queued: [], done: [] };
  let count = 0;
  for (const row of rows) {
    count += 1;
    const name = row.phase ?? '–';
    const counts = phases.get(name) ?? { queued: 0, running: 0, done: 0, failed: 0, refused: 0 };
    counts[row.state] += 1;
    phases.set(name, counts);
    if (ranked[row.state].length < SHOWN) ranked[row.state].push(row);
  }
  const { running, failed, refused, queued, done } = ranked;
  return { phases, shown: [...running, ...failed, ...refused, ...queued, ...done].slice(0, SHOWN), count };
}

function phaseTable(phases: Map<string, Counts>): string {
  const lines = [...phases].map(([name, { done, running, queued, failed, refused }]) => {
    const all = done + running + queued + failed + refused;
    return `| ${cell(name)} | ${done} of ${all} | ${running} | ${queued} | ${failed + refused} |`;
  });
  return ['| phase | done | running | waiting | without value |', '| --- | --- | --- | --- | --- |', ...lines].join(
    '\n',
  );
}

function agentTable(shown: CallRow[], count: number): string {
  const lines = shown.map(
    (row) => `| ${cell(row.label)} | ${cell(row.phase ?? '–')} | ${row.state} | ${cell(row.model)} |`,
  );
  const more = count > SHOWN ? [`| … ${count - SHOWN} more | | | |`] : [];
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
