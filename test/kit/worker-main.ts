/** A worker's process for tests (worker-process.ts): gets all ready, and polls when it is told to. */
import { once } from 'node:events';
import { flushCompileCache } from 'node:module';
import { Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { taskQueueOf } from '../../protocol/names.ts';
import { openStore } from '../../store/blobs.ts';
import { installRuntime } from '../../worker/runtime.ts';
import { takeOver } from '../../worker/successor.ts';
import { createWorker } from '../../worker/worker.ts';

const { TEMPORAL_ADDRESS: address, BRAID_HOME: home, BRAID_BUNDLE: codePath } = process.env;
if (address === undefined || home === undefined || codePath === undefined) throw new Error('not for use by hand');
// Now and not at the end, which is a kill.
flushCompileCache();
installRuntime();
const store = openStore(home);
const connection = await NativeConnection.connect({ address });
const client = await Connection.connect({ address });
await once(process.stdin, 'data');
const worker = await createWorker({
  connection,
  namespace: 'default',
  store,
  env: process.env,
  workflowBundle: { codePath },
});
const running = worker.run();
process.stdout.write('ready\n');
await takeOver(client, 'default', taskQueueOf(store.id)).catch(() => undefined);
await running;
