import { historiesOf, type Histories, type History } from '../../testing/replay.ts';
import { Worker, type WorkflowBundleOption } from '@temporalio/worker';
import type { Store } from '../../store/blobs.ts';
import { createPayloadCodec } from '../../store/payload-codec.ts';

export interface Replayer {
  /** Replays an ended run and all its children, each execution of those that continued as new. Rejects when code and
   * history disagree. */
  replay(run: string): Promise<void>;
  close(): Promise<void>;
}

type Told = { workflowId: string; history: History };

/**
 * Replays what testing/replay.ts replays, but on one worker for all runs of a file: most runs of the tests are short, and a
 * worker for each would cost more than all else that the test does.
 */
export function openReplayer(client: Histories, store: Store, workflowBundle: WorkflowBundleOption): Replayer {
  // The guest's stack needs worker threads, which debug mode takes away (facts §3).
  const options = { workflowBundle, dataConverter: { payloadCodecs: [createPayloadCodec(store)] }, debugMode: false };
  const told: Told[] = [];
  const results = Worker.runReplayHistories(options, taken(told));
  return {
    async replay(run) {
      for await (const one of historiesOf(client, run)) {
        // One history gives one result, in the order of asking: the worker takes the next one only when it is asked to.
        told.push(one);
        const { value, done } = await results.next();
        if (done === true) throw new Error(`the replayer ended before ${one.workflowId}`);
        if (value.error) throw value.error;
      }
    },
    close: async () => void (await results.return?.()),
  };
}

function* taken(list: Told[]): Generator<Told> {
  for (let next = list.shift(); next !== undefined; next = list.shift()) yield next;
}
