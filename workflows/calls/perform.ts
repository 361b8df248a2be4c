/** Runs a call that has begun (script/host.ts, Begun) outside a script's host: waits for its slot, and gives it up when told. */
import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { Tree } from '../tree/tree.ts';
import { failed, type Begun, type Ending } from './work.ts';

export class Performer {
  private readonly tree: Tree;
  private readonly scope: CancellationScope;
  private readonly queued = new Set<() => void>();

  /** What it runs ends with `parent`, or with {@link stop}. */
  constructor(tree: Tree, parent: CancellationScope) {
    this.tree = tree;
    this.scope = new CancellationScope({ cancellable: true, parent });
  }

  /** The call's end; null when it was given up. Rejects never. */
  run(begun: Begun): Promise<Ending | null> {
    if ('ok' in begun) {
      const charged = begun.ok ? begun.charge?.() : undefined;
      return charged === undefined ? Promise.resolve(begun) : charged.then(() => begun, gaveUp);
    }
    const { window } = begun;
    return new Promise((resolve) => {
      let waiting = true;
      const drop = () => {
        waiting = false;
        begun.dropped();
        resolve(null);
      };
      this.queued.add(drop);
      begun.waits?.((value) => {
        if (!waiting || !this.queued.delete(drop)) return;
        waiting = false;
        resolve({ ok: true, value });
      });
      const launch = () => {
        if (!waiting) return window?.release();
        this.queued.delete(drop);
        this.scope
          .run(() => begun.run())
          .then(
            (value) => resolve({ ok: true, value }),
            (error: unknown) => resolve(gaveUp(error)),
          );
      };
      if (window === null) this.tree.pace(launch);
      else window.request(() => this.tree.pace(launch));
    });
  }

  /** Gives up all that runs or waits. */
  stop(): void {
    for (const drop of [...this.queued]) drop();
    this.queued.clear();
    this.scope.cancel();
  }
}

/** Its end was cut off while it was taken in. */
function gaveUp(error: unknown): Ending | null {
  return isCancellation(error) ? null : failed(error);
}
