import { BraidError } from '../../protocol/errors.ts';
import { stopBackground } from '../../server/background.ts';
import { resolveServer } from '../../server/resolve.ts';
import { resolveHome } from '../../store/home.ts';
import { loadDotEnv } from '../input/dotenv.ts';
import { say } from './common.ts';
import type { DevFlags } from './dev.ts';

/** Runs until Ctrl+C. A server that this process started ends with it; one that it found stays. */
export async function runDev(flags: DevFlags): Promise<void> {
  await loadDotEnv(process.cwd(), process.env);
  const home = resolveHome(process.env);
  const ports = { ...portOf('port', flags.port), ...portOf('uiPort', flags.uiPort) };
  const owner = flags.background === true ? 'background' : 'foreground';
  const server = await resolveServer({ env: process.env, home, start: true, progress: say, ports, owner });
  const what = server.source === 'started' ? 'Temporal server started' : 'Attached to the Temporal server that runs';
  say(`${what} at ${server.address}${server.uiUrl === null ? '' : ` · UI ${server.uiUrl}`} · data in ${home}`);
  const stopping = Promise.withResolvers<void>();
  let asked = 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      asked += 1;
      if (asked > 1) process.exit(130);
      stopping.resolve();
    });
  }
  const worker = flags.worker ? await startOwnWorker(server, home) : null;
  const died =
    server.server?.exited.then(() => {
      if (asked > 0) return;
      say('The Temporal server has ended by itself. Its data is kept: braid dev starts it again.');
      process.exitCode = 1;
    }) ?? new Promise<void>(() => undefined);
  if (worker !== null || server.server !== undefined)
    await Promise.race([stopping.promise, died, worker?.done ?? died]);
  else say('Nothing to do here: the server runs elsewhere and no worker was wanted.');
  worker?.stop();
  await worker?.done.catch(() => undefined);
  await server.server?.stop();
}

async function startOwnWorker(server: Awaited<ReturnType<typeof resolveServer>>, home: string) {
  const { startWorker } = await import('../../worker/process.ts');
  const target = { namespace: server.namespace, options: server.options };
  return startWorker({ target, home, env: process.env, mode: 'foreground', progress: say });
}

export async function stopDev(): Promise<void> {
  const stopped = await stopBackground(resolveHome(process.env));
  if (stopped.length === 0) say('Nothing runs in the background.');
  else
    say(
      `Ended: ${stopped.map(({ kind, pid }) => `${kind} (process ${pid})`).join(', ')}. Runs go on when a server and a worker are back.`,
    );
}

function portOf(name: 'port' | 'uiPort', text: string | undefined): { [key in typeof name]?: number } {
  if (text === undefined) return {};
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return { [name]: port };
  throw new BraidError('BRAID_USAGE', `${text} is no port number.`, { fix: 'Use a number from 1 to 65535.' });
}
