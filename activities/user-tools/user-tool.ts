/** The `userTool` activity: a function of the user's configuration, called from a cell as `tools.NAME(args)`. */
import { Context } from '@temporalio/activity';
import type { BraidActivities } from '../../protocol/activities.ts';
import { BraidError } from '../../protocol/errors.ts';
import type { Json } from '../../protocol/json.ts';
import { MODEL_CALL } from '../../protocol/limits.ts';
import { toFailure } from '../failures.ts';
import { beating } from '../heartbeat.ts';
import { loadTools, messageOf } from './tool-file.ts';

export interface ToolCall {
  /** Absolute path of the configuration file. */
  file: string;
  tool: string;
  args: Json;
}

export function createUserTool(): BraidActivities['userTool'] {
  return (_tag, call) =>
    beating(async () => {
      try {
        return await untilAborted(callTool(call, Context.current().cancellationSignal), Context.current());
      } catch (error) {
        throw toFailure(error);
      }
    });
}

/** Errors: BRAID_TOOL_FAILED with what the tool threw, or the names there are; BRAID_CONFIG for the file. */
export async function callTool({ file, tool, args }: ToolCall, signal: AbortSignal): Promise<Json> {
  const tools = await loadTools(file);
  const run = tools.get(tool);
  if (run === undefined) {
    const known = [...tools.keys()].join(', ') || 'none';
    throw new BraidError(
      'BRAID_TOOL_FAILED',
      `There is no tool ${JSON.stringify(tool)} in ${file}; there are: ${known}.`,
      {
        fix: 'Use one of them, or start a worker that sees the configuration.',
      },
    );
  }
  let result: unknown;
  try {
    result = await run(args, { signal });
  } catch (error) {
    // Without the error itself: its stack is no business of a model.
    throw new BraidError('BRAID_TOOL_FAILED', `The tool ${tool} failed: ${shortened(messageOf(error))}`);
  }
  return asJson(tool, result);
}

/** A cell gets JSON, whatever the function returned; nothing becomes null. */
function asJson(tool: string, result: unknown): Json {
  try {
    const text = JSON.stringify(result) as string | undefined;
    return text === undefined ? null : (JSON.parse(text) as Json);
  } catch (error) {
    throw new BraidError('BRAID_TOOL_FAILED', `The tool ${tool} returned what is no JSON: ${messageOf(error)}`);
  }
}

function shortened(message: string): string {
  return message.length > MODEL_CALL.problemChars ? `${message.slice(0, MODEL_CALL.problemChars - 1)}…` : message;
}

/** A tool that does not look at its signal must not hold up a run that was cancelled. */
function untilAborted<T>(work: Promise<T>, { cancelled }: { cancelled: Promise<never> }): Promise<T> {
  return Promise.race([work, cancelled]);
}
