/** The runs that the server knows, newest first. */
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { SEARCH_ATTRIBUTES, WORKFLOWS } from '../protocol/names.ts';
import type { RunStatus } from '../protocol/outcome.ts';
import type { RunSummary } from '../protocol/view.ts';

const STATES: ReadonlySet<string> = new Set<RunStatus>([
  ...(['running', 'paused', 'completed', 'completed_with_failures', 'stopped', 'failed', 'cancelled'] as const),
]);

export async function listRuns(client: Client, { limit = 50 }: { limit?: number } = {}): Promise<RunSummary[]> {
  const runs: RunSummary[] = [];
  const kinds = [WORKFLOWS.script, WORKFLOWS.rlm].map((type) => `WorkflowType = "${type}"`).join(' OR ');
  const list = client.workflow.list({ query: kinds, pageSize: Math.min(limit, 200) });
  for await (const info of list) {
    // A program that another program asked for is a part of that one's run; no run's id has a slash.
    if (info.workflowId.includes('/')) continue;
    runs.push(summaryOf(info));
    if (runs.length >= limit) break;
  }
  return runs.toSorted((a, b) => (b.startedAt ?? 0) - (a.startedAt ?? 0));
}

function summaryOf(info: WorkflowExecutionInfo): RunSummary {
  const name = info.searchAttributes[SEARCH_ATTRIBUTES.script]?.[0];
  return {
    run: info.workflowId,
    kind: info.type === WORKFLOWS.rlm ? 'rlm' : 'script',
    name: typeof name === 'string' ? name : info.workflowId,
    status: statusOf(info),
    startedAt: info.startTime.getTime(),
    endedAt: info.closeTime?.getTime() ?? null,
  };
}

/** The server's own word counts when it ended the run; else the state that the run last wrote. */
function statusOf(info: WorkflowExecutionInfo): RunStatus {
  const closed = info.status.name;
  if (closed === 'CANCELLED') return 'cancelled';
  if (closed === 'FAILED' || closed === 'TERMINATED' || closed === 'TIMED_OUT') return 'failed';
  const state = info.searchAttributes[SEARCH_ATTRIBUTES.state]?.[0];
  if (typeof state === 'string' && STATES.has(state)) return state as RunStatus;
  return closed === 'COMPLETED' ? 'completed' : 'running';
}
