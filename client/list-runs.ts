/**
 * The runs that the server knows, newest first.
 *
 *  L1  A run is one line, however many executions it has: nodes of its tree, and runs of a chain (continue-as-new), are parts of it.
 *  L2  It waits for a person when any node of its tree does.
 */
import { isGrpcServiceError, type Client, type WorkflowExecutionInfo } from '@temporalio/client';
import { LIST } from '../protocol/limits.ts';
import { SEARCH_ATTRIBUTES, WORKFLOWS } from '../protocol/names.ts';
import type { RunStatus } from '../protocol/outcome.ts';
import type { RunSummary } from '../protocol/view.ts';

export interface ListOptions {
  /** At most so many; 50 when absent. */
  limit?: number;
  /** Only runs that wait for a person. */
  waiting?: boolean;
}

type Info = Pick<
  WorkflowExecutionInfo,
  'workflowId' | 'type' | 'status' | 'startTime' | 'closeTime' | 'searchAttributes'
>;

const ROOTS: readonly string[] = [WORKFLOWS.script, WORKFLOWS.rlm, WORKFLOWS.batch];
const KINDS = `(${ROOTS.map((type) => `WorkflowType = "${type}"`).join(' OR ')})`;
const STATES: ReadonlySet<string> = new Set<RunStatus>([
  ...(['running', 'paused', 'completed', 'completed_with_failures', 'stopped', 'failed', 'cancelled'] as const),
]);

/** Throws what gRPC throws. */
export async function listRuns(
  client: Client,
  { limit = 50, waiting = false }: ListOptions = {},
): Promise<RunSummary[]> {
  const [asking, begun] = await Promise.all([waitingRuns(client), chainStarts(client)]);
  const infos = waiting ? await describeAll(client, [...asking].slice(0, limit)) : await newest(client, limit);
  const runs = infos.map((info) => summaryOf(info, { asking, begun }));
  return runs.toSorted((a, b) => (b.startedAt ?? 0) - (a.startedAt ?? 0));
}

async function newest(client: Client, limit: number): Promise<Info[]> {
  const found: Info[] = [];
  const query = `${KINDS} AND ExecutionStatus != "ContinuedAsNew"`;
  for await (const info of client.workflow.list({ query, pageSize: Math.min(limit, 200) })) {
    // A program that another program asked for is a part of that one's run; no run's id has a slash.
    if (info.workflowId.includes('/')) continue;
    found.push(info);
    if (found.length >= limit) break;
  }
  return found;
}

/** Ids of runs of which a node waits for a person (L2): a node's workflow id begins with its run's. */
async function waitingRuns(client: Client): Promise<Set<string>> {
  const runs = new Set<string>();
  const query = `${SEARCH_ATTRIBUTES.state} = "waiting" AND ExecutionStatus = "Running"`;
  try {
    for await (const { workflowId } of client.workflow.list({ query, pageSize: LIST.pageSize })) {
      runs.add(workflowId.split('/')[0] ?? workflowId);
      if (runs.size >= LIST.waiting) break;
    }
  } catch (error) {
    // A server that does not know the attribute has no run that could have set it.
    if (!isGrpcServiceError(error) || error.code !== INVALID_ARGUMENT) throw error;
  }
  return runs;
}

/** gRPC status code; a number of the wire. */
const INVALID_ARGUMENT = 3;

/** When runs began that have continued as new since: the newest chains, by workflow id (L1). */
async function chainStarts(client: Client): Promise<Map<string, number>> {
  const starts = new Map<string, number>();
  const query = `${KINDS} AND ExecutionStatus = "ContinuedAsNew"`;
  let seen = 0;
  for await (const { workflowId, startTime } of client.workflow.list({ query, pageSize: LIST.pageSize })) {
    starts.set(workflowId, Math.min(starts.get(workflowId) ?? Infinity, startTime.getTime()));
    seen += 1;
    if (seen >= LIST.chains) break;
  }
  return starts;
}

/** Runs by id. One that is gone in the meantime is left out. */
async function describeAll(client: Client, ids: readonly string[]): Promise<Info[]> {
  const infos = await Promise.all(
    ids.map(async (id) => {
      try {
        return [await client.workflow.getHandle(id).describe()];
      } catch {
        return [];
      }
    }),
  );
  return infos.flat().filter(({ type }) => ROOTS.includes(type));
}

interface Known {
  asking: ReadonlySet<string>;
  begun: ReadonlyMap<string, number>;
}

function summaryOf(info: Info, { asking, begun }: Known): RunSummary {
  const name = info.searchAttributes[SEARCH_ATTRIBUTES.script]?.[0];
  const status = statusOf(info);
  return {
    run: info.workflowId,
    kind: info.type === WORKFLOWS.rlm || info.type === WORKFLOWS.batch ? info.type : 'script',
    name: typeof name === 'string' ? name : info.workflowId,
    status,
    waiting: (status === 'running' || status === 'paused') && asking.has(info.workflowId),
    startedAt: begun.get(info.workflowId) ?? info.startTime.getTime(),
    endedAt: info.closeTime?.getTime() ?? null,
  };
}

/** The server's own word counts when it ended the run; else the state that the run last wrote. */
function statusOf(info: Info): RunStatus {
  const closed = info.status.name;
  if (closed === 'CANCELLED') return 'cancelled';
  if (closed === 'FAILED' || closed === 'TERMINATED' || closed === 'TIMED_OUT') return 'failed';
  const state = info.searchAttributes[SEARCH_ATTRIBUTES.state]?.[0];
  if (typeof state === 'string' && STATES.has(state)) return state as RunStatus;
  return closed === 'COMPLETED' ? 'completed' : 'running';
}
