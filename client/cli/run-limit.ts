/** The work of `braid limit`, loaded when it is needed. */
import { belowSpent, limitChangeOf } from '../limit-change.ts';
import { RunHandle } from '../run-handle.ts';
import { say, withSession } from './common.ts';

export async function limit(run: string, flags: Parameters<typeof limitChangeOf>[0]): Promise<void> {
  const change = limitChangeOf(flags);
  const view = await withSession('server', async ({ client }) => {
    const handle = new RunHandle(client, run);
    await handle.limit(change);
    return handle.view();
  });
  const told = Object.entries(change).map(([name, n]) => `${name} ${n}`);
  say(`Limits changed: ${told.join(', ')}. Look: braid watch ${run}`);
  for (const line of belowSpent(change, view)) say(line);
}
