/**
 * The parent's side of its children's links (ledger/link.ts): what each child holds of this node's slots and budget.
 *
 * A child's slots and budget are given back when it ends, however it ends.
 */
import { getExternalWorkflowHandle, setHandler } from '@temporalio/workflow';
import { ChildAccount } from '../ledger/account.ts';
import type { Books } from '../ledger/books.ts';
import type { ChildMessage, ParentMessage } from '../ledger/link.ts';
import type { Used } from '../ledger/lease.ts';
import { grantSignal, leaseSignal } from './signals.ts';
import type { Tree } from './tree.ts';

interface Child {
  books: Books;
  account: ChildAccount;
  /** Slots lent beside the one that the child was started with. */
  slots: number;
  answer: ParentMessage | null;
  /** It only waits for a person. */
  waits: boolean;
  /** What it said that it used, before it ended without a result. */
  ended: Used | null;
}

export class ChildDesk {
  private readonly tree: Tree;
  private readonly children = new Map<string, Child>();

  constructor(tree: Tree) {
    this.tree = tree;
    setHandler(leaseSignal, (message) => this.receive(message));
  }

  /** `books`: those that its call is written into. */
  open(child: string, books: Books): void {
    this.children.set(child, {
      books,
      account: new ChildAccount(books.desk),
      slots: 0,
      answer: null,
      waits: false,
      ended: null,
    });
  }

  /** The child ended. `used` is what it had not reported yet; null when nobody knows. */
  close(id: string, used: Used | null): void {
    const child = this.children.get(id);
    if (child === undefined) return;
    this.children.delete(id);
    this.noteWait(child, false);
    this.tree.breaker.childEnded(id);
    for (let slot = 0; slot < child.slots; slot += 1) this.tree.window.release();
    child.account.close(used ?? child.ended);
  }

  private receive({
    child: id,
    calls,
    slots,
    returned,
    slowDown,
    width,
    quota,
    budget,
    waits,
    ended,
  }: ChildMessage): void {
    const child = this.children.get(id);
    if (child === undefined) return;
    const back = Math.min(returned ?? 0, child.slots);
    child.slots -= back;
    for (let slot = 0; slot < back; slot += 1) this.tree.window.release();
    if (ended !== undefined) child.ended = ended;
    if (waits !== undefined) this.noteWait(child, waits);
    if (slowDown !== undefined) this.tree.slowDown(slowDown, width);
    if (quota === null) this.tree.breaker.childBack(id);
    else if (quota !== undefined) this.tree.breaker.childGone(id, quota, () => this.reply(id, { probe: true }));
    if (calls !== undefined)
      void child.books.admitCalls(calls).then((admission) => this.reply(id, { calls: admission }));
    for (let slot = 0; slot < (slots ?? 0); slot += 1) this.tree.window.request(() => this.lend(id));
    if (budget === undefined) return;
    void child.account.exchange(budget).then((answer) => {
      if (answer !== null) this.reply(id, { budget: answer });
    });
  }

  private noteWait(child: Child, waits: boolean): void {
    if (child.waits === waits) return;
    child.waits = waits;
    this.tree.childWaits(waits);
  }

  private lend(id: string): void {
    const child = this.children.get(id);
    if (child === undefined) return this.tree.window.release();
    child.slots += 1;
    this.reply(id, { slots: (child.answer?.slots ?? 0) + 1 });
  }

  /** What is said to a child within one workflow task travels in one message. */
  private reply(id: string, part: ParentMessage): void {
    const child = this.children.get(id);
    if (child === undefined) return;
    if (child.answer !== null) {
      Object.assign(child.answer, part);
      return;
    }
    child.answer = { ...part };
    void Promise.resolve().then(() => {
      const answer = child.answer ?? {};
      child.answer = null;
      // A child that has just ended hears nothing more.
      getExternalWorkflowHandle(id)
        .signal(grantSignal, answer)
        .catch(() => undefined);
    });
  }
}
