/**
 * The server and the worker that `braid run` starts by itself and leaves for the next command.
 *
 * Invariants
 * B1 Two commands at once start one server and one worker: starting is done under a lock.
 * B2 A worker of the caller's task queue and server is enough, whoever started it; only a background one is ever replaced.
 * B3 A replaced worker finishes the calls it has in hand, since they are paid for; the new one does not wait longer than
 *    {@link SERVER.stopMs} for that.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { BraidError } from '../protocol/errors.ts';
import { SERVER } from '../protocol/limits.ts';
import { findServerBinary } from './binary.ts';
import { tailOf } from './files.ts';
import { withLock } from './lock.ts';
import { homePaths } from './paths.ts';
import { isAlive, signal } from './process-identity.ts';
import { listProcesses, removeEntry, writeEntry, type ProcessEntry } from './process-files.ts';
import { recordedServer, type ResolvedServer } from './resolve.ts';
import { spawnDetached, type Detached } from './spawn-detached.ts';

export interface BackgroundOptions {
  env: NodeJS.ProcessEnv;
  home: string;
  /** Command that runs a server in the foreground until SIGTERM, such as `node braid dev --no-worker --background`. */
  serverCommand: readonly string[];
  /** Command that runs a worker until SIGTERM; null when none is wanted. */
  workerCommand: readonly string[] | null;
  /** Hash of the settings the worker is to have. */
  fingerprint: string;
  taskQueue: string;
  progress: (line: string) => void;
}

export interface Background {
  server: ResolvedServer;
  /** What this call started. */
  started: ('server' | 'worker')[];
  /** The worker, when this call started one: its log, and what it said when it dies while the caller still lives. */
  worker: { pid: number; logFile: string; died: Promise<string> } | null;
  /** A worker in the foreground has other settings than the caller. It is not ours to restart, so the caller should say so. */
  otherSettings: ProcessEntry | null;
}

/** Starts what is missing. BRAID_SERVER_START when the server does not come up; a worker's death is in `worker.died`. */
export async function ensureBackground(options: BackgroundOptions): Promise<Background> {
  const onWait = () => options.progress('Waiting for another command that is starting the background processes…');
  return withLock(homePaths(options.home).backgroundLock, () => ensure(options), { onWait });
}

export function listBackground(home: string): ProcessEntry[] {
  return listProcesses(home).filter(({ mode }) => mode === 'background');
}

/** Ends workers, then servers, that run in the background: SIGTERM, and SIGKILL for those that take too long. Returns what ended. */
export async function stopBackground(home: string, killAfterMs: number = SERVER.workerStopMs): Promise<ProcessEntry[]> {
  const stopped: ProcessEntry[] = [];
  for (const kind of ['worker', 'server'] as const) {
    const entries = listBackground(home).filter((entry) => entry.kind === kind);
    await Promise.all(entries.map((entry) => stopProcess(home, entry, killAfterMs)));
    stopped.push(...entries);
  }
  return stopped;
}

async function ensure(options: BackgroundOptions): Promise<Background> {
  const there = await recordedServer(options.home, options.env);
  const server = there ?? (await startServer(options));
  const before: Background = { server, started: there === null ? ['server'] : [], worker: null, otherSettings: null };
  return options.workerCommand === null ? before : ensureWorker(before, options.workerCommand, options);
}

async function startServer(options: BackgroundOptions): Promise<ResolvedServer> {
  // Here and not in the detached process: getting a binary may take minutes, and the person is in front of this one.
  await findServerBinary(options);
  const process = launch(options, options.serverCommand, { kind: 'server', address: null });
  const deadline = Date.now() + SERVER.startMs;
  while (isAlive(process.entry) && Date.now() < deadline) {
    const server = await recordedServer(options.home, options.env);
    if (server !== null) {
      writeEntry(options.home, { ...process.entry, address: server.address });
      return server;
    }
    await sleep(50);
  }
  const end = isAlive(process.entry) ? 'did not get ready' : 'ended at once';
  await stopProcess(options.home, process.entry, SERVER.stopMs);
  const log = tailOf(process.logFile, process.logFrom);
  throw new BraidError('BRAID_SERVER_START', `The background server ${end}. Its log ends with:\n${log}`, {
    fix: `Read ${process.logFile}, or start it in the foreground: braid dev`,
  });
}

async function ensureWorker(
  before: Background,
  command: readonly string[],
  options: BackgroundOptions,
): Promise<Background> {
  const { home, fingerprint, taskQueue } = options;
  const { address } = before.server;
  const workers = listProcesses(home).filter((entry) => entry.kind === 'worker' && !entry.stopping);
  const usable = workers.filter((entry) => entry.address === address && entry.taskQueue === taskQueue);
  const same = usable.find((entry) => entry.fingerprint === fingerprint);
  if (same !== undefined) return before;
  const foreground = usable.find((entry) => entry.mode === 'foreground');
  if (foreground !== undefined) return { ...before, otherSettings: foreground };

  const outdated = workers.filter((entry) => entry.mode === 'background');
  await Promise.all(outdated.map((entry) => askToStop(home, entry)));
  const { entry, logFile, logFrom, exited } = launch(options, command, { kind: 'worker', address });
  const died = exited.then((how) => `${how}\n${tailOf(logFile, logFrom)}`.trim());
  return { ...before, started: [...before.started, 'worker'], worker: { pid: entry.pid, logFile, died } };
}

function launch(
  { home, env, fingerprint, taskQueue }: BackgroundOptions,
  command: readonly string[],
  { kind, address }: Pick<ProcessEntry, 'kind' | 'address'>,
): Detached & { entry: ProcessEntry; logFile: string } {
  const logFile = join(homePaths(home).logs, `background-${kind}.log`);
  const detached = spawnDetached(command, { env: { ...env, BRAID_HOME: home }, logFile });
  const own = kind === 'worker' ? { fingerprint, taskQueue } : { fingerprint: null, taskQueue: null };
  const startedAt = new Date().toISOString();
  const entry: ProcessEntry = {
    ...detached.identity,
    ...own,
    kind,
    address,
    logFile,
    startedAt,
    mode: 'background',
    stopping: false,
  };
  writeEntry(home, entry);
  return { ...detached, entry, logFile };
}

/** B3. Marked first, because a second SIGTERM makes a worker drop its calls. */
async function askToStop(home: string, entry: ProcessEntry): Promise<void> {
  writeEntry(home, { ...entry, stopping: true });
  signal(entry, 'SIGTERM');
  if (await untilDead(entry, SERVER.stopMs)) removeEntry(home, entry);
}

async function stopProcess(home: string, entry: ProcessEntry, killAfterMs: number): Promise<void> {
  if (!entry.stopping) signal(entry, 'SIGTERM');
  if (!(await untilDead(entry, killAfterMs))) {
    signal(entry, 'SIGKILL');
    await untilDead(entry, SERVER.probeMs);
  }
  removeEntry(home, entry);
}

async function untilDead(entry: ProcessEntry, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (isAlive(entry)) {
    if (Date.now() > deadline) return false;
    await sleep(50);
  }
  return true;
}
