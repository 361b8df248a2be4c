/** What every root listens to, whatever drives it: pause, resume, new limits, the clock. */
import { condition, defineQuery, defineSignal, setHandler, sleep } from '@temporalio/workflow';
import { QUERIES, SIGNALS } from '../../protocol/names.ts';
import type { RunLimits } from '../../protocol/run-input.ts';
import type { Children } from './children.ts';
import { Parking } from './parking.ts';
import type { Tree } from './tree.ts';

export function listen(tree: Tree, children: Children): void {
  const pauseAll = (): Promise<void> => {
    tree.pause();
    return children.tell(SIGNALS.pause);
  };
  const resumeAll = (): Promise<void> => {
    tree.resume();
    tree.breaker.resumed();
    return children.tell(SIGNALS.resume);
  };
  const parking = tree.level === 0 ? parkingOf(tree, pauseAll, resumeAll) : null;
  setHandler(defineSignal(SIGNALS.pause), () => {
    parking?.hold();
    return pauseAll();
  });
  setHandler(defineSignal(SIGNALS.resume), () => {
    parking?.release();
    return resumeAll();
  });
  setHandler(defineSignal<[Partial<RunLimits>]>(SIGNALS.limits), (limits) => {
    tree.ledger.raise(limits);
    tree.limitsChanged();
  });
  setHandler(defineQuery(QUERIES.changes), () => tree.changes.soFar);
}

/** A run without credit is parked at its root (breaker.ts). */
function parkingOf(tree: Tree, pauseAll: () => Promise<void>, resumeAll: () => Promise<void>): Parking {
  const parking = new Parking({
    get paused() {
      return tree.paused;
    },
    announce: (text) => tree.marker.announce(text),
    pauseAll: () => void pauseAll(),
    resumeAll: () => void resumeAll(),
    probe: () => tree.breaker.probe(),
  });
  tree.breaker.above = parking;
  return parking;
}

/** Wall time without pauses: when it is used up, new calls are refused and `stop` drops what is waited for. Null: no such limit. */
export async function stopAfter(tree: Tree, stop: (ms: number) => void): Promise<void> {
  const limit = () => tree.ledger.limitOf('maxTimeMs') ?? Number.MAX_SAFE_INTEGER;
  const left = () => limit() - tree.clock.ranMs;
  while (left() > 0) {
    await condition(() => !tree.clock.held);
    const now = limit();
    await Promise.race([sleep(left(), { summary: 'max-time' }), condition(() => tree.clock.held || limit() !== now)]);
  }
  tree.ledger.close('maxTimeMs');
  tree.timeIsUp = true;
  stop(limit());
}
