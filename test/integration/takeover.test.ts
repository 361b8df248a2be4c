/** Workflow tasks that died with their worker (worker/lost-task.ts): given back at once, and never from a living one. */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { giveBackTask } from '../../worker/lost-task.ts';
import { takeOver } from '../../worker/successor.ts';

const LIVING = `${process.pid}@${hostname()}`;
const dead = `${spawnSync(process.execPath, ['-e', '']).pid}@${hostname()}`;

let connection: Connection;
let client: Client;
const namespace = 'default';

beforeAll(async () => {
  connection = await Connection.connect({ address: inject('temporalAddress') });
  client = new Client({ connection, namespace });
});
afterAll(() => connection.close());

/** A workflow whose first task is held by this worker, which says nothing of it any more. */
async function heldBy(identity: string) {
  const queue = `takeover-${randomUUID()}`;
  const handle = await client.workflow.start('nobody', { taskQueue: queue, workflowId: queue, args: [] });
  const request = { namespace, taskQueue: { name: queue }, identity };
  const poll = () =>
    client.withDeadline(Date.now() + 60_000, () => connection.workflowService.pollWorkflowTaskQueue(request));
  const { attempt } = await poll();
  expect(attempt).toBe(1);
  await vi.waitUntil(async () => (await client.workflow.count(`WorkflowId = "${queue}"`)).count === 1, 30_000);
  const events = async () => {
    const { events: all } = await client.workflow.getHandle(queue).fetchHistory();
    return (all ?? []).map((event) => event.workflowTaskFailedEventAttributes?.failure?.message ?? event.eventId);
  };
  const execution = { workflowId: queue, runId: handle.firstExecutionRunId };
  return { queue, execution, poll, events, end: () => handle.terminate() };
}

describe('takeOver', () => {
  it('gives back the task of a dead worker, and the next worker gets it at once', async () => {
    const { queue, poll, events, end } = await heldBy(dead);
    await takeOver(connection, namespace, queue);
    expect(await events()).toContain('its worker died');
    const again = await poll();
    expect(again).toMatchObject({ workflowExecution: { workflowId: queue }, attempt: 2 });
    await end();
  });

  it('T1: leaves the task of a living worker alone', async () => {
    const { queue, events, end } = await heldBy(LIVING);
    const before = await events();
    await takeOver(connection, namespace, queue);
    expect(await events()).toEqual(before);
    await end();
  });

  it('L1: the server refuses a token that does not name the open task', async () => {
    const { execution, events, end } = await heldBy(dead);
    const before = await events();
    const isDead = () => true;
    await expect(giveBackTask(client, execution, { attempt: 7, isDead })).rejects.toThrow(/not found/i);
    expect(await events()).toEqual(before);
    expect(await giveBackTask(client, execution, { attempt: 1, isDead })).toBe(true);
    await end();
  });
});
