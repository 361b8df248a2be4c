/** What a worker that has never seen a run pays before it can go on with it: the isolate's work without server and activities. */
import { Worker } from '@temporalio/worker';
import { createPayloadCodec } from '../store/payload-codec.ts';
import { alternate, measure, type Pair } from './measure.ts';
import type { History, Sides, World } from './world.ts';

/** Replays both histories in turn, each on a worker of its side that is warm but does not have it. */
export async function replayPair(
  sides: Sides,
  rounds: number,
  histories: { bare: History; script: History },
): Promise<Pair> {
  const bare = openReplayer(sides.bare);
  const script = openReplayer(sides.script);
  await bare.replay(histories.bare);
  await script.replay(histories.script);
  const pair = await alternate(
    rounds,
    () => measure(() => bare.replay(histories.bare)),
    () => measure(() => script.replay(histories.script)),
  );
  await bare.close();
  await script.close();
  return pair;
}

/** The SDK replays a stream of histories on one worker; here the next one is handed in when the last one is done. */
function openReplayer({ workflowBundle, store }: World) {
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
