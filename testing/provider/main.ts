/**
 * The scripted provider as a process of its own, so that end-to-end tests may kill workers while it lives:
 *
 *     node testing/provider/main.ts --script ./script.ts --port 0 --log requests.jsonl
 *
 * The script module's default export is a ProviderScript. Prints `listening <url>` once it is ready; the log gets one JSON
 * line a request, written before the answer starts.
 */
import { appendFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { ProviderScript } from './reply.ts';
import { startProvider } from './server.ts';

const { values } = parseArgs({
  options: { script: { type: 'string' }, port: { type: 'string', default: '0' }, log: { type: 'string' } },
});
if (values.script === undefined)
  throw new Error('--script is missing: the path of a module that exports a ProviderScript');

const loaded = (await import(pathToFileURL(values.script).href)) as { default: ProviderScript };
const log = values.log;
const provider = await startProvider(loaded.default, {
  port: Number(values.port),
  onRequest: (request) => {
    if (log !== undefined) appendFileSync(log, `${JSON.stringify(request)}\n`);
  },
});
process.stdout.write(`listening ${provider.url}\n`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void provider.close().then(() => process.exit(0)));
}
