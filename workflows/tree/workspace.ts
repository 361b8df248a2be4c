/** The folder that a run's agents read: one snapshot for the whole run (design §1). */
import { ApplicationFailure, isCancellation } from '@temporalio/workflow';
import { ERRORS, isErrorCode } from '../../protocol/error-table.ts';
import type { CallTag } from '../../protocol/model-call.ts';
import { activities } from '../activities.ts';
import type { Tree } from './tree.ts';

export class Workspace {
  private readonly tree: Tree;
  private taken = false;

  constructor(tree: Tree) {
    this.tree = tree;
  }

  /** Beside the first agent that may read: nobody waits for it here, but its failure ends the run. */
  takeSnapshot(): void {
    const key = this.tree.snapshotKey();
    if (this.taken || key === null) return;
    this.taken = true;
    const tag: CallTag = { address: 'snapshot', label: 'workspace', phase: null, model: null, turn: 0 };
    activities.snapshot(tag, key).catch((error: unknown) => {
      const cause = error instanceof Error ? error.cause : undefined;
      if (isCancellation(error) || !(cause instanceof ApplicationFailure)) return;
      const code = isErrorCode(cause.type) ? cause.type : 'BRAID_INTERNAL';
      this.tree.fail({ code, message: cause.message, fix: ERRORS[code].fix });
    });
  }
}
