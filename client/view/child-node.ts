import { isJsonObject, type Json } from '../../protocol/json.ts';
import type { CallTag } from '../../protocol/model-call.ts';
import { WORKFLOWS } from '../../protocol/names.ts';
import type { EventOf } from './decoded.ts';
import { ExecutionNode } from './execution-node.ts';
import { parseTag } from './parse.ts';
import { parseNodeStart } from './parse-rlm.ts';
import { Program } from './program.ts';

/** The child that an event starts, and the tag of the call that it answers. Without a tag its workflow id tells its address. */
export function childOf(
  run: string,
  { workflowId, workflowType, input, at }: EventOf<'childInitiated'>,
): { tag: CallTag; child: ExecutionNode } {
  const agent = workflowType === WORKFLOWS.agent;
  const tag = parseTag(agent ? input : tagOfParent(input));
  const address = tag?.address ?? (workflowId.startsWith(`${run}/`) ? workflowId.slice(run.length + 1) : workflowId);
  const program = agent ? null : new Program(address, workflowType === WORKFLOWS.rlm ? 'rlm' : 'script');
  if (program !== null) Object.assign(program, { start: parseNodeStart(input), startedAt: at });
  return {
    tag: tag ?? { address, label: address, phase: null, model: null, turn: 0 },
    child: new ExecutionNode(workflowId, address, program),
  };
}

function tagOfParent(input: Json): Json {
  return isJsonObject(input) && isJsonObject(input.parent) ? (input.parent.tag ?? null) : null;
}
