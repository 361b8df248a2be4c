import { workflowInfo, type ActivityOptions } from '@temporalio/workflow';
import { hashText } from '../protocol/hash.ts';

/** The server takes 64 bytes. */
const KEY = /^[\x21-\x7e]{1,64}$/;

/**
 * Runs that share a task queue are served in turn: a thousand calls of one do not stand before three of another. All nodes of a run
 * have one key, the root's id, with which their own ids begin. Servers without fairness keys take no notice.
 */
export function fairness(): Pick<ActivityOptions, 'priority'> {
  const [root = ''] = workflowInfo().workflowId.split('/', 1);
  return { priority: { fairnessKey: KEY.test(root) ? root : hashText(root) } };
}
