/** Tools that the configuration adds: the user's functions, and those of MCP servers. */
import type { ToolResponse } from '../../protocol/activities.ts';
import type { EffectRequest, OfferedTool, OfferRequest } from '../../protocol/effects.ts';
import { isBraidError } from '../../protocol/errors.ts';
import { isJsonObject, type Json } from '../../protocol/json.ts';
import { SHELL } from '../../protocol/limits.ts';
import type { CallRecords } from '../../store/call-records.ts';
import { callTool as callServer, listTools } from '../mcp/servers.ts';
import { problem } from '../tools/tool.ts';
import { callTool } from '../user-tools/user-tool.ts';

/** Reads the tools of servers once for a run: what was found first is what the whole run goes by. */
export async function offerTools(
  records: CallRecords,
  { run, file, servers }: OfferRequest,
  signal: AbortSignal,
): Promise<OfferedTool[]> {
  const found = await Promise.all(
    servers.map(async (server) => {
      const id = `mcp ${run} ${server}`;
      const known = await records.findCall(id);
      if (known === undefined) await records.saveCall(id, (await listTools(file, server, signal)) as unknown as Json);
      return (known ?? (await records.findCall(id)) ?? []) as unknown as OfferedTool[];
    }),
  );
  return found.flat();
}

/** What is wrong with the tool is an answer, since its effect may be there all the same. `begin` is called right before it. */
export async function runAdded(
  { input, added }: EffectRequest & { added: NonNullable<EffectRequest['added']> },
  signal: AbortSignal,
  begin: () => Promise<void>,
): Promise<ToolResponse> {
  const { file, offered } = added;
  await begin();
  try {
    if (!offered.name.startsWith('mcp__')) {
      const value = await callTool({ file, tool: offered.name, args: input }, signal);
      return { output: cut(typeof value === 'string' ? value : JSON.stringify(value)), isError: false, reads: [] };
    }
    const { text, isError } = await callServer(file, offered, isJsonObject(input) ? input : {}, signal);
    return { output: cut(text === '' ? '(it said nothing)' : text), isError, reads: [] };
  } catch (error) {
    signal.throwIfAborted();
    if (isBraidError(error)) return problem(`${error.code}: ${error.message}`);
    throw error;
  }
}

/** Head and tail of what may be a flood. */
function cut(text: string): string {
  const { headChars, tailChars } = SHELL;
  const left = text.length - headChars - tailChars;
  return left <= 0
    ? text
    : `${text.slice(0, headChars)}\n… ${left} characters are left out …\n${text.slice(-tailChars)}`;
}
