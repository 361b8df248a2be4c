/** MCP servers as a configuration declares them, read by a worker. Keys and headers stay in the file. */
import path from 'node:path';
import { BraidError } from '../../protocol/errors.ts';
import { loadMember } from '../user-tools/tool-file.ts';
import type { StdioServer } from './stdio.ts';

export type ServerConfig =
  | (StdioServer & { kind: 'stdio'; cwd: string })
  | { kind: 'http'; url: string; headers: { [name: string]: string } };

/** Errors: BRAID_CONFIG. */
export async function serverConfig(file: string, name: string): Promise<ServerConfig> {
  const servers = await loadMember(file, 'mcp');
  const given = objectOf(Object.hasOwn(objectOf(servers), name) ? objectOf(servers)[name] : undefined);
  const { command, args, env, url, headers } = given;
  if (typeof url === 'string') return { kind: 'http', url, headers: texts(headers) };
  if (typeof command === 'string') {
    const words = Array.isArray(args) ? args.map(String) : [];
    return { kind: 'stdio', command, args: words, env: texts(env), cwd: path.dirname(file) };
  }
  throw new BraidError('BRAID_CONFIG', `${file} has no MCP server ${JSON.stringify(name)} any more.`);
}

function objectOf(value: unknown): { [name: string]: unknown } {
  return typeof value === 'object' && value !== null ? (value as { [name: string]: unknown }) : {};
}

function texts(value: unknown): { [name: string]: string } {
  return Object.fromEntries(Object.entries(objectOf(value)).map(([name, text]) => [name, String(text)]));
}
