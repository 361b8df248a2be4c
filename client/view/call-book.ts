import type { ReplayedCall } from '../../protocol/model-call.ts';
import type { Outcome } from '../../protocol/outcome.ts';
import type { CallKind, CallView } from '../../protocol/view.ts';
import * as call from './call-entry.ts';
import type { ExecutionNode } from './execution-node.ts';
import type { StoryLog } from './story-log.ts';

/** The calls of a run, in the order in which they were met, and what the story says about them. */
export class CallBook {
  readonly #calls = new Map<string, call.CallEntry>();
  readonly #story: StoryLog;

  constructor(story: StoryLog) {
    this.#story = story;
  }

  get(address: string | null): call.CallEntry | undefined {
    return address === null ? undefined : this.#calls.get(address);
  }

  views(): CallView[] {
    return Array.from(this.#calls.values(), (entry) => entry.view);
  }

  /** The call of this address; begins it when it is new, and anew when it had ended (it was restarted). */
  open(tag: call.Named, at: number, child: string | null, kind?: CallKind): call.CallEntry {
    const known = this.#calls.get(tag.address);
    if (known !== undefined) {
      const { settled, child: before } = known.view;
      if (!settled && before === child) return known;
      call.reopen(known, tag, at, child);
      if (settled) this.#story.reopened(at, tag.address);
      return known;
    }
    const entry = call.openCall(tag, at, child, kind);
    this.#calls.set(tag.address, entry);
    this.#story.add({ at, type: 'call.started', address: tag.address });
    return entry;
  }

  /** A call that was served from an earlier run. Tells whether it is new. */
  replayed(served: ReplayedCall, at: number): boolean {
    if (this.#calls.has(served.address)) return false;
    this.#calls.set(served.address, call.replayedCall(served, at));
    this.#story.add({ at, type: 'call.replayed', address: served.address });
    return true;
  }

  end(entry: call.CallEntry, at: number): void {
    call.settle(entry);
    this.#story.add({ at, type: 'call.ended', address: entry.view.address });
  }

  /** Calls whose answer the last workflow task has seen, with no further turn in its commands, are final (call-entry C2). */
  settleReacted(node: ExecutionNode): void {
    if (node.reactedTo === node.handledTo) return;
    node.handledTo = node.reactedTo;
    for (const entry of node.answered) {
      const { answeredAt, view } = entry;
      if (answeredAt !== null && answeredAt > node.reactedTo) continue;
      node.answered.delete(entry);
      if (answeredAt === null) continue;
      call.settle(entry);
      const added = this.#story.insert(node.mark, { at: view.endedAt ?? 0, type: 'call.ended', address: view.address });
      if (added) node.mark += 1;
    }
  }

  /** The program that made these calls has ended: what is still open was given up. */
  giveUp(addresses: Iterable<string>, at: number): void {
    for (const address of addresses) {
      const entry = this.#calls.get(address);
      if (entry === undefined || entry.view.settled) continue;
      call.abandoned(entry, 'cancelled', at);
      this.end(entry, at);
    }
  }

  /** The run has ended: what is still open was given up, and the programs' own record of failed calls is the truth. */
  close(outcomes: readonly Outcome[], at: number): void {
    for (const entry of this.#calls.values()) {
      call.abandoned(entry, 'cancelled', at);
      this.end(entry, at);
    }
    for (const outcome of outcomes) {
      const entry = this.#calls.get(outcome.address) ?? call.openCall(outcome, at, null);
      call.applyOutcome(entry, outcome, at);
      this.#calls.set(outcome.address, entry);
      this.#story.add({ at, type: 'call.ended', address: outcome.address });
    }
  }
}
