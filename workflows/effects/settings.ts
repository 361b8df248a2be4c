/** What an agent's child is told of the run's policy. */
import { workflowInfo } from '@temporalio/workflow';
import type { AgentEffects, EffectSettings } from '../../protocol/effects.ts';
import { SHELL } from '../../protocol/limits.ts';
import { callsOthers, changesFiles } from '../../protocol/tool-names.ts';
import type { RunInput } from '../../protocol/run-input.ts';
import type { AgentCall } from '../calls/agent-call.ts';
import { isAdded } from './added.ts';

/** Of a run whose configuration says nothing. */
const DEFAULTS: EffectSettings = { rules: [], shell: { network: false, readOnly: [], seconds: SHELL.seconds } };

/** Nothing for agents that only read: their inputs stay as they were in runs of older builds. */
export function effectsOf(
  { effects, batch, snapshotName }: Pick<RunInput, 'effects' | 'batch' | 'snapshotName'>,
  address: string,
  { task }: Pick<AgentCall, 'task'>,
): { effects?: AgentEffects } {
  const { tools } = task.request;
  if (!changesFiles(tools) && !callsOthers(tools) && !tools.some((name) => isAdded(name, effects?.tools))) return {};
  const { workflowId, firstExecutionRunId } = workflowInfo();
  const own = `${workflowId}/${firstExecutionRunId}`;
  // Items of a batch share a snapshot's name, and are runs of their own.
  const run = batch === undefined ? (snapshotName ?? own) : own;
  return { effects: { ...(effects ?? DEFAULTS), depth: address.split('/').length, run } };
}
