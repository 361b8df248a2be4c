import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { NAMESPACE_RETENTION_DAYS, SEARCH_ATTRIBUTES } from '../../../protocol/names.ts';
import { serverArguments } from '../../../server/dev-server.ts';
import { DYNAMIC_CONFIG_FILE, dynamicConfigFlags, readDynamicConfig } from '../../../server/dynamic-config.ts';
import { tempFolder, script } from './fakes.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

const Service = z.object({
  image: z.string().optional(),
  build: z.string().optional(),
  environment: z.union([z.record(z.string(), z.string()), z.array(z.string())]).optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).optional(),
  volumes: z.array(z.string()).optional(),
  ports: z.array(z.string()).optional(),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  command: z.array(z.string()).optional(),
});
const { services, volumes } = z
  .object({ services: z.record(z.string(), Service), volumes: z.record(z.string(), z.null()) })
  .parse(parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true }));

function service(name: string): z.infer<typeof Service> {
  const found = services[name];
  if (found === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
}

test('the tuned values are those that were measured', () => {
  expect(readDynamicConfig()).toMatchObject({
    'history.transferProcessorMaxPollRPS': 5000,
    'history.timerProcessorMaxPollRPS': 5000,
    'history.visibilityProcessorMaxPollRPS': 1000,
    'history.maximumBufferedEventsBatch': 5000,
    'matching.enableFairness': true,
    'system.enableActivityEagerExecution': true,
  });
});

test('the dev server gets every value of the file that compose mounts, and one partition on top', () => {
  const flags = dynamicConfigFlags().filter((flag) => flag !== '--dynamic-config-value');
  const shared = Object.entries(readDynamicConfig()).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const own = ['matching.numTaskqueueReadPartitions=1', 'matching.numTaskqueueWritePartitions=1'];
  expect(flags).toEqual([...shared, ...own]);

  const temporal = service('temporal');
  const inside = z.record(z.string(), z.string()).parse(temporal.environment)['DYNAMIC_CONFIG_FILE_PATH'];
  const mount = temporal.volumes?.find((volume) => volume.endsWith(`:${inside}:ro`));
  expect(join(root, mount?.split(':')[0] ?? '')).toBe(fileURLToPath(DYNAMIC_CONFIG_FILE));
});

test('a dynamic config that the flag cannot say is refused', () => {
  const folder = tempFolder();
  const file = script(folder, 'constrained.yaml', 'some.key:\n  - value: 1\n    constraints: {namespace: x}');
  expect(() => readDynamicConfig(file)).toThrow(/some\.key: expected one entry with a plain value/);
});

test('the dev server is told database, pragmas, search attributes and addresses', () => {
  const base = { binary: 'b', dbFile: '/d', logFile: '/l', port: 1, namespace: 'n', synchronous: 'NORMAL' } as const;
  const text = serverArguments({ ...base, uiPort: 2 }).join(' ');
  expect(text).toContain('server start-dev --ip 127.0.0.1 --port 1 --ui-port 2 --namespace n --db-filename /d');
  expect(text).toContain('--sqlite-pragma journal_mode=WAL --sqlite-pragma synchronous=NORMAL');
  expect(text).toContain(
    '--search-attribute BraidState=Keyword --search-attribute BraidScript=Keyword --search-attribute BraidKind=Keyword',
  );
  expect(serverArguments({ ...base, uiPort: null })).toContain('--headless');
});

test('compose has PostgreSQL 16, schema job, server, namespace job, UI and worker', () => {
  expect(Object.keys(services)).toEqual(['postgres', 'schema', 'temporal', 'namespace', 'ui', 'worker']);
  expect(service('postgres').image).toMatch(/^postgres:16(-|$)/);
  expect(service('temporal').image).toMatch(/^temporalio\/server:1\.29\./);
  expect(service('schema').image).toBe(service('namespace').image);
  expect(service('worker').build).toBe('.');
});

test('compose: who waits for health waits for something that tells it, and jobs are waited for until they end', () => {
  const waits = Object.values(services).flatMap(({ depends_on = {} }) => Object.entries(depends_on));
  const [jobs, others] = [
    waits.filter(([name]) => name === 'schema' || name === 'namespace'),
    waits.filter(([name]) => name !== 'schema' && name !== 'namespace'),
  ];
  expect(jobs.map(([, { condition }]) => condition)).toEqual(Array(2).fill('service_completed_successfully'));
  expect(others.map(([, { condition }]) => condition)).toEqual(Array(3).fill('service_healthy'));
  for (const [name] of others) expect(service(name).healthcheck).toBeDefined();
});

test('compose: nothing is reachable from outside, named volumes exist, mounted files exist', () => {
  const ports = Object.values(services).flatMap((each) => each.ports ?? []);
  expect(ports).toHaveLength(2);
  for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  const sources = Object.values(services).flatMap((each) =>
    (each.volumes ?? []).map((mount) => mount.split(':')[0] ?? ''),
  );
  expect(sources.filter((source) => /^[a-z]/.test(source))).toEqual(Object.keys(volumes));
  const files = sources.filter((source) => source.startsWith('.'));
  expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
});

test('compose: the namespace gets the retention and the search attributes of our own servers', () => {
  const commands = service('namespace').command?.join('\n') ?? '';
  const retentions = [...commands.matchAll(/--retention (\d+)h/g)].map((match) => Number(match[1]));
  expect(retentions).toEqual([NAMESPACE_RETENTION_DAYS * 24, NAMESPACE_RETENTION_DAYS * 24]);
  for (const name of Object.values(SEARCH_ATTRIBUTES)) expect(commands).toContain(`--name ${name} --type Keyword`);
});

test('the worker image starts the worker with the store where compose mounts it', () => {
  const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
  const home = /^ENV BRAID_HOME=(.+)$/m.exec(dockerfile)?.[1];
  expect(service('worker').environment).toContain(`BRAID_HOME=${home}`);
  expect(service('worker').volumes?.some((volume) => volume.endsWith(`:${home}`))).toBe(true);
  expect(dockerfile).toMatch(/^FROM node:24-slim$/m);
  expect(dockerfile).toMatch(/^CMD \["worker"\]$/m);
});
