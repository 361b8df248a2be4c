/**
 * The provider of a world: it answers by a rule that sees nothing but the request, counts every request, and fails on demand.
 *
 *  C1  The same request gets the same answer, whenever and however often it is asked: values of two runs can be compared.
 *  C2  Each answer has an id of its own, which the store's record of the call repeats: what was kept can be told from what was not.
 *  C3  Each worker has an address of its own, so that it is known whose requests were under way when a worker was hit.
 *  C4  A storm fails one request at most `failuresPerRequest` times in ways that a call survives only so often.
 */
import { createHash } from 'node:crypto';
import type { Json } from '../protocol/json.ts';
import { isJsonObject } from '../protocol/json.ts';
import { startProvider, type Reply, type SeenRequest, type TestProvider } from '../testing/provider/index.ts';
import type { ScriptedCall } from '../testing/provider/reply.ts';
import type { StormKind } from './kinds.ts';
import { diceOf } from './seeded.ts';
import { failureOf } from './storm.ts';

/** What a model says to a request; nothing else may be looked at (C1). */
export type Rule = (request: SeenRequest) => Play;
export type Play = string | { toolCalls: { name: string; input: Json }[] } | { submit: Json };

/** One request, as the harness counts it. */
export interface Ask {
  /** Hash of what was asked: requests with the same one are repeats of each other. */
  key: string;
  /** Whose request it was: number of the worker's slot. */
  slot: number;
  /** Of the answer (C2). */
  id: string;
  request: SeenRequest;
  /** How the provider itself failed it; null for an answer. */
  failed: StormKind | null;
}

export interface Storm {
  kind: StormKind;
  /** Share of the requests that fail. */
  share: number;
  untilMs: number;
  hits: number;
}

export interface FaultyProvider {
  /** Value for OPENAI_BASE_URL of each slot. */
  readonly urls: readonly string[];
  /** Of the run at hand, in order of arrival. */
  readonly asks: readonly Ask[];
  /** Begins a run: nothing was asked, nothing fails. */
  begin(options: { rule: Rule; seed: number; failuresPerRequest: number }): void;
  storm(storm: Storm): void;
  close(): Promise<void>;
}

const SLOW_DOWN: StormKind = 'provider: 429';
const FASTEST_MS = 20;
const SLOWEST_MS = 60;

export async function startFaultyProvider(slots: number): Promise<FaultyProvider> {
  let asks: Ask[] = [];
  let storm: Storm | null = null;
  let run: { rule: Rule; seed: number; failuresPerRequest: number } = {
    rule: () => 'ok',
    seed: 0,
    failuresPerRequest: 0,
  };

  function answer(slot: number, request: SeenRequest): Reply {
    const key = keyOf(request);
    const id = `resp-${slot}-${request.n}`;
    const ask: Ask = { key, slot, id, request, failed: null };
    const before = asks.filter((each) => each.key === key);
    asks.push(ask);
    const dice = diceOf('answer', key, run.seed, before.length);
    const delayMs = dice.between(FASTEST_MS, SLOWEST_MS);
    if (storm !== null && Date.now() < storm.untilMs && bears(storm.kind, before) && dice.next() < storm.share) {
      ask.failed = storm.kind;
      storm.hits += 1;
      return { ...failureOf(storm.kind, dice), delayMs, id };
    }
    return { ...replyOf(run.rule(request), key), delayMs, id };
  }

  /** C4. Being told to slow down is no failure of a call. */
  function bears(kind: StormKind, before: readonly Ask[]): boolean {
    const failures = before.filter(({ failed }) => failed !== null && failed !== SLOW_DOWN).length;
    return kind === SLOW_DOWN || failures < run.failuresPerRequest;
  }

  const providers: TestProvider[] = await Promise.all(
    Array.from({ length: slots }, (_, slot) => startProvider((request) => answer(slot, request))),
  );
  return {
    urls: providers.map(({ url }) => url),
    get asks() {
      return asks;
    },
    begin: (next) => {
      run = next;
      asks = [];
      storm = null;
    },
    storm: (next) => {
      storm = next;
    },
    close: async () => {
      await Promise.all(providers.map((provider) => provider.close()));
    },
  };
}

/** Ids of tool calls come back in later requests, so they are a function of the request as well (C1). */
function replyOf(play: Play, key: string): Exclude<Reply, string> {
  if (typeof play === 'string') return { text: play };
  const calls = 'submit' in play ? [{ name: 'submit', input: play.submit }] : play.toolCalls;
  return {
    toolCalls: calls.map((call, index): ScriptedCall => ({ ...call, id: `call_${key.slice(0, 12)}_${index}` })),
  };
}

/** What is left of the limits is told to a model in a line of its own; it depends on what went on elsewhere, and is no part of what is asked. */
const BUDGET_LINE = /^\[Turn \d+ of \d+ · .*$/gm;

export function keyOf({ body }: Pick<SeenRequest, 'body'>): string {
  return createHash('sha256')
    .update(JSON.stringify(withoutBudget(body)))
    .digest('hex');
}

function withoutBudget(value: Json): Json {
  if (typeof value === 'string') return value.replace(BUDGET_LINE, '');
  if (Array.isArray(value)) return value.map(withoutBudget);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutBudget(inner)]));
}
