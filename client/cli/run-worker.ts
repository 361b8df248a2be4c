import { setTimeout as sleep } from 'node:timers/promises';
import { isBraidError } from '../../protocol/errors.ts';
import { resolveServer, type ResolvedServer } from '../../server/resolve.ts';
import { resolveHome } from '../../store/home.ts';
import { loadDotEnv } from '../input/dotenv.ts';
import { say } from './common.ts';

/** Runs until SIGTERM or Ctrl+C. A server that is not there yet is waited for. */
export async function runWorker(mode: 'foreground' | 'background'): Promise<void> {
  const { startWorker } = await import('../../worker/process.ts');
  await loadDotEnv(process.cwd(), process.env);
  const home = resolveHome(process.env);
  const server = await waitForServer(home);
  const target = { namespace: server.namespace, options: server.options };
  const worker = await startWorker({ target, home, env: process.env, mode, progress: say });
  let asked = 0;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      asked += 1;
      if (asked > 1) process.exit(130);
      say('Stopping: calls in hand may finish (again to stop at once).');
      worker.stop();
    });
  }
  await worker.done;
}

async function waitForServer(home: string): Promise<ResolvedServer> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await resolveServer({ env: process.env, home, start: false, progress: say });
    } catch (error) {
      if (!isBraidError(error, 'BRAID_SERVER_UNREACHABLE')) throw error;
      if (tries === 0) say(`${error.message} Waiting for it. ${error.fix}`);
      await sleep(1_000);
    }
  }
}
