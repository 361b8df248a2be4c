import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { SERVER } from '../protocol/limits.ts';
import type { SourceContext } from './binary-source.ts';
import { findOnPath } from './executable.ts';

/** Newer ones have a `replace` directive in go.mod, which `go install` refuses. */
const CLI = 'github.com/temporalio/cli/cmd/temporal@v1.5.1';

/** Builds the Temporal CLI, which holds the server and its UI, from the Go module proxy: the way where only registries are open. */
export async function buildWithGo(folder: string, { env, progress }: SourceContext): Promise<string> {
  const go = findOnPath('go', env);
  if (go === null) throw new Error('no `go` on PATH');
  progress('Building the Temporal server once with Go (about 3 minutes)…');
  const since = Date.now();
  const tick = setInterval(() => {
    progress(`… still building the Temporal server (${Math.round((Date.now() - since) / 1000)} s)`);
  }, SERVER.buildTickMs);
  try {
    await install(go, folder, env);
  } finally {
    clearInterval(tick);
  }
  return join(folder, 'temporal');
}

/** GOFLAGS is replaced: a user's `-mod=vendor` would make an install from the proxy fail. */
function install(go: string, folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(go, ['install', CLI], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...env, GOBIN: folder, GOFLAGS: '-mod=mod' },
      timeout: SERVER.buildMs,
    });
    const said: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) return resolve();
      const last = Buffer.concat(said).toString('utf8').trim().split('\n').slice(-4).join(' | ');
      reject(new Error(`\`go install ${CLI}\` ended with ${signal ?? `exit code ${code}`}: ${last}`));
    });
  });
}
