/** What the headers of a response tell of a provider's budgets, whoever's dialect they speak. Nonsense is no reading. */
import { timeOf } from '../retry-after.ts';
import type { Reading } from './budget.ts';

export const BUDGETS = ['requests', 'tokens', 'input-tokens', 'output-tokens'] as const;
export type BudgetName = (typeof BUDGETS)[number];
type Part = 'limit' | 'remaining' | 'reset';

interface Names {
  budget: BudgetName;
  headers: Record<Part, string>;
}

/** OpenAI and those that follow it; Anthropic. Written out once: a header is looked up for every response. */
const NAMES: readonly Names[] = [
  ...(['requests', 'tokens'] as const).map((budget) => named(budget, (part) => `x-ratelimit-${part}-${budget}`)),
  ...BUDGETS.map((budget) => named(budget, (part) => `anthropic-ratelimit-${budget}-${part}`)),
];

/** A reading needs what is left and when that changes: without a time there is nothing to wait for. */
export function readBudgets(headers: Headers, now: number = Date.now()): Map<BudgetName, Reading> | null {
  let readings: Map<BudgetName, Reading> | null = null;
  for (const { budget, headers: names } of NAMES) {
    const remaining = amountOf(headers.get(names.remaining));
    if (remaining === null) continue;
    const resetMs = timeOf(headers.get(names.reset) ?? undefined, now);
    if (resetMs === null || !Number.isFinite(resetMs) || resetMs < 0) continue;
    const limit = amountOf(headers.get(names.limit));
    if (limit !== null && remaining > limit) continue;
    readings ??= new Map();
    readings.set(budget, { limit: limit === 0 ? null : limit, remaining, resetMs });
  }
  return readings;
}

function named(budget: BudgetName, header: (part: Part) => string): Names {
  return { budget, headers: { limit: header('limit'), remaining: header('remaining'), reset: header('reset') } };
}

function amountOf(text: string | null): number | null {
  if (text === null || text.trim() === '') return null;
  const value = Number(text);
  return Number.isFinite(value) && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : null;
}
