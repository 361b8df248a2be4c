/** The work of `braid skip` and `braid restart`, loaded when it is needed. */
import { RunHandle } from '../run-handle.ts';
import { say, withSession } from './common.ts';

export async function steerCall(run: string, call: string, action: 'skip' | 'restart'): Promise<void> {
  const address = await withSession('server and worker', ({ client }) => new RunHandle(client, run)[action](call));
  say(`${action === 'skip' ? 'Skipped' : 'Restarted'} ${address}. Look: braid watch ${run}`);
}
