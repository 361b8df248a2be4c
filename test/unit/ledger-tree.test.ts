/**
 * One ledger for a tree of nodes (rlm.md, "Budgets that leak elsewhere"): every node has books of its own, linked to its
 * parent's by messages that take their time. L1, C1 to C3, K1, K2, T3.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChildAccount } from '../../workflows/ledger/account.ts';
import { ChildLease } from '../../workflows/ledger/child-lease.ts';
import { Ledger } from '../../workflows/ledger/ledger.ts';
import { LeaseDesk, LimitReached, type Grant, type Lease } from '../../workflows/ledger/lease.ts';

interface Node {
  ledger: Ledger;
  desk: LeaseDesk;
  lease: ChildLease | null;
  account: ChildAccount | null;
  open: Grant[];
  /** Questions without an answer. */
  asked: number;
  /** Messages to its parent that are not delivered: a node ends only without (workflows/tree/tree.ts, delivered). */
  underway: number;
  parent: Node | null;
  ended: boolean;
}

/** Messages in flight, delivered one at a time when the test says so. */
class Post {
  readonly queue: (() => void)[] = [];
  deliver(which: number): void {
    const [message] = this.queue.splice(which % Math.max(1, this.queue.length), 1);
    message?.();
  }
}

const NO_CAPS = { maxCalls: 1e6, maxRequests: null, maxOutputTokens: null, maxTimeMs: null };
const refuse = (limit: never): Promise<void> => Promise.reject(new LimitReached(limit));

function nodeOf(parent: Node | null, caps: ConstructorParameters<typeof Ledger>[0], post: Post): Node {
  const ledger = new Ledger(caps);
  let lease: ChildLease | null = null;
  let account: ChildAccount | null = null;
  const node: Partial<Node> = { underway: 0 };
  if (parent !== null) {
    const own = (account = new ChildAccount(parent.ledger, parent.desk));
    const mine: ChildLease = (lease = new ChildLease((ask) => {
      node.underway! += 1;
      post.queue.push(() => {
        node.underway! -= 1;
        void own.exchange(ask).then((answer) => {
          if (answer !== null) post.queue.push(() => mine.answer(answer));
        });
      });
    }));
  }
  const upstream: Lease | null = lease;
  const desk = new LeaseDesk(ledger, upstream, refuse as never);
  return Object.assign(node, { ledger, desk, lease, account, open: [], asked: 0, underway: 0, parent, ended: false });
}

type Step =
  | { kind: 'ask'; node: number; requests: number; tokens: number }
  | { kind: 'settle'; node: number; which: number; share: number }
  | { kind: 'deliver'; which: number }
  | { kind: 'end'; node: number; dies: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('ask' as const),
      node: fc.nat(6),
      requests: fc.integer({ min: 1, max: 4 }),
      tokens: fc.integer({ min: 1, max: 500 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      node: fc.nat(6),
      which: fc.nat(9),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('deliver' as const), which: fc.nat(9) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      node: fc.integer({ min: 1, max: 6 }),
      dies: fc.boolean(),
    }),
  },
);

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('a tree of ledgers', () => {
  it('spends and reserves never more than the root allows, whatever the order of messages, deaths included', async () => {
    const caps = fc.record({
      maxCalls: fc.constant(1e6),
      maxRequests: fc.option(fc.integer({ min: 1, max: 12 }), { nil: null }),
      maxOutputTokens: fc.option(fc.integer({ min: 1, max: 3_000 }), { nil: null }),
      maxTimeMs: fc.constant(null),
    });
    await fc.assert(
      fc.asyncProperty(caps, fc.array(step, { maxLength: 60 }), async (limits, steps) => {
        fc.pre(limits.maxRequests !== null || limits.maxOutputTokens !== null);
        const post = new Post();
        const root = nodeOf(null, limits, post);
        const a = nodeOf(root, NO_CAPS, post);
        const b = nodeOf(root, { ...NO_CAPS, maxOutputTokens: 700 }, post);
        const nodes = [root, a, b, nodeOf(a, NO_CAPS, post), nodeOf(a, NO_CAPS, post), nodeOf(b, NO_CAPS, post)];
        const deep = nodeOf(nodes[3] as Node, NO_CAPS, post);
        nodes.push(deep);
        const spentBy = new Map<Node, { requests: number; tokens: number }>();
        for (const one of steps) {
          act(one, nodes, post, spentBy);
          await tick();
          // L1 at the root, at any moment.
          const { ledger } = root;
          expect(ledger.requests + ledger.reserved.requests).toBeLessThanOrEqual(limits.maxRequests ?? Infinity);
          expect(ledger.spend.outputTokens + ledger.reserved.outputTokens).toBeLessThanOrEqual(
            limits.maxOutputTokens ?? Infinity,
          );
          // T3: a child's own cap holds for all below it.
          expect(b.ledger.spend.outputTokens + b.ledger.reserved.outputTokens).toBeLessThanOrEqual(700);
        }
        // Nobody waits for ever: once all grants are used and all messages delivered, some node has its answers and can end, until
        // none is left. And all that was really used is charged to the root then.
        while (nodes.some(({ ended }) => !ended)) {
          while (post.queue.length > 0 || nodes.some(({ open }) => open.length > 0)) {
            post.deliver(0);
            for (const node of nodes) for (const grant of node.open.splice(0)) use(node, grant, 0.5, spentBy);
            await tick();
          }
          const leaves = nodes.filter(
            (node) => !node.ended && !nodes.some(({ parent, ended }) => parent === node && !ended),
          );
          const idle = leaves.find(({ asked }) => asked === 0);
          expect(idle, 'a node that can end').toBeDefined();
          endOf(idle as Node, false);
          await tick();
        }
        let tokens = 0;
        for (const used of spentBy.values()) tokens += used.tokens;
        expect(root.ledger.spend.outputTokens).toBeGreaterThanOrEqual(tokens);
      }),
      { numRuns: 150 },
    );
  });
});

function act(one: Step, nodes: Node[], post: Post, spentBy: Map<Node, { requests: number; tokens: number }>): void {
  if (one.kind === 'deliver') return post.deliver(one.which);
  const node = nodes[one.node] as Node;
  if (node.ended) return;
  if (one.kind === 'ask') {
    const leave = node.desk.acquire({ requests: one.requests, outputTokens: one.tokens });
    node.asked += 1;
    void Promise.resolve(leave)
      .then(
        (grant) =>
          node.ended
            ? grant.settle({ requests: 0, spend: { inputTokens: 0, outputTokens: 0, usd: 0 } })
            : node.open.push(grant),
        () => undefined,
      )
      .finally(() => (node.asked -= 1));
  } else if (one.kind === 'settle') {
    const [grant] = node.open.splice(one.which % Math.max(1, node.open.length), 1);
    if (grant !== undefined) use(node, grant, one.share, spentBy);
  } else if (!nodes.some(({ parent, ended }) => parent === node && !ended) && (one.dies || node.underway === 0)) {
    for (const grant of node.open.splice(0)) use(node, grant, 0.5, spentBy);
    endOf(node, one.dies);
  }
}

function use(node: Node, grant: Grant, share: number, spentBy: Map<Node, { requests: number; tokens: number }>): void {
  const requests = Math.round(grant.requests * share);
  const outputTokens = Math.round(grant.outputTokens * share);
  const before = spentBy.get(node) ?? { requests: 0, tokens: 0 };
  spentBy.set(node, { requests: before.requests + requests, tokens: before.tokens + outputTokens });
  grant.settle({ requests, spend: { inputTokens: 0, outputTokens, usd: 0 } });
}

function endOf(node: Node, dies: boolean): void {
  if (node.ended) return;
  node.ended = true;
  if (node.account === null || node.lease === null) return;
  node.account.close(dies ? null : node.lease.unreported);
}
