import { createServer } from 'node:net';
import { BraidError } from '../protocol/errors.ts';
import { SERVER } from '../protocol/limits.ts';

/** Braid's own servers are reached from this machine only. */
export const LOOPBACK = '127.0.0.1';

export interface Ports {
  port: number;
  uiPort: number;
}

export interface PortWish {
  /** Asked for by the user: taken or refused, never replaced. */
  asked?: Partial<Ports> | undefined;
  /** Those of the last start: a worker that still knows the old address finds the server again. */
  last?: Ports | undefined;
}

/**
 * Ports for a new server: those asked for; else the last ones, else Temporal's usual ones, when free; else the next free ones.
 * A UI port nobody named is 1,000 above the port, as the server itself would have it.
 */
export async function choosePorts({ asked = {}, last }: PortWish): Promise<Ports> {
  if (asked.port !== undefined) await mustBeFree(asked.port, '--port');
  if (asked.uiPort !== undefined) await mustBeFree(asked.uiPort, '--ui-port');
  const port = asked.port ?? (await firstFree(last?.port ?? SERVER.port, asked.uiPort));
  const habit = port === last?.port ? last.uiPort : port + SERVER.uiPort - SERVER.port;
  return { port, uiPort: asked.uiPort ?? (await firstFree(habit, port)) };
}

async function mustBeFree(port: number, option: string): Promise<void> {
  if (await isFree(port)) return;
  throw new BraidError('BRAID_SERVER_START', `Port ${port} on ${LOOPBACK} is in use.`, {
    fix: `Choose another ${option}, or set TEMPORAL_ADDRESS=${LOOPBACK}:${port} if a Temporal server listens there.`,
  });
}

async function firstFree(from: number, taken: number | undefined): Promise<number> {
  for (let port = from; port < 65_536; port++) {
    if (port !== taken && (await isFree(port))) return port;
  }
  return anyFree();
}

export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** A port that nobody listened on a moment ago. */
export function anyFree(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port: 0, host: LOOPBACK }, () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
