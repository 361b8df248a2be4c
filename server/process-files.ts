/**
 * The workers and background processes of a BRAID_HOME, one file each under `run/`. A file whose process has ended is swept by
 * whoever lists them, so a SIGKILL leaves nothing behind that anybody believes.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject } from '../protocol/json.ts';
import { readJsonFile, writeJsonFile } from './files.ts';
import { homePaths } from './paths.ts';
import { isAlive, ownIdentity, parseIdentity, type ProcessIdentity } from './process-identity.ts';

export interface ProcessEntry extends ProcessIdentity {
  kind: 'server' | 'worker';
  /** Background processes are ended by `braid dev --stop`, foreground ones by the person in front of them. */
  mode: 'foreground' | 'background';
  startedAt: string;
  /** Which settings it runs with, to be compared only: a hash, never the settings. null: not known. */
  fingerprint: string | null;
  taskQueue: string | null;
  /** The server it belongs to. */
  address: string | null;
  logFile: string | null;
  /** It was asked to end and finishes what it has in hand; it takes nothing new. */
  stopping: boolean;
}

/** Enters this process, so that `braid run` does not start a second worker beside it. Returns how to take it out again. */
export function registerProcess(
  home: string,
  entry: Omit<ProcessEntry, 'pid' | 'startToken' | 'startedAt' | 'stopping'>,
): () => void {
  const whole = { ...entry, ...ownIdentity(), startedAt: new Date().toISOString(), stopping: false };
  writeEntry(home, whole);
  return () => removeEntry(home, whole);
}

export function writeEntry(home: string, entry: ProcessEntry): void {
  writeJsonFile(fileOf(home, entry), entry);
}

export function removeEntry(home: string, entry: Pick<ProcessEntry, 'kind' | 'pid'>): void {
  rmSync(fileOf(home, entry), { force: true });
}

/** All that live, oldest first. */
export function listProcesses(home: string): ProcessEntry[] {
  const entries: ProcessEntry[] = [];
  for (const file of jsonFiles(homePaths(home).run)) {
    const entry = parseEntry(readJsonFile(file));
    if (entry !== null && isAlive(entry)) entries.push(entry);
    else rmSync(file, { force: true });
  }
  return entries.toSorted((a, b) => a.startedAt.localeCompare(b.startedAt));
}

function fileOf(home: string, { kind, pid }: Pick<ProcessEntry, 'kind' | 'pid'>): string {
  return join(homePaths(home).run, `${kind}-${pid}.json`);
}

function jsonFiles(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function parseEntry(value: unknown): ProcessEntry | null {
  const identity = parseIdentity(value);
  if (identity === null || !isJsonObject(value)) return null;
  const { kind, mode, startedAt } = value;
  if ((kind !== 'server' && kind !== 'worker') || (mode !== 'foreground' && mode !== 'background')) return null;
  if (typeof startedAt !== 'string') return null;
  const text = (name: string) => (typeof value[name] === 'string' ? value[name] : null);
  return {
    ...identity,
    kind,
    mode,
    startedAt,
    fingerprint: text('fingerprint'),
    taskQueue: text('taskQueue'),
    address: text('address'),
    logFile: text('logFile'),
    stopping: value['stopping'] === true,
  };
}
