/**
 * The MCP servers of a worker: connected when first needed, kept, and connected anew after their end.
 *
 *  V1  Whatever a server does, a call of it ends in bounded time, with what it said (cut) or one coded error that names the server.
 *  V2  A tool is called only as it was offered: a server that has changed it meanwhile is not called (BRAID_MCP_CHANGED).
 */
import type { MCPClient } from '@ai-sdk/mcp';
import type { OfferedTool } from '../../protocol/effects.ts';
import { BraidError, isBraidError } from '../../protocol/errors.ts';
import { hashJson } from '../../protocol/hash.ts';
import { isJsonObject, type Json, type JsonObject } from '../../protocol/json.ts';
import { MCP } from '../../protocol/limits.ts';
import { messageOf } from '../user-tools/tool-file.ts';
import { serverConfig, type ServerConfig } from './config.ts';
import { StdioTransport } from './stdio.ts';

interface Connection {
  client: MCPClient;
  /** Rejects when the server ends. */
  ended: Promise<never>;
  complaint(): string;
}

const connections = new Map<string, Promise<Connection>>();

/** Name of a tool as models see it; providers take no other letters. */
function toolName(server: string, tool: string): string {
  return `mcp__${server}__${tool}`;
}

/** All tools of a server. Errors: BRAID_MCP_FAILED, BRAID_CONFIG. */
export function listTools(file: string, server: string, signal: AbortSignal): Promise<OfferedTool[]> {
  return withServer(file, server, MCP.startMs, signal, async ({ client }, options) => offered(server, client, options));
}

/** What a tool said, as text. Errors: BRAID_MCP_FAILED, BRAID_MCP_CHANGED, BRAID_CONFIG. */
export async function callTool(
  file: string,
  tool: OfferedTool,
  input: JsonObject,
  signal: AbortSignal,
): Promise<{ text: string; isError: boolean }> {
  const [, server = '', name = ''] = /^mcp__(.+?)__(.+)$/.exec(tool.name) ?? [];
  return withServer(file, server, MCP.callMs, signal, async ({ client }, options) => {
    const now = (await offered(server, client, options)).find((one) => one.name === tool.name);
    if (now === undefined || hashJson(now) !== hashJson(tool)) {
      const what = now === undefined ? 'is gone' : 'is described in another way';
      throw new BraidError(
        'BRAID_MCP_CHANGED',
        `The tool ${name} of the MCP server ${server} ${what} since the run began.`,
      );
    }
    const result = await client.callTool({ name, arguments: input, options });
    return { text: textOf(result as unknown as Json), isError: result['isError'] === true };
  });
}

interface Options {
  signal: AbortSignal;
  timeout: number;
}

/** V1. */
async function withServer<T>(
  file: string,
  server: string,
  ms: number,
  signal: AbortSignal,
  work: (connection: Connection, options: Options) => Promise<T>,
): Promise<T> {
  const key = `${file}\0${server}`;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ms)]);
  let connection: Connection | undefined;
  try {
    connection = await connected(key, await serverConfig(file, server), limit);
    return await Promise.race([work(connection, { signal: limit, timeout: ms }), connection.ended, aborted(limit)]);
  } catch (error) {
    signal.throwIfAborted();
    if (isBraidError(error)) throw error;
    connections.delete(key);
    void connection?.client.close().catch(() => undefined);
    const said = connection?.complaint() ?? '';
    const why = limit.aborted ? `it did not answer within ${ms / 1000} s` : messageOf(error).slice(0, 300);
    throw new BraidError(
      'BRAID_MCP_FAILED',
      `The MCP server ${server} failed: ${why}.${said === '' ? '' : ` It said: ${said.slice(-300)}`}`,
    );
  }
}

function connected(key: string, config: ServerConfig, signal: AbortSignal): Promise<Connection> {
  const known = connections.get(key);
  if (known !== undefined) return known;
  const made = connect(key, config, signal);
  connections.set(key, made);
  made.catch(() => connections.delete(key));
  return made;
}

async function connect(key: string, config: ServerConfig, signal: AbortSignal): Promise<Connection> {
  const { promise: ended, reject } = Promise.withResolvers<never>();
  ended.catch(() => undefined);
  const stdio = config.kind === 'stdio' ? new StdioTransport(config, config.cwd) : null;
  const transport = stdio ?? { type: 'http' as const, ...addressOf(config) };
  const initializationOptions = { signal, timeout: MCP.startMs };
  const { createMCPClient } = await import('@ai-sdk/mcp');
  const making = createMCPClient({
    transport,
    clientName: 'braid',
    initializationOptions,
    onUncaughtError: () => undefined,
  });
  const closed = () => {
    connections.delete(key);
    reject(new Error('it ended'));
  };
  if (stdio !== null) stdio.onEnd = closed;
  making.catch(() => undefined);
  try {
    return { client: await Promise.race([making, ended]), ended, complaint: () => stdio?.complaint ?? '' };
  } catch (error) {
    await stdio?.close();
    throw new Error([messageOf(error), stdio?.complaint ?? ''].filter(Boolean).join(': '), { cause: error });
  }
}

function addressOf(config: ServerConfig): { url: string; headers: { [name: string]: string } } {
  return config.kind === 'http' ? config : { url: '', headers: {} };
}

async function offered(server: string, client: MCPClient, options: Options): Promise<OfferedTool[]> {
  const found: OfferedTool[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.listTools({ ...(cursor === undefined ? {} : { params: { cursor } }), options });
    for (const { name, description = '', inputSchema } of page.tools) {
      const tool = {
        name: toolName(server, name),
        description,
        inputSchema: JSON.parse(JSON.stringify(inputSchema)) as JsonObject,
      };
      if (/^[A-Za-z0-9_-]{1,128}$/.test(tool.name) && JSON.stringify(tool).length <= MCP.toolChars) found.push(tool);
    }
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && found.length < MCP.tools);
  return found.slice(0, MCP.tools);
}

/** Texts as they are; all else that a tool may give is named, not shown. */
function textOf(result: Json): string {
  const { content, structuredContent } = isJsonObject(result) ? result : {};
  const parts = (Array.isArray(content) ? content : []).map((part) => {
    if (!isJsonObject(part)) return JSON.stringify(part);
    if (part['type'] === 'text' && typeof part['text'] === 'string') return part['text'];
    return `(${JSON.stringify(part['type'])} content, not shown)`;
  });
  if (parts.length === 0 && structuredContent !== undefined) return JSON.stringify(structuredContent);
  return parts.join('\n');
}

function aborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => reject(new Error('the time is up')), { once: true });
  return promise;
}
