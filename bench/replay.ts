/** What a worker that has never seen a run pays before it can go on with it: the isolate's work without server and activities. */
import type { History } from './world.ts';
import { Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import type { Store } from '../store/blobs.ts';
import { createPayloadCodec } from '../store/payload-codec.ts';
import { alternate, measure, type Pair, type Sample } from './measure.ts';

export interface ReplaySettings {
  workflowBundle: WorkflowBundleWithSourceMap;
  store: Store;
  rounds: number;
}

/** Replays both histories in turn on one worker that is warm but does not have them. */
export async function replayPair(settings: ReplaySettings, bare: History, script: History): Promise<Pair> {
  const replayer = openReplayer(settings);
  const replay = (history: History) => (): Promise<Sample> => measure(() => replayer.replay(history));
  await replayer.replay(bare);
  await replayer.replay(script);
  const pair = await alternate(settings.rounds, replay(bare), replay(script));
  await replayer.close();
  return pair;
}

/** The SDK replays a stream of histories on one worker; here the next one is handed in when the last one is done. */
function openReplayer({ workflowBundle, store }: ReplaySettings) {
  let wake: () => void = () => undefined;
  let next: History | null = null;
  let closed = false;
  async function* feed() {
    for (let count = 1; ; count += 1) {
      if (next === null && !closed) await new Promise<void>((resolve) => (wake = resolve));
      if (next === null) return;
      const history = next;
      next = null;
      yield { workflowId: `replay-${count}`, history };
    }
  }
  const options = {
    workflowBundle,
    dataConverter: { payloadCodecs: [createPayloadCodec(store)] },
    debugMode: false,
    // A whole history is one activation here, and a busy machine may need longer for it than the 5 s of a live one.
    isolateExecutionTimeout: '1m',
  };
  const results = Worker.runReplayHistories(options, feed());
  return {
    replay: async (history: History): Promise<void> => {
      next = history;
      wake();
      const result = await results.next();
      if (result.done === true) throw new Error('the replay worker ended early');
      if (result.value.error) throw result.value.error;
    },
    close: async (): Promise<void> => {
      closed = true;
      wake();
      await results.next();
    },
  };
}
