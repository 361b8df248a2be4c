/**
 * The functions of a configuration file, loaded by a worker.
 *
 *  F1  A changed file is loaded anew; an unchanged one is evaluated once per process.
 *  F2  Whatever the file holds or throws is one error, BRAID_CONFIG, that names it.
 */
import { readFile, stat } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { BraidError } from '../../protocol/errors.ts';

export type ToolFunction = (args: unknown, context: { signal: AbortSignal }) => unknown;

export type ToolTable = ReadonlyMap<string, ToolFunction>;

interface Loaded {
  mtimeMs: number;
  config: Promise<unknown>;
}

const loaded = new Map<string, Loaded>();

/** Tools of `rlm.tools` in the configuration at an absolute path. Errors: BRAID_CONFIG. */
export async function loadTools(file: string): Promise<ToolTable> {
  return toolsOf(member(await loadMember(file, 'rlm'), 'tools'));
}

/** A member of the configuration, as it stands there; undefined when there is none. Errors: BRAID_CONFIG. */
export async function loadMember(file: string, name: string): Promise<unknown> {
  const mtimeMs = await modifiedAt(file);
  const known = loaded.get(file);
  if (known?.mtimeMs === mtimeMs) return member(await known.config, name);
  const config = load(file, mtimeMs);
  loaded.set(file, { mtimeMs, config });
  // A file that failed is tried again: what it imports may have been mended without a change of its own.
  config.catch(() => loaded.delete(file));
  return member(await config, name);
}

async function modifiedAt(file: string): Promise<number> {
  try {
    return (await stat(file)).mtimeMs;
  } catch (cause) {
    throw new BraidError('BRAID_CONFIG', `${file} cannot be read where the worker runs.`, { cause });
  }
}

async function load(file: string, mtimeMs: number): Promise<unknown> {
  let module: unknown;
  try {
    if (file.endsWith('.json')) return JSON.parse(await readFile(file, 'utf8'));
    // Modules are cached for ever by their address, so another version needs another one (F1).
    module = await import(`${pathToFileURL(file).href}?mtime=${mtimeMs}`);
  } catch (cause) {
    throw new BraidError('BRAID_CONFIG', `${file} cannot be loaded: ${messageOf(cause)}`, { cause });
  }
  return member(module, 'default');
}

function toolsOf(tools: unknown): ToolTable {
  const table = new Map<string, ToolFunction>();
  if (typeof tools !== 'object' || tools === null) return table;
  for (const [name, tool] of Object.entries(tools)) {
    const run = member(tool, 'run');
    // A method keeps its object, as in any call of it.
    if (typeof run === 'function') table.set(name, (args, context): unknown => run.call(tool, args, context));
  }
  return table;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as { [name: string]: unknown })[name] : undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
