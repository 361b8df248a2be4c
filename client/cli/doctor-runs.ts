/** Runs that no living worker can continue, for `braid doctor`. */
import { Client, type Connection } from '@temporalio/client';
import { WATCH } from '../../protocol/limits.ts';
import { WORKFLOWS } from '../../protocol/names.ts';
import { judgeWorker, pollersOf } from '../view/worker-signs.ts';
import type { Finding } from './finding.ts';

/** What the server tells of one run that goes on. */
export interface RunSign {
  run: string;
  taskQueue: string;
  /** Somebody takes tasks of its queue. */
  served: boolean;
  /** Why its workflow task fails again and again; null when it does not. */
  problem: string | null;
}

/** Tries after which a failing workflow task is no passing trouble. */
const STUCK_ATTEMPTS = 3;
/** Runs that are looked at one by one, newest first. */
const LOOKED_AT = 200;
const SHOWN = 5;

export async function runFindings(
  connection: Connection,
  namespace: string,
  ownQueue: string | null,
): Promise<Finding[]> {
  return judgeRuns(await signsOf(new Client({ connection, namespace })), ownQueue);
}

/** One finding for each queue without a worker, and one for each cause that keeps runs from going on. */
export function judgeRuns(signs: readonly RunSign[], ownQueue: string | null): Finding[] {
  const what = 'runs';
  const lost = Map.groupBy(
    signs.filter(({ served }) => !served),
    ({ taskQueue }) => taskQueue,
  );
  const stuck = Map.groupBy(
    signs.filter(({ served, problem }) => served && problem !== null),
    ({ problem }) => problem ?? '',
  );
  const findings: Finding[] = [
    ...Array.from(lost, ([queue, runs]): Finding => {
      const fix = queue === ownQueue ? 'braid worker' : 'BRAID_HOME=<the store of these runs> braid worker';
      return { what, state: 'warning', detail: `no worker takes ${listed(runs)} (queue ${queue})`, fix };
    }),
    ...Array.from(stuck, ([problem, runs]): Finding => {
      const fix = /engine/i.test(problem)
        ? 'Start a worker of the Braid version that started them, or begin anew: braid fork RUN'
        : 'See the log of the worker: BRAID_DEBUG=1 braid worker';
      return { what, state: 'warning', detail: `no worker can continue ${listed(runs)}: ${problem}`, fix };
    }),
  ];
  if (findings.length > 0) return findings;
  const detail = signs.length === 0 ? 'none goes on' : `${signs.length} going on, each with a worker`;
  return [{ what, state: 'ok', detail }];
}

function listed(runs: readonly RunSign[]): string {
  const names = runs.slice(0, SHOWN).map(({ run }) => run);
  return names.join(', ') + (runs.length > SHOWN ? ` and ${runs.length - SHOWN} more` : '');
}

async function signsOf(client: Client): Promise<RunSign[]> {
  const types = [WORKFLOWS.script, WORKFLOWS.rlm, WORKFLOWS.batch].map((type) => `WorkflowType = "${type}"`);
  const query = `ExecutionStatus = "Running" AND (${types.join(' OR ')})`;
  const open: { run: string; taskQueue: string }[] = [];
  for await (const { workflowId, taskQueue } of client.workflow.list({ query, pageSize: LOOKED_AT })) {
    // A program that another one asked for is a part of that one's run.
    if (!workflowId.includes('/')) open.push({ run: workflowId, taskQueue });
    if (open.length >= LOOKED_AT) break;
  }
  const served = new Map<string, boolean>();
  for (const queue of new Set(open.map(({ taskQueue }) => taskQueue))) {
    served.set(queue, judgeWorker(await pollersOf(client, queue), null, Date.now()).alive);
  }
  const signs: RunSign[] = [];
  for (let at = 0; at < open.length; at += WATCH.children) {
    const some = open.slice(at, at + WATCH.children).map(async ({ run, taskQueue }) => {
      const alive = served.get(taskQueue) === true;
      return { run, taskQueue, served: alive, problem: alive ? await problemOf(client, run) : null };
    });
    signs.push(...(await Promise.all(some)));
  }
  return signs;
}

/** A run that ends meanwhile has no problem. */
async function problemOf(client: Client, run: string): Promise<string | null> {
  const described = await client.workflow
    .getHandle(run)
    .describe()
    .catch(() => null);
  const attempt = described?.raw.pendingWorkflowTask?.attempt ?? 0;
  if (described === null || attempt < STUCK_ATTEMPTS) return null;
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: client.options.namespace,
    execution: { workflowId: run, runId: described.runId },
    maximumPageSize: 10,
  });
  const failed = history?.events?.find((event) => event.workflowTaskFailedEventAttributes);
  const message = failed?.workflowTaskFailedEventAttributes?.failure?.message ?? '';
  return message === '' ? `its workflow task was tried ${attempt} times` : message;
}
