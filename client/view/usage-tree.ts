/**
 * Sums over a run's tree, from what its calls and programs tell.
 *
 *  U1  The total is the root's own requests and the sum of all calls; so is that of every program, for what is below it.
 *  U2  A program that has ended and whose own history was not read is worth what its result says: what its listed calls do not
 *      explain stands with its own call.
 */
import { addUsage, addSpend, NO_SPEND, NO_USAGE, type Usage } from '../../protocol/outcome.ts';
import type { CallView } from '../../protocol/view.ts';
import { above, ROOT } from './addresses.ts';
import type { Program } from './program.ts';
import { callUsage } from './totals.ts';

export interface UsageTree {
  /** With what U2 puts on them. */
  calls: CallView[];
  total: Usage;
  /** Of a program: its own requests and everything below it. */
  below(address: string): Usage;
  /** Of some calls: each and, when a program answers it, everything below that. */
  sum(calls: readonly CallView[]): Usage;
}

/** `read` tells whether a program's own history was read to its end. */
export function usageTree(
  calls: readonly CallView[],
  programs: readonly Program[],
  read: (program: Program) => boolean,
): UsageTree {
  const sums = new Map<string, Usage>();
  for (const { address, spend, requests } of programs) sums.set(address, { ...NO_USAGE, ...spend, requests });
  const add = (address: string, usage: Usage) => {
    const sum = sums.get(address);
    if (sum !== undefined) sums.set(address, addUsage(sum, usage));
  };
  const addAbove = (address: string, usage: Usage) => {
    for (const name of above(address)) add(name, usage);
    add(ROOT, usage);
  };
  for (const call of calls) {
    const usage = callUsage(call);
    add(call.address, ownCost(usage));
    addAbove(call.address, usage);
  }
  const extra = new Map<string, Usage>();
  for (const program of programs.toSorted((a, b) => levelOf(b) - levelOf(a))) {
    if (program.end === null || program.address === ROOT || read(program)) continue;
    const rest = difference(program.end.usage, sums.get(program.address) ?? NO_USAGE);
    add(program.address, rest);
    addAbove(program.address, rest);
    extra.set(program.address, rest);
  }
  const below = (address: string) => sums.get(address) ?? NO_USAGE;
  const whole = (call: CallView): Usage => {
    const own = callUsage(call);
    const program = call.child === null ? undefined : sums.get(call.address);
    return program === undefined ? own : addUsage(program, { ...own, requests: 0, ...NO_SPEND });
  };
  return {
    calls: extra.size === 0 ? [...calls] : calls.map((call) => withExtra(call, extra.get(call.address))),
    total: below(ROOT),
    below,
    sum: (some) => some.reduce((sum, call) => addUsage(sum, whole(call)), NO_USAGE),
  };
}

/** What a call cost, without that it is a call: of a program that is told one level higher. */
function ownCost(usage: Usage): Usage {
  return { ...usage, calls: 0, replayed: 0, failed: 0, refused: 0 };
}

function difference(whole: Usage, listed: Usage): Usage {
  const rest = (a: number, b: number) => Math.max(0, a - b);
  return {
    calls: rest(whole.calls, listed.calls),
    requests: rest(whole.requests, listed.requests),
    replayed: rest(whole.replayed, listed.replayed),
    failed: rest(whole.failed, listed.failed),
    refused: rest(whole.refused, listed.refused),
    inputTokens: rest(whole.inputTokens, listed.inputTokens),
    outputTokens: rest(whole.outputTokens, listed.outputTokens),
    usd: whole.usd === null ? null : rest(whole.usd, listed.usd ?? 0),
  };
}

function withExtra(call: CallView, extra: Usage | undefined): CallView {
  if (extra === undefined) return call;
  return { ...call, requests: call.requests + extra.requests, ...addSpend(call, extra) };
}

function levelOf({ address }: Program): number {
  return address === ROOT ? 0 : above(address).length + 1;
}
