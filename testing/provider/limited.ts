/** A provider with limits, as real ones have them, around any script. */
import type { ProviderScript, Reply } from './reply.ts';
import type { SeenRequest } from './request.ts';

export interface ProviderLimits {
  /** Requests that it answers at once; more are refused. Default: any number. */
  inFlight?: number;
  /** Requests that it answers in each stretch of time; it begins with the first one. */
  budget?: { requests: number; windowMs: number };
  /** What its headers tell: what is left of the budget (as OpenAI does), when to come back. Default: nothing. */
  tells?: { budget?: boolean; retryAfter?: boolean };
}

/** Refuses with 429 what is beyond the limits, at once and without asking `script`. */
export function limited(limits: ProviderLimits, script: ProviderScript): ProviderScript {
  const { inFlight = Number.POSITIVE_INFINITY, budget, tells = {} } = limits;
  let open: SeenRequest[] = [];
  let used = 0;
  let windowEnds = 0;

  function headersOf(now: number): Record<string, string> {
    if (budget === undefined || tells.budget !== true) return {};
    return {
      'x-ratelimit-limit-requests': String(budget.requests),
      'x-ratelimit-remaining-requests': String(Math.max(0, budget.requests - used)),
      'x-ratelimit-reset-requests': `${windowEnds - now}ms`,
    };
  }

  return async (request, n) => {
    const now = Date.now();
    open = open.filter(({ endedAt }) => endedAt === null);
    if (budget !== undefined && now >= windowEnds) [used, windowEnds] = [0, now + budget.windowMs];
    const usedUp = budget !== undefined && used >= budget.requests;
    if (usedUp || open.length >= inFlight) {
      const waitMs = usedUp ? windowEnds - now : 100;
      const retryAfter: Record<string, string> = tells.retryAfter === true ? { 'retry-after-ms': String(waitMs) } : {};
      const message = usedUp ? 'Rate limit reached for requests' : 'Too many concurrent requests';
      return { status: 429, headers: { ...headersOf(now), ...retryAfter }, body: { error: { message } } };
    }
    used += 1;
    open.push(request);
    const headers = headersOf(now);
    const reply: Reply = await script(request, n);
    return typeof reply === 'string'
      ? { text: reply, headers }
      : { ...reply, headers: { ...headers, ...reply.headers } };
  };
}
