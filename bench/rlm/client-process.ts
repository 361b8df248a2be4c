/**
 * One call of the library in a process of its own, for measurements of memory: connects, warms up, makes its text, says that it
 * is ready, and asks when it is told to. The environment names server and store; the argument is a {@link ClientOrder} as JSON.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Braid } from '../../client/index.ts';
import type { Plan } from './jobs.ts';
import { textOf } from './text.ts';
import { askBraid } from './world.ts';

export interface ClientOrder {
  warm: Plan;
  plan: Plan;
  bytes: number;
  window: number;
}

export type ClientReport = { ready: true } | { ms: number };

const { warm, plan, bytes, window } = JSON.parse(process.argv[2] ?? '') as ClientOrder;
const braid = await Braid.connect({ env: process.env, start: 'nothing' });
await askBraid(braid, warm, textOf(1024, warm.run), { window });
const text = textOf(bytes, plan.run);
// What making the text and warming up left behind is not the call's.
for (let i = 0; i < 3; i += 1) {
  globalThis.gc?.();
  await sleep(50);
}
const told = once(process, 'message');
tell({ ready: true });
await told;
tell({ ms: (await askBraid(braid, plan, text, { window })).ms });
// The bench reads the peak of this process while it lives.
await once(process, 'disconnect');
process.exit(0);

function tell(report: ClientReport): void {
  process.send?.(report);
}
