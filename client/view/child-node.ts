import { isJsonObject, type Json } from '../../protocol/json.ts';
import { WORKFLOWS } from '../../protocol/names.ts';
import type { EventOf } from '../../histories/decoded.ts';
import { ExecutionNode } from './execution-node.ts';
import { parseTag, type SeenTag } from './parse.ts';
import { parseNodeStart } from './parse-rlm.ts';
import { Program, type ProgramKind } from './program.ts';

/**
 * The child that an event starts, and the tag of the call that it answers. Without a tag its workflow id tells its address. `before`
 * finds what already ran for a call that is begun anew: that goes on.
 */
export function childOf(
  run: string,
  { workflowId, workflowType, input, at }: EventOf<'childInitiated'>,
  before: (address: string) => Program | null,
): { tag: SeenTag; child: ExecutionNode } {
  const agent = workflowType === WORKFLOWS.agent;
  const tag = parseTag(agent ? input : tagOfParent(input));
  const address = tag?.address ?? (workflowId.startsWith(`${run}/`) ? workflowId.slice(run.length + 1) : workflowId);
  const known = before(address);
  const program = agent ? null : (known ?? new Program(address, programKind(workflowType)));
  if (program !== null) Object.assign(program, { start: parseNodeStart(input), startedAt: known?.startedAt ?? at });
  if (known !== null) Object.assign(known, { end: null, endedAt: null });
  return {
    tag: tag ?? { address, label: address, phase: null, model: null, turn: 0, why: null },
    child: new ExecutionNode(workflowId, address, program),
  };
}

/** What a workflow type of Braid runs, unless that is an agent. */
export function programKind(workflowType: string): ProgramKind {
  const { rlm, batch, delegate } = WORKFLOWS;
  return workflowType === rlm || workflowType === batch || workflowType === delegate ? workflowType : 'script';
}

function tagOfParent(input: Json): Json {
  return isJsonObject(input) && isJsonObject(input.parent) ? (input.parent.tag ?? null) : null;
}
