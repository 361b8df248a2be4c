/**
 * A child node's link to its parent: calls are counted, slots are lent and budget is granted by messages. What a node wants
 * within one workflow task travels in one message.
 */
import { addSpend } from '../../protocol/outcome.ts';
import type { LimitName, Used } from './ledger.ts';
import { ChildLease, type BudgetAnswer, type BudgetAsk } from './child-lease.ts';

/** Child → parent. Members are absent when there is nothing to say. */
export interface ChildMessage {
  child: string;
  /** Calls that are to be counted; each is answered. */
  calls?: number;
  /** Slots of the window wanted beside those that it has. */
  slots?: number;
  /** Slots given back. */
  returned?: number;
  /** A provider asked this child to slow down. */
  slowDown?: string;
  budget?: BudgetAsk;
  /** The child was cancelled and ends without a result: what it has not reported yet. */
  ended?: Used;
}

/** Parent → child. */
export interface ParentMessage {
  /** How many of the asked calls are counted, and what forbids the others. */
  calls?: { admitted: number; limit: LimitName | null };
  slots?: number;
  budget?: BudgetAnswer;
}

export interface Admission {
  admitted: number;
  /** What forbids the rest; null when all were admitted. */
  limit: LimitName | null;
}

export class Link {
  /** Null when nothing above caps requests or tokens. */
  readonly lease: ChildLease | null;
  /** Told when slots were lent. */
  onSlots: (count: number) => void = () => undefined;
  private readonly send: (message: Omit<ChildMessage, 'child'>) => Promise<void>;
  /** Messages about the budget that the parent does not have yet. */
  private underway = 0;
  private next: Omit<ChildMessage, 'child'> | null = null;
  private readonly admissions: { count: number; resolve: (admission: Admission) => void }[] = [];
  private askedCalls = 0;

  constructor(capped: boolean, send: (message: Omit<ChildMessage, 'child'>) => Promise<void>) {
    this.send = send;
    this.lease = capped ? new ChildLease((budget) => this.say(budget)) : null;
  }

  /** Asks the parent to count so many calls. */
  admit(count: number): Promise<Admission> {
    return new Promise((resolve) => {
      this.admissions.push({ count, resolve });
      this.askCalls();
    });
  }

  wantSlots(count: number): void {
    const message = this.message();
    message.slots = (message.slots ?? 0) + count;
  }

  returnSlots(count: number): void {
    const message = this.message();
    message.returned = (message.returned ?? 0) + count;
  }

  slowDown(text: string): void {
    this.message().slowDown = text;
  }

  /** Whether the parent has all that was said of the budget: what is underway when a node ends would be lost. */
  get delivered(): boolean {
    return this.underway === 0 && this.next?.budget === undefined;
  }

  receive(message: ParentMessage): void {
    if (message.calls !== undefined) this.counted(message.calls);
    if (message.slots !== undefined) this.onSlots(message.slots);
    if (message.budget !== undefined) this.lease?.answer(message.budget);
  }

  /** One question about calls at a time, for all who wait. */
  private askCalls(): void {
    if (this.askedCalls > 0 || this.admissions.length === 0) return;
    const message = this.message();
    message.calls = this.admissions.reduce((sum, { count }) => sum + count, 0);
  }

  private counted({ admitted, limit }: Admission): void {
    let left = admitted;
    let asked = this.askedCalls;
    this.askedCalls = 0;
    while (asked > 0) {
      const first = this.admissions.shift();
      if (first === undefined) break;
      asked -= first.count;
      const mine = Math.min(left, first.count);
      left -= mine;
      first.resolve({ admitted: mine, limit: mine < first.count ? limit : null });
    }
    this.askCalls();
  }

  /** What was used adds up, what is held is as it is now, and a question stays one. */
  private say(ask: BudgetAsk): void {
    const message = this.message();
    const before = message.budget;
    message.budget =
      before === undefined ? ask : { ...ask, used: addUsed(before.used, ask.used), want: ask.want ?? before.want };
  }

  private message(): Omit<ChildMessage, 'child'> {
    if (this.next === null) {
      this.next = {};
      void Promise.resolve().then(() => {
        const message = this.next ?? {};
        this.next = null;
        this.askedCalls += message.calls ?? 0;
        const sent = this.send(message);
        if (message.budget === undefined) return;
        this.underway += 1;
        void sent.then(() => (this.underway -= 1));
      });
    }
    return this.next;
  }
}

function addUsed(a: Used, b: Used): Used {
  return { requests: a.requests + b.requests, spend: addSpend(a.spend, b.spend) };
}
