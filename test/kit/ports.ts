import { choosePorts, type Ports } from '../../server/ports.ts';
import { instanceFor, writeRecord } from '../../server/registry.ts';

/**
 * Ports for a server of a test, below those that the system gives out by itself: a server asks for some of those as well while
 * it starts, and may be given the very one that was free a moment ago. Taken at random, because files start servers at once.
 */
export function quietPorts(): Promise<Ports> {
  const port = 20_000 + 2 * Math.floor(Math.random() * 5_000);
  return choosePorts({ last: { port, uiPort: port + 1 } });
}

/** As if a server had been in this home before: the usual ports may be those of another file, or of somebody at work here. */
export async function keepOffUsualPorts(home: string): Promise<void> {
  const ports = await quietPorts();
  const ended = { pid: process.pid, startToken: 'ended' };
  writeRecord(instanceFor(home, undefined), {
    ...ended,
    ports,
    address: `127.0.0.1:${ports.port}`,
    uiUrl: null,
    owner: 'foreground',
    ownedBy: ended,
    startedAt: new Date(0).toISOString(),
  });
}
