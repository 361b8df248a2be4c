/** What a child holds of its parent's budget, when messages overtake each other and one report covers several grants. */
import { describe, expect, it } from 'vitest';
import { ChildAccount } from '../../workflows/ledger/account.ts';
import { chargeOf, readAmounts, type Amounts, type Used } from '../../workflows/ledger/amounts.ts';
import type { BudgetAsk } from '../../workflows/ledger/child-lease.ts';
import { Ledger } from '../../workflows/ledger/ledger.ts';
import { LeaseDesk, type Grant, type Lease } from '../../workflows/ledger/lease.ts';

const never = () => Promise.reject(new Error('nothing is refused here'));
const amounts = (requests: number, outputTokens = 0): Amounts => readAmounts({ requests, outputTokens });
const used = (requests: number, outputTokens = 0): Used => ({
  requests,
  spend: { inputTokens: 0, outputTokens, usd: 0 },
});

function ask(seq: number | undefined, more: Partial<BudgetAsk>): BudgetAsk {
  const nothing = { used: used(0), holding: amounts(0), heard: 0, want: null };
  return { ...nothing, ...more, ...(seq === undefined ? {} : { seq }) };
}

/** Room for ten requests, four of them with the child. */
async function withFour(): Promise<{ ledger: Ledger; account: ChildAccount }> {
  const ledger = new Ledger({ maxCalls: 100, maxRequests: 10 });
  const account = new ChildAccount(new LeaseDesk(ledger, null, never));
  await account.exchange(ask(1, { want: { ...amounts(4), least: amounts(1) } }));
  return { ledger, account };
}

const SPENT = ask(2, { used: used(2), holding: amounts(2), heard: 1 });
const BACK = ask(3, { used: used(1), heard: 1 });

describe('a child’s account', () => {
  it('K4: what is given back later makes no room before it is said what was used', async () => {
    const { ledger, account } = await withFour();
    void account.exchange(BACK);
    expect([ledger.requests, ledger.reserved.requests]).toEqual([0, 4]);
    void account.exchange(SPENT);
    expect([ledger.requests, ledger.reserved.requests]).toEqual([3, 0]);
  });

  it('K4: messages of a build without numbers are taken as they come', async () => {
    const { ledger, account } = await withFour();
    const { seq: _none, ...old } = BACK;
    void account.exchange(old);
    expect([ledger.requests, ledger.reserved.requests]).toEqual([1, 0]);
  });

  it.each([
    ['numbered', 3, [amounts(1, 100), amounts(1, 50)]],
    ['of an older build', undefined, [amounts(2, 150), amounts(0)]],
  ] as const)(
    'K5: one report over two grants charges none more than it gives back: %s',
    async (_name, seq, charges) => {
      const charged: Amounts[] = [];
      const grant = (given: Amounts, at: number): Grant => ({
        ...given,
        settle: (part) => void (charged[at] = chargeOf(part)),
        reduce: (part) => void (charged[at] = chargeOf(part)),
      });
      const grants = [amounts(1, 100), amounts(2, 200)].map(grant);
      const desk: Lease = { acquire: () => grants.shift() ?? never(), charge: () => undefined };
      const account = new ChildAccount(desk);
      const numbered = seq !== undefined;
      await account.exchange(ask(numbered ? 1 : undefined, { want: amounts(1, 100) }));
      const holding = amounts(1, 100);
      await account.exchange(ask(numbered ? 2 : undefined, { holding, heard: 1, want: amounts(2, 200) }));
      charged.length = 0;
      void account.exchange(ask(seq, { used: used(2, 150), heard: 2 }));
      expect(charged).toEqual(charges);
    },
  );

  it('K5: what is more than all of them is charged all the same', async () => {
    const { ledger, account } = await withFour();
    void account.exchange(ask(2, { used: used(9), heard: 1 }));
    expect([ledger.requests, ledger.reserved.requests]).toEqual([9, 0]);
  });
});
