import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import { defineSearchAttributeKey, TypedSearchAttributes } from '@temporalio/common';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { NAMESPACE_RETENTION_DAYS, SEARCH_ATTRIBUTES } from '../../protocol/names.ts';
import { connectClient, connectWorker, localTarget, probe } from '../../server/connection.ts';
import { ensureSearchAttributes, retentionDays } from '../../server/namespace.ts';
import { isAlive, identityOf } from '../../server/process-identity.ts';
import { resolveServer, type ResolvedServer } from '../../server/resolve.ts';
import { keepOffUsualPorts } from '../kit/ports.ts';
import { startTestServer } from '../kit/temporal.ts';

let home: string;
let open: ResolvedServer[];

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'braid-home-'));
  open = [];
  await keepOffUsualPorts(home);
});

afterEach(async () => {
  for (const { server } of open) await server?.stop();
  rmSync(home, { recursive: true, force: true });
});

async function resolve(env: NodeJS.ProcessEnv = {}): Promise<ResolvedServer> {
  const { TEMPORAL_ADDRESS: _, ...rest } = process.env;
  const options = { env: { ...rest, ...env }, home, start: true, progress: () => {} };
  const resolved = await resolveServer(options);
  open.push(resolved);
  return resolved;
}

test('the suite has a tuned server: retention, search attributes, both kinds of connection (D1)', async () => {
  const target = localTarget(inject('temporalAddress'), {});
  expect(await probe(target)).toEqual({ ok: true });
  const connection = await connectClient(target);
  expect(await retentionDays(connection, 'default')).toBe(NAMESPACE_RETENTION_DAYS);
  expect(await retentionDays(connection, 'no-such-namespace')).toBeNull();
  expect(await ensureSearchAttributes(connection, 'default')).toEqual([]);
  await connection.close();
  const native = await connectWorker(target);
  await native.close();
});

test('a killed server starts again on its database and port, and its runs are still there', async () => {
  const first = await resolve();
  expect(first.source).toBe('started');
  const state = defineSearchAttributeKey(SEARCH_ATTRIBUTES.state, 'KEYWORD');
  await start(first, 'survivor', new TypedSearchAttributes([{ key: state, value: 'running' }]));
  process.kill(first.server?.pid ?? 0, 'SIGKILL');
  expect(await first.server?.exited).toEqual({ code: null, signal: 'SIGKILL' });

  const second = await resolve();
  expect([second.source, second.address, second.uiUrl]).toEqual(['started', first.address, first.uiUrl]);
  const connection = await connectClient(second);
  const described = await new Client({ connection }).workflow.getHandle('survivor').describe();
  expect(described.status.name).toBe('RUNNING');
  expect(described.typedSearchAttributes.get(state)).toBe('running');
  await connection.close();
});

test('two at once start one server, and the UI answers (R2)', async () => {
  const [a, b] = await Promise.all([resolve(), resolve()]);
  expect([a.source, b.source].toSorted()).toEqual(['recorded', 'started']);
  expect([a.address, a.uiUrl]).toEqual([b.address, b.uiUrl]);
  expect((await fetch(String(a.uiUrl))).status).toBe(200);
});

test('a namespace named later is made on the running server', async () => {
  await resolve();
  const named = await resolve({ TEMPORAL_NAMESPACE: 'team-a' });
  expect([named.source, named.namespace]).toEqual(['recorded', 'team-a']);
  const connection = await connectClient(named);
  expect(await retentionDays(connection, 'team-a')).toBe(NAMESPACE_RETENTION_DAYS);
  await connection.close();
});

test('a configured address is used as it is (R1)', async () => {
  const resolved = await resolve({ TEMPORAL_ADDRESS: inject('temporalAddress') });
  expect(resolved).toMatchObject({
    source: 'env',
    address: inject('temporalAddress'),
    uiUrl: null,
    namespace: 'default',
  });
  expect(resolved.server).toBeUndefined();
});

test('no process of a stopped server is left', async () => {
  const server = await startTestServer();
  const identity = identityOf(server.pid);
  await server.stop();
  expect(identity !== null && isAlive(identity)).toBe(false);
  expect(await probe(localTarget(server.address, {}))).toEqual({ ok: false, reason: 'connection refused' });
});

async function start(
  server: ResolvedServer,
  workflowId: string,
  typedSearchAttributes: TypedSearchAttributes,
): Promise<void> {
  const connection = await connectClient(server);
  const client = new Client({ connection, namespace: server.namespace });
  await client.workflow.start('nobody-runs-this', { workflowId, taskQueue: 'nobody', typedSearchAttributes });
  await connection.close();
}
