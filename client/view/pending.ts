import type { Client } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { WATCH } from '../../protocol/limits.ts';
import type { PayloadReader } from '../../histories/payloads.ts';
import { parseHeartbeat } from './parse.ts';
import { msOfTime } from '../../histories/proto.ts';

/** What the server tells of an activity in flight, which history holds only once it has ended. Times in ms. */
export interface PendingActivity {
  activityId: string;
  activity: string;
  state: 'queued' | 'running' | 'waiting';
  attempt: number;
  startedAt: number | null;
  lastSign: number;
  outputTokens: number;
  requests: number;
  hint: string | null;
}

type RawPending = temporal.api.workflow.v1.IPendingActivityInfo;
/** `PendingActivityState` of the wire. */
const STARTED: ReadonlySet<number> = new Set([2, 3]);

/** Activities in flight of one execution. Throws what gRPC throws. */
export async function describePending(
  client: Client,
  workflowId: string,
  payloads: PayloadReader,
): Promise<PendingActivity[]> {
  const request = { namespace: client.options.namespace, execution: { workflowId } };
  const response = await client.withDeadline(Date.now() + WATCH.rpcMs, () =>
    client.workflowService.describeWorkflowExecution(request),
  );
  return Promise.all((response.pendingActivities ?? []).map((raw) => readPending(raw, payloads)));
}

export async function readPending(raw: RawPending, payloads: PayloadReader): Promise<PendingActivity> {
  const beat = parseHeartbeat(await payloads.at(raw.heartbeatDetails, 0));
  const started = STARTED.has(raw.state ?? 0);
  const attempt = raw.attempt ?? 1;
  const startedAt = raw.lastStartedTime ? msOfTime(raw.lastStartedTime) : null;
  return {
    activityId: raw.activityId ?? '',
    activity: raw.activityType?.name ?? '',
    state: started ? (beat?.state === 'waiting' ? 'waiting' : 'running') : attempt > 1 ? 'waiting' : 'queued',
    attempt,
    startedAt,
    lastSign: Math.max(msOfTime(raw.scheduledTime), startedAt ?? 0, msOfTime(raw.lastHeartbeatTime)),
    // Tokens of an attempt that died are gone with it.
    outputTokens: started ? (beat?.outputTokens ?? 0) : 0,
    requests: beat?.requests ?? 0,
    hint: hintOf(raw, attempt),
  };
}

function hintOf(raw: RawPending, attempt: number): string | null {
  if (attempt < 2) return null;
  const message = raw.lastFailure?.cause?.message || raw.lastFailure?.message || 'the attempt before was lost';
  return `try ${attempt}: ${message}`;
}
