import type { Info } from '@temporalio/activity';
import { canonicalJson, type Json } from '../../protocol/json.ts';
import type { ModelRequest } from '../../protocol/model-call.ts';
import type { Execution } from '../../store/call-records.ts';
import { sha256 } from '../../store/hash.ts';

/**
 * One call = one activity of one run with one request. Attempts of the activity share the id; a workflow that asks again
 * (after a pause the provider asked for, or a schema repair) is another activity and so another call.
 */
export function callIdOf(info: Pick<Info, 'workflowExecution' | 'activityId'>, request: ModelRequest): string {
  const { workflowId, runId } = executionOf(info);
  return hash([workflowId, runId, info.activityId, hash(request)]);
}

/** Whose activity it is: what its records are kept under. */
export function executionOf({ workflowExecution }: Pick<Info, 'workflowExecution'>): Execution {
  return workflowExecution ?? { workflowId: '', runId: '' };
}

/** Transport failures of a call are counted beside its requests, so that a worker's death neither adds nor loses one. */
export function failureCounterOf(callId: string): string {
  return hash([callId, 'transport failures']);
}

/** As `hashJson` of the protocol, by native code: a prompt of 50 KB takes a sixth of the time, a short one a tenth. */
function hash(value: Json | ModelRequest): string {
  return sha256(canonicalJson(value));
}
