/** Runs judgements in a thread of its own, so that one which never ends can be ended. */
import { parentPort } from 'node:worker_threads';
import type { Json, JsonObject } from '../../protocol/json.ts';
import { judgeValue } from '../../sandbox/judge-value.ts';

parentPort?.on('message', ({ id, schema, value }: { id: number; schema: JsonObject; value: Json }) => {
  try {
    parentPort?.postMessage({ id, problem: judgeValue(schema, value) });
  } catch (error) {
    parentPort?.postMessage({ id, failure: error instanceof Error ? error.message : String(error) });
  }
});

parentPort?.postMessage({ ready: true });
