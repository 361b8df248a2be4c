import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { promptOf } from '../../../testing/provider/index.ts';
import { useKillWorld } from '../../kit/worker-process.ts';
import { endOf, linesOf, replay, start, values } from './kit.ts';

const world = useKillWorld();

it('loses nothing to a killed worker, and repeats no more than was at work', async () => {
  world.provider.setScript((request) => ({ text: promptOf(request), delayMs: 100 }));
  const worker = await world.startWorker();
  const lines = Array.from({ length: 24 }, (_, n) => JSON.stringify({ n: n + 1 }));
  const handle = await start(world, "return await agent('item ' + args.n)", lines, { window: 4 });
  while (world.provider.requests.length < 10) await sleep(10);
  await worker.kill();
  await world.startWorker();
  expect((await endOf(handle)).value).toMatchObject({ completed: 24 });
  const results = linesOf(world.store, handle);
  expect(results.length).toBe(24);
  expect(values(results)).toEqual(lines.map((_, n) => `item ${n + 1}`));
  expect(world.provider.requests.length).toBeLessThanOrEqual(24 + 4);
  await replay(world, handle);
}, 120_000);
