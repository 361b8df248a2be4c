/**
 * The Temporal server's binary: on PATH, in the cache, downloaded, built — the first that answers `--version` (design §10).
 * BRAID_TEMPORAL_BINARY names one instead of all that.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BraidError } from '../protocol/errors.ts';
import { SERVER } from '../protocol/limits.ts';
import { buildWithGo } from './binary-go.ts';
import { downloadWithSdk } from './binary-sdk.ts';
import type { BinarySource, SourceContext } from './binary-source.ts';
import { findOnPath, isExecutable } from './executable.ts';
import { withLock } from './lock.ts';
import { cacheFolder } from './paths.ts';

export interface BinarySearch extends SourceContext {
  /** Where to get a binary that is not there, in this order. */
  sources?: readonly BinarySource[];
}

const SOURCES: readonly BinarySource[] = [
  { name: "the Temporal SDK's download", fetch: downloadWithSdk },
  { name: 'go install', fetch: buildWithGo },
];

/** Path of a binary that works. BRAID_SERVER_START lists every place that was tried, with why it failed. */
export async function findServerBinary(search: BinarySearch): Promise<string> {
  const tried: string[] = [];
  const named = search.env['BRAID_TEMPORAL_BINARY'];
  if (named) return (await works(named, 'BRAID_TEMPORAL_BINARY', tried)) ?? fail(tried);

  const cached = join(cacheFolder(search.env), 'temporal');
  const onPath = findOnPath('temporal', search.env);
  if (onPath === null) tried.push('temporal on PATH: not there');
  return (
    (onPath && (await works(onPath, 'temporal on PATH', tried))) ??
    (await works(cached, 'the cache', tried)) ??
    (await obtain(cached, search, tried)) ??
    fail(tried)
  );
}

/** The path if the binary answers `--version` as Temporal does; else null, with the reason added to `tried`. */
async function works(binary: string, place: string, tried: string[]): Promise<string | null> {
  if (!isExecutable(binary)) {
    tried.push(`${place} (${binary}): no executable file`);
    return null;
  }
  try {
    const { stdout } = await promisify(execFile)(binary, ['--version'], { timeout: SERVER.versionMs });
    if (/temporal/i.test(stdout)) return binary;
    tried.push(`${place} (${binary}): \`--version\` does not answer as Temporal`);
  } catch (error) {
    tried.push(`${place} (${binary}): \`--version\` failed: ${firstLine(error)}`);
  }
  return null;
}

/** Downloads or builds, one process at a time: the others wait and find it in the cache. */
async function obtain(cached: string, search: BinarySearch, tried: string[]): Promise<string | null> {
  const cache = cacheFolder(search.env);
  const onWait = (holder: number) =>
    search.progress(`Waiting for process ${holder}, which is getting the Temporal server…`);
  const underLock = async (): Promise<string | null> => {
    if (isExecutable(cached)) return works(cached, 'the cache', tried);
    for (const source of search.sources ?? SOURCES) {
      if (await obtainFrom(source, cached, search, tried)) return cached;
    }
    return null;
  };
  return withLock(join(cache, 'lock'), underLock, { onWait });
}

/** Into a folder aside, then moved: a cache never holds half a binary. */
async function obtainFrom(
  source: BinarySource,
  cached: string,
  search: BinarySearch,
  tried: string[],
): Promise<boolean> {
  const folder = await freshFolder(cacheFolder(search.env));
  try {
    const binary = await works(await source.fetch(folder, search), source.name, tried);
    if (binary !== null) renameSync(binary, cached);
    return binary !== null;
  } catch (error) {
    tried.push(`${source.name}: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Also sweeps what a killed download or build left; the caller holds the lock. */
async function freshFolder(cache: string): Promise<string> {
  mkdirSync(cache, { recursive: true });
  for (const name of readdirSync(cache)) {
    if (name.startsWith('getting-')) rmSync(join(cache, name), { recursive: true, force: true });
  }
  return mkdtemp(join(cache, 'getting-'));
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}

function fail(tried: readonly string[]): never {
  const list = tried.map((line) => `  - ${line}`).join('\n');
  throw new BraidError(
    'BRAID_SERVER_START',
    `No Temporal server binary was found, downloaded or built. Tried:\n${list}`,
    {
      fix: 'Install the Temporal CLI (https://docs.temporal.io/cli) or Go 1.25, name a binary with BRAID_TEMPORAL_BINARY, or set TEMPORAL_ADDRESS to a running server.',
    },
  );
}
