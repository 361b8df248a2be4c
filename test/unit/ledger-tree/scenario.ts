/** What may happen in a tree of nodes: its shape, its caps, and steps in any order. */
import fc from 'fast-check';
import type { PartBudget } from '../../../protocol/run-input.ts';
import { capsOf, NO_BUDGET } from '../../../workflows/ledger/budget.ts';
import type { Caps } from '../../../workflows/ledger/ledger.ts';

export type Step =
  /** A request of `chars` characters; `own`: of a call with a budget of its own. */
  | { kind: 'ask'; node: number; chars: number; out: number; tries: number; own: boolean }
  | { kind: 'settle'; node: number; which: number; share: number; how: 'fine' | 'unpriced' | 'failed' }
  | { kind: 'cancel'; node: number }
  | { kind: 'call'; node: number }
  | { kind: 'replay'; node: number; tokens: number }
  | { kind: 'raise'; by: number }
  | { kind: 'deliver'; which: number }
  | { kind: 'end'; node: number; dies: boolean };

export interface Scenario {
  caps: Caps;
  /** The parent of node 1, 2 …; nodes stand at most three levels below the root. */
  shape: number[];
  /** Caps of node 1, 2 …; what is missing is not capped. */
  budgets: PartBudget[];
  /** Of a phase in each node; null: it has none. */
  phases: (PartBudget | null)[];
  /** At a limit the root waits for a higher one. */
  pause: boolean;
  steps: Step[];
}

export const CALM: Scenario = { caps: { maxCalls: 1e6 }, shape: [], budgets: [], phases: [], pause: false, steps: [] };

const cap = (min: number, max: number) => fc.option(fc.integer({ min, max }), { nil: null });
const budget: fc.Arbitrary<PartBudget> = fc.record({
  calls: cap(1, 12),
  requests: cap(1, 25),
  inputTokens: cap(600, 20_000),
  outputTokens: cap(1, 8_000),
  usd: fc.option(
    fc.integer({ min: 1_500, max: 90_000 }).map((micro) => micro / 1e6),
    { nil: null },
  ),
});
const node = fc.nat(6);
const share = fc.double({ min: 0, max: 1, noNaN: true });

function steps(deaths: boolean): fc.Arbitrary<Step[]> {
  const ask = {
    node,
    chars: fc.nat(400),
    out: fc.integer({ min: 1, max: 900 }),
    tries: fc.integer({ min: 1, max: 3 }),
    own: fc.boolean(),
  };
  const how = fc.constantFrom('fine' as const, 'fine' as const, 'unpriced' as const, 'failed' as const);
  const dies = deaths ? fc.boolean() : fc.constant(false);
  return fc.array(
    fc.oneof(
      { weight: 5, arbitrary: fc.record({ kind: fc.constant('ask' as const), ...ask }) },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('settle' as const), node, which: fc.nat(9), share, how }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), node }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('call' as const), node }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('replay' as const), node, tokens: fc.nat(400) }) },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant('raise' as const), by: fc.integer({ min: 1, max: 500 }) }),
      },
      { weight: 12, arbitrary: fc.record({ kind: fc.constant('deliver' as const), which: fc.nat(9) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('end' as const), node, dies }) },
    ),
    // Long ones: what goes wrong takes a request, a grant that travels, and somebody else's.
    { minLength: 40, maxLength: 90, size: 'max' },
  );
}

export function scenario({ deaths }: { deaths: boolean }): fc.Arbitrary<Scenario> {
  return fc
    .record({
      caps: budget,
      shape: fc.tuple(fc.constant(0), fc.nat(1), fc.nat(2), fc.nat(3), fc.nat(4), fc.nat(5)),
      budgets: fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant(NO_BUDGET) }, budget), {
        minLength: 6,
        maxLength: 6,
      }),
      phases: fc.array(fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, budget), { minLength: 7, maxLength: 7 }),
      pause: fc.boolean(),
      steps: steps(deaths),
    })
    .map(({ caps, shape, ...rest }) => ({ ...rest, caps: capsOf(caps), shape: flattened(shape) }));
}

/** At most three levels below the root: deeper nodes move up to it. */
function flattened(shape: number[]): number[] {
  const depth = [0];
  return shape.map((parent) => {
    const above = (depth[parent] ?? 0) >= 3 ? 0 : parent;
    depth.push((depth[above] ?? 0) + 1);
    return above;
  });
}
