import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { plannerInput } from '../../../client/plan/input.ts';
import { plannedScript, startPlanner } from '../../../client/plan/planning.ts';
import { readRun } from '../../../client/view/read.ts';
import { taskQueueOf } from '../../../protocol/names.ts';
import { promptOf } from '../../../testing/provider/index.ts';
import { useKillWorld } from '../../kit/worker-process.ts';
import { replay } from '../batch/kit.ts';

const world = useKillWorld();

it('a plan goes on after its worker was killed: scripts that came are not asked for again', async () => {
  const good = `export const meta = { name: 'one', description: 'd' }\nreturn await agent('x', { label: 'x' })`;
  world.provider.setScript((request) => {
    const repairs = promptOf(request).includes('Your script before');
    return { submit: { script: repairs ? good : 'return (' }, delayMs: repairs ? 1_500 : 0 };
  });
  const cwd = mkdtempSync(path.join(tmpdir(), 'braid-plan-'));
  const place = { cwd, home: cwd, env: {}, stdin: () => Promise.resolve('') };
  const worker = await world.startWorker();
  const planner = await plannerInput('Do one', 'killed', { flags: { model: 'openai-chat/x' } }, place);
  const { client, store } = world;
  await startPlanner({ client, store, taskQueue: taskQueueOf(store.id) }, 'killed', planner);
  while (world.provider.requests.length < 2) await sleep(10);
  await worker.kill();
  await world.startWorker();
  const handle = client.workflow.getHandle('killed');
  await handle.result();
  const view = await readRun(client, 'killed');
  expect(plannedScript(view)).toMatchObject({ script: good, tries: 2 });
  expect(view.usage).toMatchObject({ calls: 2, requests: 3 });
  expect(world.provider.requests.map((request) => promptOf(request).includes('Your script before'))).toEqual([
    false,
    true,
    true,
  ]);
  await replay(world, handle);
}, 180_000);
