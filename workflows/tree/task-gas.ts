/** Gas is counted per workflow task: work that a task cannot hold is put off to the next (design §6). */
import { sleep, workflowInfo, type CancellationScope } from '@temporalio/workflow';
import { SCRIPT_SANDBOX } from '../../protocol/limits.ts';

export class TaskGas {
  private readonly scope: CancellationScope;
  private readonly later: (() => void)[] = [];
  private task = -1;
  private gas = 0;

  /** Timers run in `scope`. */
  constructor(scope: CancellationScope) {
    this.scope = scope;
  }

  get isFull(): boolean {
    return this.task === workflowInfo().historyLength && this.gas >= SCRIPT_SANDBOX.gasPerTask;
  }

  count(gas: number): void {
    const task = workflowInfo().historyLength;
    if (task !== this.task) {
      this.task = task;
      this.gas = 0;
    }
    this.gas += gas;
  }

  /** Calls back in the next workflow task, which a timer brings. */
  next(go: () => void): void {
    this.later.push(go);
    if (this.later.length > 1) return;
    this.scope
      .run(() => sleep(1, { summary: 'next task' }))
      .then(
        () => {
          for (const waiting of this.later.splice(0)) waiting();
        },
        () => undefined, // cancelled with the run
      );
  }
}
