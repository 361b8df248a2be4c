/**
 * One ledger for a tree of nodes (rlm.md, "Budgets that leak elsewhere"): every node has books of its own, linked to its
 * parent's by messages that take their time; phases and calls have theirs within. L1 to L4, C1 to C4, K1 to K3, P1, T1 to T3.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KINDS, NOTHING, plus, type Amounts } from '../../workflows/ledger/amounts.ts';
import type { Ledger } from '../../workflows/ledger/ledger.ts';
import { limitIn, type Recorded } from './ledger-tree/kit.ts';
import { LedgerTree } from './ledger-tree/play.ts';
import { CALM, scenario, type Scenario } from './ledger-tree/scenario.ts';

/** Plays a scenario to its end; what all books said after each step. */
async function play(given: Scenario): Promise<{ tree: LedgerTree; trace: string[] }> {
  const tree = new LedgerTree(given);
  const trace: string[] = [];
  for (const step of given.steps) {
    await tree.act(step);
    expect(tree.allBooks().flatMap(overrun)).toEqual([]);
    trace.push(tree.snapshot());
  }
  await tree.drain();
  trace.push(tree.snapshot());
  return { tree, trace };
}

/** L1, T1 and T3, at every level and at any moment. What was replayed was not paid for. */
function overrun({ name, ledger }: Recorded): string[] {
  const { calls, reserved } = ledger;
  const taken = plus(paidIn(ledger), reserved);
  const over = KINDS.filter((kind) => taken[kind] > limitIn(ledger, kind)).map(
    (kind) => `${kind} of ${name}: ${taken[kind]}`,
  );
  return calls > (ledger.limitOf('maxCalls') ?? Infinity) ? [...over, `calls of ${name}: ${calls}`] : over;
}

function paidIn({ requests, newSpend, state }: Ledger): Amounts {
  const { inputTokens, outputTokens } = newSpend;
  return { requests, inputTokens, outputTokens, usd: state.charged?.paid ?? 0 };
}

describe('a tree of ledgers', () => {
  it('spends and reserves never more than the root allows, whatever the order of messages, deaths included', async () => {
    await fc.assert(
      fc.asyncProperty(scenario({ deaths: true }), async (given) => {
        const { tree } = await play(given);
        // A node that ends while a dead child's question is open takes it along; the root outlives them all.
        expect(tree.root.ledger.reserved).toEqual(NOTHING);
        // K1: of what the root caps, all that was really used is charged to it.
        const { ledger } = tree.root;
        const paid = paidIn(ledger);
        for (const kind of ledger.capped) expect(paid[kind], kind).toBeGreaterThanOrEqual(tree.used[kind]);
      }),
      { numRuns: 200 },
    );
  }, 60_000);

  it('totals are the sum of the calls at every level, and everything is given back', async () => {
    await fc.assert(
      fc.asyncProperty(scenario({ deaths: false }), async (given) => {
        const { tree } = await play(given);
        for (const { name, ledger, used, calls, replayed } of tree.allBooks()) {
          // Where USD is not capped, one unknown price makes the sum unknown.
          const known = ledger.newSpend.usd !== null || ledger.capped.includes('usd');
          expect(paidIn(ledger), name).toEqual(known ? used : { ...used, usd: expect.any(Number) });
          expect(ledger.calls, `calls of ${name}`).toBe(calls);
          expect(ledger.replayedCalls, `replayed calls of ${name}`).toBe(replayed);
          if (!tree.tookAlong.has(name)) expect(ledger.reserved, `reserved in ${name}`).toEqual(NOTHING);
        }
        expect(tree.root.ledger.reserved).toEqual(NOTHING);
      }),
      { numRuns: 200 },
    );
  }, 60_000);

  it('is the same when the same things happen again', async () => {
    await fc.assert(
      fc.asyncProperty(scenario({ deaths: true }), async (given) => {
        const [first, second] = [await play(given), await play(given)];
        expect(second.trace).toEqual(first.trace);
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it('two siblings cannot both take the same remainder', async () => {
    const tree = new LedgerTree({ ...CALM, caps: { ...CALM.caps, maxRequests: 3 }, shape: [0, 0], steps: [] });
    for (const node of [1, 2])
      for (let n = 0; n < 3; n += 1) await tree.act({ kind: 'ask', node, chars: 5, out: 10, tries: 1, own: false });
    await tree.settleMessages();
    expect(tree.root.ledger.requests + tree.root.ledger.reserved.requests).toBe(3);
    await tree.drain();
    expect([tree.root.ledger.requests, tree.refused]).toEqual([3, 3]);
  });

  it('a chain of three spends the last dollar of the root, and not one more', async () => {
    // Bounds are many times what is really used, so all of them depend on what comes back in time.
    const caps = { ...CALM.caps, maxUsd: 0.05 };
    const tree = new LedgerTree({ ...CALM, caps, shape: [0, 1, 2], steps: [] });
    for (let n = 0; n < 80; n += 1) {
      await tree.act({ kind: 'ask', node: 3, chars: 50, out: 1_000, tries: 1, own: false });
      await tree.settleMessages();
      await tree.act({ kind: 'settle', node: 3, which: 0, share: 0.5, how: 'fine' });
    }
    await tree.drain();
    const paid = tree.root.ledger.state.charged?.paid ?? 0;
    expect(paid).toBeLessThanOrEqual(0.05e9);
    expect(paid).toBeGreaterThan(0.045e9);
    expect(tree.refused).toBeGreaterThan(0);
  });

  it('few messages: a node that asks one request after the other asks its parent for two at once', async () => {
    const tree = new LedgerTree({ ...CALM, caps: { ...CALM.caps, maxOutputTokens: 1e6 }, shape: [0], steps: [] });
    for (let n = 0; n < 50; n += 1) {
      await tree.act({ kind: 'ask', node: 1, chars: 5, out: 100, tries: 3, own: false });
      await tree.settleMessages();
      await tree.act({ kind: 'settle', node: 1, which: 0, share: 0.2, how: 'fine' });
    }
    expect(tree.messages).toBeLessThanOrEqual(60);
  });
});
