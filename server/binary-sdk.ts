import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SERVER } from '../protocol/limits.ts';
import type { SourceContext } from './binary-source.ts';

/** The SDK offers no plain download, only to start what it downloaded: the child does that once and ends. */
const CHILD = fileURLToPath(new URL(`./sdk-download${extname(import.meta.url)}`, import.meta.url));

/**
 * The Temporal SDK's own download, in a child process: it has no time limit and cannot be cancelled, and without a network some
 * machines answer at once and some never. Given up when no byte has arrived for {@link SERVER.downloadSilenceMs}.
 */
export async function downloadWithSdk(
  folder: string,
  { env, progress }: SourceContext,
  silenceMs: number = SERVER.downloadSilenceMs,
): Promise<string> {
  progress(`Downloading the Temporal server once (about 100 MB; given up after ${silenceMs / 1000} s without a byte)…`);
  await runChild(folder, env, silenceMs);
  const file = readdirSync(folder).find((name) => !name.endsWith('.downloading'));
  if (file === undefined) throw new Error('the SDK reported success and left no file');
  return join(folder, file);
}

function runChild(folder: string, env: NodeJS.ProcessEnv, silenceMs: number): Promise<void> {
  const child = spawn(process.execPath, [CHILD, folder], { stdio: ['ignore', 'ignore', 'pipe'], env });
  return new Promise((resolve, reject) => {
    const said: Buffer[] = [];
    let silent = false;
    const watch = watchSilence(folder, silenceMs, () => {
      silent = true;
      child.kill('SIGKILL');
    });
    const end = (error?: Error) => {
      clearInterval(watch);
      if (error === undefined) resolve();
      else reject(error);
    };
    child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
    child.once('error', end);
    child.once('close', (code) => {
      if (code === 0) end();
      else end(new Error(silent ? `nothing arrived for ${silenceMs / 1000} s` : lastWords(said, child)));
    });
  });
}

/** Calls back once the folder's files have not grown for too long. */
function watchSilence(folder: string, silenceMs: number, onSilence: () => void): NodeJS.Timeout {
  let bytes = 0;
  let grewAt = Date.now();
  return setInterval(() => {
    const now = bytesIn(folder);
    if (now !== bytes) [bytes, grewAt] = [now, Date.now()];
    else if (Date.now() - grewAt > silenceMs) onSilence();
  }, 500);
}

function bytesIn(folder: string): number {
  return readdirSync(folder).reduce(
    (sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

function lastWords(said: readonly Buffer[], child: ChildProcess): string {
  return Buffer.concat(said).toString('utf8').trim() || `the download ended with ${child.exitCode ?? child.signalCode}`;
}
