/**
 * Whether repetitions of one side were the same, and where the first difference is. Pure.
 *
 *  D1  Runs that failed or were cancelled are not compared: they were cut short, which says nothing of what they would have done.
 *  D2  All are held against the first that is left.
 *  D3  The first difference is the earliest in the time of that one: what differs later may only follow from it.
 */
import { hashJson } from '../../protocol/hash.ts';
import type { Json } from '../../protocol/json.ts';
import { COMPARE } from '../../protocol/limits.ts';
import { ASPECTS, type Aspect, type ComparedRun, type Determinism, type Difference } from './comparison.ts';
import type { Asked } from './saw.ts';

/** One repetition: what it was, and what was said in it, in the order of asking. */
export interface Told {
  facts: ComparedRun;
  asked: readonly Asked[];
}

export function determinismOf(runs: readonly Told[]): Determinism {
  const [base, ...others] = runs.filter(({ facts }) => facts.status !== 'failed' && facts.status !== 'cancelled');
  const same = (aspect: Aspect): boolean | null =>
    base === undefined || others.length === 0
      ? null
      : others.every((other) => KEYS[aspect](other) === KEYS[aspect](base));
  return {
    compared: base === undefined ? 0 : 1 + others.length,
    same: Object.fromEntries(ASPECTS.map((aspect) => [aspect, same(aspect)])) as Determinism['same'],
    first: base === undefined ? null : firstDifference(base, others),
  };
}

/** What is compared of each aspect, as text. */
const KEYS: { [aspect in Aspect]: (told: Told) => string } = {
  plan: ({ facts }) => facts.plan,
  tree: ({ facts }) =>
    facts.tree
      .map(({ address, parent }) => `${parent} ${address}`)
      .toSorted()
      .join('\n'),
  calls: ({ facts }) =>
    facts.tree
      .map(({ kind, label, phase, model, state }) => JSON.stringify([kind, label, phase, model, state]))
      // The name of the root is that of the run.
      .slice(1)
      .toSorted()
      .join('\n'),
  order: ({ facts }) => facts.tree.map(({ address }) => address).join('\n'),
  prompts: ({ asked }) => said(asked, ({ prompt }) => prompt),
  answers: ({ asked }) => said(asked, ({ answer }) => answer),
  result: ({ facts }) => hashJson([facts.answer, facts.partial]),
  arrival: ({ facts }) => facts.answered.join('\n'),
};

function said(asked: readonly Asked[], of: (one: Asked) => Json): string {
  return hashJson(Object.fromEntries(asked.map((one) => [nameOf(one), of(one)])));
}

function nameOf({ address, n }: Pick<Asked, 'address' | 'n'>): string {
  return `${address}#${n}`;
}

function firstDifference(base: Told, others: readonly Told[]): Difference | null {
  for (const other of others) {
    const what = ASPECTS.find((aspect) => aspect !== 'arrival' && KEYS[aspect](other) !== KEYS[aspect](base));
    if (what === undefined) continue;
    const place = { run: other.facts.run, from: base.facts.run };
    return inRequests(base.asked, other.asked, place) ?? { ...place, ...ofWhole(what, base.facts, other.facts) };
  }
  return null;
}

function inRequests(
  base: readonly Asked[],
  others: readonly Asked[],
  place: Pick<Difference, 'run' | 'from'>,
): Difference | null {
  const byName = new Map(others.map((one) => [nameOf(one), one]));
  for (const there of base) {
    const here = byName.get(nameOf(there));
    byName.delete(nameOf(there));
    const at = { ...place, address: there.address, n: there.n };
    if (here === undefined) return { ...at, what: 'tree', here: null, there: start(whole(there.prompt)) };
    if (whole(here.prompt) !== whole(there.prompt))
      return { ...at, what: 'prompts', ...apart(whole(here.prompt), whole(there.prompt)) };
    if (here.answer !== there.answer) return { ...at, what: 'answers', ...apart(here.answer, there.answer) };
  }
  const [extra] = byName.values();
  if (extra === undefined) return null;
  const at = { ...place, address: extra.address, n: extra.n };
  return { ...at, what: 'tree', here: start(whole(extra.prompt)), there: null };
}

/** No request differs: it is something around them. */
function ofWhole(what: Aspect, base: ComparedRun, other: ComparedRun): Omit<Difference, 'run' | 'from'> {
  const at = { what, address: null, n: null };
  if (what !== 'result') return { ...at, here: null, there: null };
  return { ...at, ...apart(JSON.stringify(other.answer), JSON.stringify(base.answer)) };
}

function whole(prompt: readonly string[]): string {
  return prompt.join('\n');
}

/** Both from a little before the first character that differs. */
function apart(here: string, there: string): { here: string; there: string } {
  let at = 0;
  while (at < here.length && here[at] === there[at]) at += 1;
  const from = Math.max(0, at - Math.floor(COMPARE.differenceChars / 3));
  return { here: start(here, from), there: start(there, from) };
}

function start(text: string, from = 0): string {
  const end = from + COMPARE.differenceChars;
  return `${from > 0 ? '…' : ''}${text.slice(from, end).toWellFormed()}${end < text.length ? '…' : ''}`;
}
