/** A tree of nodes, each with books of its own, and what may happen in it: requests, calls, replays, cancellations, ends, late messages. */
import { ChildAccount } from '../../../workflows/ledger/account.ts';
import { NOTHING, plus } from '../../../workflows/ledger/amounts.ts';
import { admission, countCalls, PartBooks, type Books } from '../../../workflows/ledger/books.ts';
import { boundOf } from '../../../workflows/ledger/bounds.ts';
import { capsOf, NO_BUDGET } from '../../../workflows/ledger/budget.ts';
import { Ledger, type Caps } from '../../../workflows/ledger/ledger.ts';
import { LeaseDesk, LimitReached, type Grant, type Lease } from '../../../workflows/ledger/lease.ts';
import { Link, type ChildMessage, type ParentMessage } from '../../../workflows/ledger/link.ts';
import type { PartBudget } from '../../../protocol/run-input.ts';
import { leased, recorded, requestOf, type Recorded } from './kit.ts';
import type { Scenario, Step } from './scenario.ts';

const PRICE = { inputPerMTok: 2.5, outputPerMTok: 10 };

interface OpenGrant {
  grant: Grant;
  out: number;
  input: number;
  books: Recorded[];
}

interface Node extends Recorded {
  index: number;
  parent: Node | null;
  link: Link | null;
  account: ChildAccount | null;
  books: Books;
  phase: (Recorded & { books: PartBooks }) | null;
  open: OpenGrant[];
  /** Questions without an answer, and those that nobody waits for any more. */
  asked: { cancelled: boolean }[];
  /** Messages to its parent that are not delivered: a node ends only without (workflows/tree/tree.ts, delivered). */
  underway: number;
  /** Children's questions that its desk has not answered. */
  questions: number;
  ended: boolean;
}

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

export class LedgerTree {
  readonly nodes: Node[] = [];
  /** All that was really used. */
  used = NOTHING;
  refused = 0;
  messages = 0;
  /** Books of nodes that ended while an ended child's question was open in them. */
  readonly tookAlong = new Set<string>();
  private readonly post: (() => void)[] = [];
  private readonly waiting: (() => void)[] = [];
  private readonly pause: boolean;

  constructor({ caps, shape, budgets, phases, pause }: Scenario) {
    this.pause = pause;
    this.add(null, caps, phases[0] ?? null);
    shape.forEach((parent, at) => this.add(this.at(parent), capsOf(budgets[at] ?? NO_BUDGET), phases[at + 1] ?? null));
  }

  get root(): Node {
    return this.at(0);
  }

  allBooks(): Recorded[] {
    return this.nodes.flatMap((one) => (one.phase === null ? [one] : [one, one.phase]));
  }

  snapshot(): string {
    return JSON.stringify(this.allBooks().map(({ ledger }) => [ledger.state, ledger.reserved]));
  }

  async act(step: Step): Promise<void> {
    if (step.kind === 'deliver') this.deliver(step.which);
    else if (step.kind === 'raise') this.raise(step.by);
    else {
      const one = this.nodes[step.node];
      if (one === undefined || one.ended) return;
      if (step.kind === 'ask') this.ask(one, step);
      else if (step.kind === 'settle') this.settle(one, step);
      else if (step.kind === 'cancel') Object.assign(one.asked.at(-1) ?? {}, { cancelled: true });
      else if (step.kind === 'call') this.call(one);
      else if (step.kind === 'replay') this.replay(one, step.tokens);
      else this.end(one, step.dies);
    }
    await tick();
  }

  async settleMessages(): Promise<void> {
    while (this.post.length > 0) {
      this.deliver(0);
      await tick();
    }
  }

  /** Nobody waits for ever: when all grants are used and all messages delivered, some node can end, until none is left. */
  async drain(): Promise<void> {
    while (this.nodes.some(({ ended }) => !ended)) {
      while (this.post.length > 0 || this.nodes.some(({ open }) => open.length > 0)) {
        this.deliver(0);
        for (const one of this.nodes)
          while (one.open.length > 0) this.settle(one, { which: 0, share: 0.5, how: 'fine' });
        await tick();
      }
      // Whoever waits for a higher limit gets it in the end.
      if (this.waiting.length > 0) {
        this.raise(1e12);
        await tick();
        continue;
      }
      const able = this.nodes.filter((one) => !one.ended && this.childless(one) && one.asked.length === 0);
      if (able.length === 0) throw new Error('no node can end: somebody waits for ever');
      this.end(able[0] as Node, false);
      await tick();
    }
  }

  private at(index: number): Node {
    return this.nodes[index] as Node;
  }

  private add(parent: Node | null, caps: Caps, phase: PartBudget | null): void {
    const index = this.nodes.length;
    const ledger = new Ledger(caps);
    // A child of a phase is written into its books; every other node makes its children there.
    const above = parent === null ? null : ((index % 2 === 0 ? parent.phase?.books : null) ?? parent.books);
    const name = `node ${index}`;
    const one = {
      ...recorded(name, ledger),
      index,
      parent,
      open: [],
      asked: [],
      underway: 0,
      questions: 0,
      ended: false,
    } as unknown as Node;
    one.account = above === null ? null : new ChildAccount(above.desk);
    one.link = above === null ? null : this.linkOf(one, above);
    const refuse = (limit: LimitReached['limit']) => this.atLimit(one, limit);
    const desk = new LeaseDesk(ledger, one.link?.lease ?? null, refuse);
    one.books = {
      desk,
      get kinds() {
        return [...new Set([...ledger.capped, ...(one.link?.lease?.kinds ?? [])])];
      },
      admit: () => 'wait',
      admitCalls: (count) => countCalls(count, ledger, one.link, refuse),
      chargeReplayed: (spend, calls) => ledger.chargeReplayed(spend, calls),
      timeLeft: () => null,
    };
    one.phase = phase === null ? null : this.phaseOf(name, one.books, phase);
    this.nodes.push(one);
  }

  private phaseOf(name: string, above: Books, caps: PartBudget): Node['phase'] {
    const books = new PartBooks(above, caps, { name: `phase of ${name}`, clock: () => 0 });
    return { ...recorded(books.name, books.ledger), books };
  }

  private linkOf(one: Node, above: Books): Link {
    const link: Link = new Link(above.kinds.length > 0, leased(above.kinds), (message) => {
      one.underway += 1;
      this.messages += 1;
      return new Promise((resolve) => {
        this.post.push(() => {
          one.underway -= 1;
          this.receive(one, above, message);
          resolve();
        });
      });
    });
    return link;
  }

  private receive(one: Node, above: Books, { calls, budget: asked }: Omit<ChildMessage, 'child'>): void {
    if (one.ended) return;
    const reply = (message: ParentMessage) => this.post.push(() => !one.ended && one.link?.receive(message));
    if (calls !== undefined) void above.admitCalls(calls).then((admitted) => reply({ calls: admitted }));
    if (asked !== undefined) {
      const { parent } = one;
      if (parent !== null) parent.questions += 1;
      void one.account?.exchange(asked).then((answer) => {
        if (parent !== null) parent.questions -= 1;
        if (answer !== null) reply({ budget: answer });
      });
    }
  }

  private deliver(which: number): void {
    const [message] = this.post.splice(which % Math.max(1, this.post.length), 1);
    message?.();
  }

  private atLimit(one: Node, limit: LimitReached['limit']): Promise<void> {
    if (!this.pause || one.parent !== null) return Promise.reject(new LimitReached(limit));
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private raise(by: number): void {
    const { ledger, books } = this.root;
    const { maxCalls, maxRequests, maxInputTokens, maxOutputTokens, maxUsd } = ledger.limits;
    const more = (limit: number | null) => (limit === null ? null : limit + by);
    ledger.raise({
      ...{ maxCalls: maxCalls + by, maxRequests: more(maxRequests), maxInputTokens: more(maxInputTokens) },
      ...{ maxOutputTokens: more(maxOutputTokens), maxUsd: more(maxUsd) },
    });
    for (const resume of this.waiting.splice(0)) resume();
    books.desk.pump();
  }

  private ask(one: Node, { chars, out, tries, own }: Extract<Step, { kind: 'ask' }>): void {
    const phase = own ? one.phase : null;
    const lease: Lease = phase === null ? one.books.desk : phase.books.desk;
    const { kinds } = phase === null ? one.books : phase.books;
    const request = requestOf(chars, out, tries);
    const bound = boundOf(request, kinds, kinds.includes('usd') ? PRICE : null);
    const asked = { cancelled: false };
    one.asked.push(asked);
    void Promise.resolve(lease.acquire(bound.want))
      .then(
        (grant) => {
          if (asked.cancelled || one.ended)
            return grant.settle({ requests: 0, spend: { inputTokens: 0, outputTokens: 0, usd: 0 } });
          const books = [...this.above(one), ...(phase === null ? [] : [phase])];
          one.open.push({ grant, out: bound.outputTokens(grant), input: chars, books });
        },
        () => void (this.refused += 1),
      )
      .finally(() => one.asked.splice(one.asked.indexOf(asked), 1));
  }

  /** The books that a node's requests are written into: its own, and those of all above it, phases included. */
  private above(one: Node): Recorded[] {
    const { parent, index } = one;
    if (parent === null) return [one];
    const phase = index % 2 === 0 && parent.phase !== null ? [parent.phase] : [];
    return [one, ...phase, ...this.above(parent)];
  }

  private settle(
    one: Node,
    { which, share: part, how }: Pick<Extract<Step, { kind: 'settle' }>, 'which' | 'share' | 'how'>,
  ): void {
    const [open] = one.open.splice(which % Math.max(1, one.open.length), 1);
    if (open === undefined) return;
    const { grant, out, input, books } = open;
    const requests = Math.max(1, Math.round(grant.requests * part));
    const failed = how === 'failed';
    const outputTokens = failed ? 0 : Math.round(out * part);
    const inputTokens = failed ? 0 : input;
    const nano = Math.round(inputTokens * 2_500 + outputTokens * 10_000);
    const usd = how === 'unpriced' ? null : nano / 1e9;
    // As the asker does (workflows/agent/ask.ts).
    const nanoUsd = usd === null && grant.usd > 0 ? { nanoUsd: grant.usd } : {};
    grant.settle({ requests, spend: { inputTokens, outputTokens, usd }, ...nanoUsd });
    const used = { requests, inputTokens, outputTokens, usd: usd === null ? (nanoUsd.nanoUsd ?? 0) : nano };
    this.used = plus(this.used, used);
    for (const book of books) book.used = plus(book.used, used);
  }

  private call(one: Node): void {
    const asked = { cancelled: false };
    one.asked.push(asked);
    void admission(one.phase?.books ?? one.books)
      .then(
        () => {
          for (const book of [...this.above(one), ...(one.phase === null ? [] : [one.phase])]) book.calls += 1;
        },
        () => void (this.refused += 1),
      )
      .finally(() => one.asked.splice(one.asked.indexOf(asked), 1));
  }

  private replay(one: Node, tokens: number): void {
    const spend = { inputTokens: tokens, outputTokens: tokens, usd: tokens / 1e6 };
    (one.phase?.books ?? one.books).chargeReplayed(spend);
    for (const book of one.phase === null ? [one] : [one, one.phase]) book.replayed += 1;
  }

  private childless(one: Node): boolean {
    return !this.nodes.some(({ parent, ended }) => parent === one && !ended);
  }

  private end(one: Node, dies: boolean): void {
    if (!this.childless(one) || (!dies && (one.underway > 0 || one.asked.length > 0))) return;
    while (one.open.length > 0) this.settle(one, { which: 0, share: 0.5, how: 'fine' });
    one.ended = true;
    // An ended child's question for more than it needed in the end: nobody waits for it, and it ends with this node's own books.
    if (one.questions > 0)
      for (const book of one.phase === null ? [one] : [one, one.phase]) this.tookAlong.add(book.name);
    const { account, link, ledger, parent } = one;
    if (account === null || parent === null) return;
    const spent = { requests: ledger.requests, spend: ledger.newSpend };
    // Without a lease there is nothing that could be charged but what it says.
    if (dies && link?.lease) account.close(null);
    else account.close(link?.lease?.unreported ?? spent);
    // What was replayed is told by the result.
    if (dies || ledger.replayedCalls === 0) return;
    const phase = one.index % 2 === 0 ? parent.phase : null;
    (phase?.books ?? parent.books).chargeReplayed(ledger.replayed, ledger.replayedCalls);
    for (const book of phase === null ? [parent] : [parent, phase]) book.replayed += ledger.replayedCalls;
  }
}
