import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configuredTarget } from '../../../server/connection.ts';
import { anyFree } from '../../../server/ports.ts';
import { instanceFor, liveRecord, readRecord } from '../../../server/registry.ts';
import { recordedServer, resolveServer, type ResolveOptions } from '../../../server/resolve.ts';
import { ANSWERS_VERSION, ENDED, fakeTemporal, recordServer, script, tempFolder } from './fakes.ts';

function options(change: Partial<ResolveOptions> = {}): ResolveOptions {
  return { env: {}, home: tempFolder(), start: false, progress: () => {}, ...change };
}

/** HOME points away from the developer's own temporal.toml. */
function env(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return { HOME: '/nonexistent', ...more };
}

test('a configured address wins over a recorded server (R1)', async () => {
  const [configured, recorded] = [await fakeTemporal(), await fakeTemporal()];
  const home = tempFolder();
  recordServer(home, recorded.port);
  const resolved = await resolveServer(
    options({ home, env: env({ TEMPORAL_ADDRESS: configured.address, TEMPORAL_NAMESPACE: 'n' }) }),
  );
  expect(resolved).toMatchObject({ source: 'env', address: configured.address, namespace: 'n', uiUrl: null });
});

test('a configured address that does not answer is an error at once, and nothing is started (R1)', async () => {
  const address = `127.0.0.1:${await anyFree()}`;
  const since = performance.now();
  const attempt = resolveServer(
    options({ start: true, env: env({ TEMPORAL_ADDRESS: address, BRAID_TEMPORAL_BINARY: '/not/to/be/run' }) }),
  );
  await expect(attempt).rejects.toMatchObject({
    code: 'BRAID_SERVER_UNREACHABLE',
    message: `The Temporal server at ${address} does not answer: connection refused.`,
  });
  expect(performance.now() - since).toBeLessThan(2000);
});

test('a recorded server that answers is used; TLS and keys of the environment are not sent to it', async () => {
  const { address, port } = await fakeTemporal();
  const home = tempFolder();
  recordServer(home, port, { uiUrl: 'http://127.0.0.1:1' });
  const resolved = await resolveServer(
    options({ home, env: env({ TEMPORAL_API_KEY: 'secret', TEMPORAL_TLS: 'true' }) }),
  );
  expect(resolved).toEqual({
    source: 'recorded',
    address,
    namespace: 'default',
    uiUrl: 'http://127.0.0.1:1',
    options: { address },
  });
});

test('the record of a dead server is not believed, even when another program answers there (R3)', async () => {
  const { port } = await fakeTemporal();
  const home = tempFolder();
  recordServer(home, port, ENDED);
  expect(liveRecord(instanceFor(home, undefined))).toBeNull();
  expect(await recordedServer(home, env())).toBeNull();
  await expect(resolveServer(options({ home, env: env() }))).rejects.toMatchObject({
    code: 'BRAID_SERVER_UNREACHABLE',
    fix: expect.stringContaining('braid dev'),
  });
});

test('a damaged record is none', () => {
  const home = tempFolder();
  writeFileSync(join(home, 'server.json'), '{"pid": 1, "address"');
  expect(readRecord(instanceFor(home, undefined))).toBeNull();
  writeFileSync(join(home, 'server.json'), '{"pid": "1", "ports": {}}');
  expect(readRecord(instanceFor(home, undefined))).toBeNull();
});

test('another port than that of the running server means a database of its own; without one running it does not', async () => {
  const home = tempFolder();
  const main = instanceFor(home, undefined);
  expect(instanceFor(home, 7300)).toEqual(main);
  recordServer(home, 7300);
  expect(instanceFor(home, 7300)).toEqual(main);
  const other = instanceFor(home, 7400);
  expect([other.record, other.database]).not.toContain(main.record);
  expect(other.database).toBe(join(home, 'server', 'temporal-7400.db'));
  recordServer(home, 7300, ENDED);
  expect(instanceFor(home, 7400)).toEqual(main);
});

test('a server that ends by itself gives its last words, and the next port is used when the wanted one is taken', async () => {
  const { port } = await fakeTemporal();
  const home = tempFolder();
  recordServer(home, port, ENDED);
  const binary = script(
    join(home, 'bin'),
    'temporal',
    `test "$1" = --version && { ${ANSWERS_VERSION}; exit; }\necho "database is from the future"; exit 7`,
  );
  const lines: string[] = [];
  const attempt = resolveServer(
    options({ home, start: true, env: env({ BRAID_TEMPORAL_BINARY: binary }), progress: (line) => lines.push(line) }),
  );
  await expect(attempt).rejects.toThrow(
    /It ended by itself \(exit code 7\)\.\nIts log ends with:\ndatabase is from the future/,
  );
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain(`:${port}…`);
});

test('a port that was asked for and is taken is an error', async () => {
  const { port } = await fakeTemporal();
  const home = tempFolder();
  const binary = script(join(home, 'bin'), 'temporal', ANSWERS_VERSION);
  const attempt = resolveServer(
    options({ home, start: true, ports: { port }, env: env({ BRAID_TEMPORAL_BINARY: binary }) }),
  );
  await expect(attempt).rejects.toMatchObject({
    code: 'BRAID_SERVER_START',
    message: `Port ${port} on 127.0.0.1 is in use.`,
  });
});

test("a profile of Temporal's own configuration file counts as configured, and TLS and key come with it", async () => {
  const folder = tempFolder();
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'temporal.toml');
  writeFileSync(file, '[profile.default]\naddress = "cloud.example:7233"\nnamespace = "team"\napi_key = "k"\n');
  const target = await configuredTarget(env({ TEMPORAL_CONFIG_FILE: file }));
  expect(target).toEqual({ namespace: 'team', options: { address: 'cloud.example:7233', apiKey: 'k', tls: true } });
  writeFileSync(file, 'this is = not [toml');
  await expect(configuredTarget(env({ TEMPORAL_CONFIG_FILE: file }))).rejects.toMatchObject({ code: 'BRAID_CONFIG' });
  expect(await configuredTarget(env({ TEMPORAL_NAMESPACE: 'only-a-namespace' }))).toBeNull();
});
