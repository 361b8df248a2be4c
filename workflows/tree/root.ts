/** What every root listens to, whatever drives it: pause, resume, new limits, the clock. */
import { condition, defineSignal, setHandler, sleep } from '@temporalio/workflow';
import { SIGNALS } from '../../protocol/names.ts';
import type { RunLimits } from '../../protocol/run-input.ts';
import type { Children } from './children.ts';
import type { Tree } from './tree.ts';

export function listen(tree: Tree, children: Children): void {
  setHandler(defineSignal(SIGNALS.pause), () => {
    tree.pause();
    return children.tell(SIGNALS.pause);
  });
  setHandler(defineSignal(SIGNALS.resume), () => {
    tree.resume();
    return children.tell(SIGNALS.resume);
  });
  setHandler(defineSignal<[Partial<RunLimits>]>(SIGNALS.limits), (limits) => {
    tree.ledger.raise(limits);
    tree.limitsChanged();
  });
}

/** Wall time without pauses: when it is used up, new calls are refused and `stop` drops what is waited for. */
export async function stopAfter(ms: number, tree: Tree, stop: () => void): Promise<void> {
  let left = ms;
  while (left > 0) {
    await condition(() => !tree.paused);
    const started = Date.now();
    await Promise.race([sleep(left, { summary: 'max-time' }), condition(() => tree.paused)]);
    left -= Date.now() - started;
  }
  tree.ledger.close('maxTimeMs');
  tree.timeIsUp = true;
  stop();
}
