/**
 * One command in a sandbox.
 *
 *  R1  When this settles, nothing of the command runs any more, and nothing writes into the workspace: all its processes are in a process
 *      namespace whose first process has ended.
 *  R2  It settles: after the command's time all of it is killed, from outside.
 *  R3  Without a sandbox there is no command: whatever prevents the set-up is BRAID_SHELL_UNAVAILABLE.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { BraidError } from '../../../protocol/errors.ts';
import { SHELL } from '../../../protocol/limits.ts';
import { commandLine, type Place, type SandboxKind } from './command.ts';
import { READY, SUPERVISE } from './inside.ts';
import { HeadAndTail } from './output.ts';
import { diskUsage, residentBytes } from './usage.ts';

export interface CommandResult {
  /** Null when it was ended. */
  code: number | null;
  /** Head and tail of what it printed. */
  output: string;
  /** Why it was ended before its end; null: it ended by itself. */
  ended: 'time' | 'memory' | 'disk' | 'output' | null;
  ms: number;
}

/** What is watched from outside, of all processes together. */
export type RunLimits = Pick<
  Record<keyof typeof SHELL, number>,
  'memoryBytes' | 'grownBytes' | 'grownFiles' | 'outputBytes'
>;

export interface CommandOptions {
  kind: SandboxKind;
  place: Place;
  command: string;
  seconds: number;
  limits?: RunLimits;
  /** Its abort ends the command and rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Errors: BRAID_SHELL_UNAVAILABLE. */
export async function runCommand({
  kind,
  place,
  command,
  seconds,
  limits: most = SHELL,
  signal,
}: CommandOptions): Promise<CommandResult> {
  signal?.throwIfAborted();
  const before = await diskUsage(place.workspace);
  const began = performance.now();
  // A group of its own, without a terminal: it is killed as one, and nothing typed at the worker reaches it.
  const child = spawn('sh', ['-c', SUPERVISE, 'braid', ...commandLine(kind, place, command)], {
    cwd: '/',
    env: { PATH: `/usr/sbin:/usr/bin:/sbin:/bin:${process.env['PATH'] ?? ''}`, LC_ALL: 'C' },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const run = new Run(child, most);
  const over = new AbortController();
  const abort = () => run.end(null);
  signal?.addEventListener('abort', abort);
  try {
    const limits = [run.after(seconds, over.signal), run.watch(place.workspace, before, over.signal)];
    const code = await run.closed;
    over.abort();
    await Promise.allSettled(limits);
    signal?.throwIfAborted();
    if (!run.ready) throw unavailable(kind, run.problem, run.ended);
    const { ended, output } = run;
    return {
      code: ended === null ? code : null,
      output: output.text(),
      ended,
      ms: Math.round(performance.now() - began),
    };
  } finally {
    over.abort();
    signal?.removeEventListener('abort', abort);
    run.end(null);
  }
}

class Run {
  ended: CommandResult['ended'] = null;
  ready = false;
  problem = '';
  readonly output = new HeadAndTail();
  /** The exit code; null when it was killed, or could not be started. */
  readonly closed: Promise<number | null>;
  private readonly child: ChildProcess;
  private readonly limits: RunLimits;
  private open = true;

  constructor(child: ChildProcess, limits: RunLimits) {
    this.child = child;
    this.limits = limits;
    child.stdin?.on('error', () => undefined);
    child.stdout?.on('data', (chunk: Buffer) => this.printed(chunk));
    child.stderr?.on('data', (chunk: Buffer) => this.said(chunk));
    this.closed = new Promise((resolve) => {
      child.once('error', (error) => {
        this.problem += error.message;
        this.open = false;
        resolve(null);
      });
      child.once('close', (code) => {
        this.open = false;
        resolve(code);
      });
    });
  }

  /** Kills the whole group; the first process of the sandbox is in it, and takes all others with it (R1). */
  end(why: CommandResult['ended']): void {
    if (!this.open || this.child.pid === undefined) return;
    this.ended ??= why;
    try {
      process.kill(-this.child.pid, 'SIGKILL');
    } catch {
      // It has just ended.
    }
  }

  async after(seconds: number, over: AbortSignal): Promise<void> {
    await sleep(seconds * 1000, undefined, { signal: over });
    this.end('time');
  }

  async watch(workspace: string, before: { files: number; bytes: number }, over: AbortSignal): Promise<void> {
    const most = { files: before.files + this.limits.grownFiles, bytes: before.bytes + this.limits.grownBytes };
    let diskAt = 0;
    while (!over.aborted) {
      await sleep(SHELL.watchMs, undefined, { signal: over });
      if (!this.ready && performance.now() > SHELL.setupMs + this.begun) this.end('time');
      if ((await residentBytes(this.child.pid ?? 0)) > this.limits.memoryBytes) this.end('memory');
      if (performance.now() < diskAt) continue;
      const looked = performance.now();
      const { files, bytes } = await diskUsage(workspace, most);
      if (files > most.files || bytes > most.bytes) this.end('disk');
      diskAt = performance.now() + (performance.now() - looked) / SHELL.diskShare;
    }
  }

  private readonly begun = performance.now();

  private printed(chunk: Buffer): void {
    this.output.add(chunk);
    if (this.output.bytes > this.limits.outputBytes) this.end('output');
  }

  /** Only the set-up writes here: afterwards both outputs of the command are one pipe. */
  private said(chunk: Buffer): void {
    if (this.problem.length < 4_000) this.problem += chunk.toString('utf8');
    this.ready ||= this.problem.includes(READY);
  }
}

function unavailable(kind: SandboxKind, problem: string, ended: CommandResult['ended']): BraidError {
  const said = problem.trim().split('\n').at(-1) ?? '';
  const why =
    ended === 'time' ? 'it was not there in time' : said === '' ? 'it ended without a word' : said.slice(0, 300);
  return new BraidError(
    'BRAID_SHELL_UNAVAILABLE',
    `No sandbox could be set up by ${kind}, so the command was not run: ${why}.`,
  );
}
