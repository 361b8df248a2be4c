/** Runs the built command in real processes: an own BRAID_HOME per test file, processes that can be killed, nothing left behind. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import type { RunResult } from '../../protocol/outcome.ts';
import { keepOffUsualPorts } from './ports.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ENTRY = path.join(ROOT, 'dist/client/cli/main.js');

export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
  /** stdout as JSON: the object of `-o json`. */
  json(): RunResult;
}

export interface Running {
  child: ChildProcess;
  /** What it has written to stderr so far. */
  stderr(): string;
  stdout(): string;
  ended: Promise<CliResult>;
  /** Waits until stderr or stdout matches. */
  until(pattern: RegExp, ms?: number): Promise<void>;
}

export interface Cli {
  home: string;
  env: NodeJS.ProcessEnv;
  start(args: string[], options?: { env?: NodeJS.ProcessEnv; cwd?: string; input?: string }): Running;
  run(args: string[], options?: { env?: NodeJS.ProcessEnv; cwd?: string; input?: string }): Promise<CliResult>;
  /** Ends everything that was started and still lives. */
  killAll(): Promise<void>;
}

/** A fresh home with ports of its own; at the end of the file every process that was started from it is killed. */
export function useCli(extra: NodeJS.ProcessEnv = {}): Cli {
  const home = mkdtempSync(path.join(tmpdir(), 'braid-e2e-'));
  const env: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    BRAID_HOME: home,
    NO_COLOR: '1',
    ...extra,
  };
  const children = new Set<ChildProcess>();
  const start: Cli['start'] = (args, options = {}) => {
    const child = spawn(process.execPath, [ENTRY, ...args], {
      cwd: options.cwd ?? ROOT,
      env: { ...env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    children.add(child);
    child.stdin.end(options.input ?? '');
    return follow(child, () => children.delete(child));
  };
  const run: Cli['run'] = (args, options) => start(args, options).ended;
  const killAll = async () => {
    const living = [...children].map((child) => new Promise((resolve) => child.once('exit', resolve)));
    for (const child of children) child.kill('SIGTERM');
    await Promise.all(living);
  };
  beforeAll(() => keepOffUsualPorts(home));
  afterAll(async () => {
    await run(['dev', '--stop']);
    await killAll();
    rmSync(home, { recursive: true, force: true });
  });
  return { home, env, start, run, killAll };
}

function follow(child: ChildProcess, gone: () => void): Running {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<CliResult>((resolve) => {
    child.once('close', (code) => {
      gone();
      resolve({ code, stdout, stderr, json: () => JSON.parse(stdout) as RunResult });
    });
  });
  const until = async (pattern: RegExp, ms = 60_000) => {
    const end = Date.now() + ms;
    while (!pattern.test(stderr + stdout)) {
      if (Date.now() > end || child.exitCode !== null)
        throw new Error(`no ${String(pattern)} in:\n${stderr}\n${stdout}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  return { child, stderr: () => stderr, stdout: () => stdout, ended, until };
}
