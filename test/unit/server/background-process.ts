/** A stand-in for `braid dev` and `braid worker`: `node background-process server HOME` or `node background-process worker`. */
import { createServer } from 'node:http2';
import { ownIdentity } from '../../../server/process-identity.ts';
import { instanceFor, writeRecord } from '../../../server/registry.ts';

const [kind, home = ''] = process.argv.slice(2);
const keepAlive = setInterval(() => {}, 1000);
process.on('SIGTERM', () => {
  console.log('ending');
  clearInterval(keepAlive);
  process.exit(0);
});
if (kind === 'worker') console.log('worker is ready');
if (kind === 'server') serve();

function serve(): void {
  const server = createServer();
  server.on('stream', (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12' }, { endStream: true });
  });
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const own = ownIdentity();
    const ports = { port, uiPort: port };
    const record = {
      ...own,
      ports,
      address: `127.0.0.1:${port}`,
      uiUrl: null,
      owner: 'background',
      ownedBy: own,
    } as const;
    writeRecord(instanceFor(home, undefined), { ...record, startedAt: new Date().toISOString() });
  });
}
