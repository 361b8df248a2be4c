/**
 * A Temporal dev server as a child of this process.
 *
 * Invariants
 * D1 It answers, its namespace is fit and its search attributes are known before `startDevServer` returns.
 * D2 It ends with this process, also when that dies by SIGKILL; its database stays.
 * D3 It sees none of this process's secrets: the environment is a short list, not a copy.
 * D4 Ports that the binary picks for itself (HTTP, metrics) may be the very one it was given, or taken a moment before: it is
 *    started again then.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BraidError, isBraidError } from '../protocol/errors.ts';
import { SERVER } from '../protocol/limits.ts';
import { SEARCH_ATTRIBUTES } from '../protocol/names.ts';
import { connectClient, probe, type Target } from './connection.ts';
import { dynamicConfigFlags } from './dynamic-config.ts';
import { openLog, tailOf } from './files.ts';
import { prepareNamespace } from './namespace.ts';
import { endWithOwner } from './owner-watch.ts';
import { isFree, LOOPBACK } from './ports.ts';

export interface DevServerOptions {
  /** From `findServerBinary`. */
  binary: string;
  dbFile: string;
  logFile: string;
  port: number;
  /** null: no UI. */
  uiPort: number | null;
  namespace: string;
  /** NORMAL survives the death of any process; OFF is for tests. */
  synchronous: 'NORMAL' | 'OFF';
  /** How long it may take to answer, in ms. */
  startMs?: number;
}

export interface ServerExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface DevServer {
  address: string;
  uiUrl: string | null;
  pid: number;
  /** Settles when the server has ended, for whatever reason. */
  exited: Promise<ServerExit>;
  /** SIGTERM, after {@link SERVER.stopMs} SIGKILL. May be called more than once. */
  stop(): Promise<void>;
}

/** Starts a server and waits until it is usable. BRAID_SERVER_START with the end of its log when it is not. */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  mkdirSync(dirname(options.dbFile), { recursive: true });
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(options);
    } catch (error) {
      const unlucky = isBraidError(error) && error.message.includes('address already in use');
      if (!unlucky || attempt === SERVER.starts || !(await isFree(options.port))) throw error;
    }
  }
}

async function startOnce(options: DevServerOptions): Promise<DevServer> {
  const { child, logFrom } = spawnServer(options);
  const exited = exitOf(child);
  const { pid } = child;
  if (pid === undefined) throw startError(options, logFrom, `${options.binary} cannot be executed.`);
  const release = endWithOwner(pid);
  void exited.then(release);

  const address = `${LOOPBACK}:${options.port}`;
  const uiUrl = options.uiPort === null ? null : `http://${LOOPBACK}:${options.uiPort}`;
  const server: DevServer = { address, uiUrl, pid, exited, stop: () => stop(child, exited) };
  const problem = await untilUsable({ namespace: options.namespace, options: { address } }, exited, options.startMs);
  if (problem === null) return server;
  await server.stop();
  throw startError(options, logFrom, problem);
}

export function serverArguments(options: DevServerOptions): string[] {
  const ui = options.uiPort === null ? ['--headless'] : ['--ui-port', String(options.uiPort)];
  const attributes = Object.values(SEARCH_ATTRIBUTES).flatMap((name) => ['--search-attribute', `${name}=Keyword`]);
  return ['server', 'start-dev', '--ip', LOOPBACK, '--port', String(options.port)].concat(
    ui,
    ['--namespace', options.namespace],
    ['--db-filename', options.dbFile],
    ['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', `synchronous=${options.synchronous}`],
    attributes,
    dynamicConfigFlags(),
    ['--log-level', 'warn', '--log-format', 'json'],
  );
}

function spawnServer(options: DevServerOptions): { child: ChildProcess; logFrom: number } {
  const log = openLog(options.logFile);
  try {
    const logFrom = fstatSync(log).size;
    // A session of its own: Ctrl+C in the terminal must reach the worker first, which still needs the server to end its calls.
    const child = spawn(options.binary, serverArguments(options), {
      stdio: ['ignore', log, log],
      detached: true,
      env: bareEnvironment(process.env),
    });
    return { child, logFrom };
  } finally {
    closeSync(log);
  }
}

/** D3. Without TEMPORAL_… too: the binary is also a client and would read them. */
function bareEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'LANG', 'LC_ALL'];
  return Object.fromEntries(names.filter((name) => env[name] !== undefined).map((name) => [name, env[name]]));
}

function exitOf(child: ChildProcess): Promise<ServerExit> {
  return new Promise((resolve) => {
    child.once('error', () => resolve({ code: null, signal: null }));
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

/** Null once the server is usable (D1), else why it will not be. */
async function untilUsable(
  target: Target,
  exited: Promise<ServerExit>,
  startMs: number = SERVER.startMs,
): Promise<string | null> {
  const ended = new AbortController();
  void exited.then((exit) => ended.abort(exit));
  const deadline = Date.now() + startMs;
  let problem = 'it was not asked';
  while (Date.now() < deadline) {
    if (ended.signal.aborted) return `It ended by itself (${describe(await exited)}).`;
    try {
      const answer = await probe(target);
      if (answer.ok) return await prepare(target);
      problem = answer.reason;
    } catch (error) {
      // The namespace is registered a moment after the port answers.
      problem = error instanceof Error ? error.message : String(error);
    }
    await sleep(50);
  }
  return `It did not get ready within ${startMs / 1000} s: ${problem}.`;
}

async function prepare(target: Target): Promise<null> {
  const connection = await connectClient(target);
  try {
    await prepareNamespace(connection, target.namespace);
    return null;
  } finally {
    await connection.close();
  }
}

async function stop(child: ChildProcess, exited: Promise<ServerExit>): Promise<void> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), SERVER.stopMs);
  await exited;
  clearTimeout(timer);
}

function describe({ code, signal }: ServerExit): string {
  return signal === null ? `exit code ${code}` : signal;
}

function startError(options: DevServerOptions, logFrom: number, problem: string): BraidError {
  const log = tailOf(options.logFile, logFrom);
  const text = `The Temporal server ${options.binary} did not start on ${LOOPBACK}:${options.port}. ${problem}`;
  return new BraidError('BRAID_SERVER_START', log === '' ? text : `${text}\nIts log ends with:\n${log}`, {
    fix: `Read ${options.logFile}. If the binary is too old, name another: BRAID_TEMPORAL_BINARY=/path/to/temporal`,
  });
}
