/**
 * A child node's link to its parent: calls are counted, slots are lent and budget is granted by messages. What a node wants
 * within one workflow task travels in one message.
 */
import { addUsed, type Kind, type Used } from './amounts.ts';
import type { LimitName } from './ledger.ts';
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
  /** How many requests a worker lets in flight since then; null: it says nothing about that; absent in runs of older builds. */
  width?: number | null;
  /** What a provider said to this child's calls that has no credit for them; null: it has some again (tree/breaker.ts). */
  quota?: string | null;
  budget?: BudgetAsk;
  /** The child only waits for a person from now on, or goes on. */
  waits?: boolean;
  /** The child was cancelled and ends without a result: what it has not reported yet. */
  ended?: Used;
}

/** Parent → child. */
export interface ParentMessage {
  /** How many of the asked calls are counted, and what forbids the others. */
  calls?: Admission;
  slots?: number;
  budget?: BudgetAnswer;
  /** One of the calls that wait for credit is to ask. */
  probe?: true;
}

export interface Admission {
  admitted: number;
  /** What forbids the rest; null when all were admitted. */
  limit: LimitName | null;
  /** Whose limit that is; absent: the run's. */
  of?: string;
}

export class Link {
  /** Null when nothing above caps requests or tokens. */
  readonly lease: ChildLease | null;
  /** Told when slots were lent. */
  onSlots: (count: number) => void = () => undefined;
  onProbe: () => void = () => undefined;
  private readonly send: (message: Omit<ChildMessage, 'child'>) => Promise<void>;
  /** Messages about the budget that the parent does not have yet. */
  private underway = 0;
  /** Messages about the budget that were sent. */
  private told = 0;
  private next: Omit<ChildMessage, 'child'> | null = null;
  private readonly admissions: { count: number; resolve: (admission: Admission) => void }[] = [];
  private askedCalls = 0;

  /** `kinds` of budgets are counted above. */
  constructor(
    capped: boolean,
    kinds: readonly Kind[] | undefined,
    send: (message: Omit<ChildMessage, 'child'>) => Promise<void>,
  ) {
    this.send = send;
    this.lease = capped ? new ChildLease((budget) => this.say(budget), kinds) : null;
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

  slowDown(text: string, width?: number | null): void {
    Object.assign(this.message(), { slowDown: text, ...(width === undefined ? {} : { width }) });
  }

  gone(message: string): void {
    this.message().quota = message;
  }

  back(): void {
    this.message().quota = null;
  }

  waits(waits: boolean): void {
    this.message().waits = waits;
  }

  /** Whether the parent has all that was said of the budget: what is underway when a node ends would be lost. */
  get delivered(): boolean {
    return this.underway === 0 && this.next?.budget === undefined;
  }

  receive(message: ParentMessage): void {
    if (message.calls !== undefined) this.counted(message.calls);
    if (message.slots !== undefined) this.onSlots(message.slots);
    if (message.budget !== undefined) this.lease?.answer(message.budget);
    if (message.probe === true) this.onProbe();
  }

  /** One question about calls at a time, for all who wait. */
  private askCalls(): void {
    if (this.askedCalls > 0 || this.admissions.length === 0) return;
    const message = this.message();
    message.calls = this.admissions.reduce((sum, { count }) => sum + count, 0);
  }

  private counted({ admitted, limit, of }: Admission): void {
    let left = admitted;
    let asked = this.askedCalls;
    this.askedCalls = 0;
    while (asked > 0) {
      const first = this.admissions.shift();
      if (first === undefined) break;
      asked -= first.count;
      const mine = Math.min(left, first.count);
      left -= mine;
      const short = mine < first.count && limit !== null;
      first.resolve(
        short ? { admitted: mine, limit, ...(of === undefined ? {} : { of }) } : { admitted: mine, limit: null },
      );
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
        if (message.budget !== undefined) message.budget = { ...message.budget, seq: (this.told += 1) };
        const sent = this.send(message);
        if (message.budget === undefined) return;
        this.underway += 1;
        void sent.then(() => (this.underway -= 1));
      });
    }
    return this.next;
  }
}
