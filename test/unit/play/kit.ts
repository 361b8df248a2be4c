import type { AskedCall, Book, Program } from '../../../client/play/guest.ts';
import type { Json } from '../../../protocol/json.ts';
import { checkScript } from '../../../sandbox/check/index.ts';
import { gave } from '../sandbox/kit.ts';

export const NOW = 1_700_000_000_000;

export function programOf(source: string, args?: Json): Program {
  return {
    source: checkScript(source, { file: 'x.js' }).source,
    file: 'x.js',
    start: { now: NOW, seed: 'seed', total: null, totals: { calls: null, usd: null, ms: null } },
    args: args ?? null,
    hasArgs: args !== undefined,
  };
}

/** Answers every call; `at` is the time of the answer in ms after the start. */
export function bookOf(answer: (call: AskedCall, n: number) => { value: Json; at?: number }): Book {
  let n = 0;
  return {
    answer: (call) => {
      const { value, at = n } = answer(call, n);
      const plain = call.name === 'workflow' || call.name === 'ask' || call.name === 'approve';
      return { at: NOW + at, turn: n++, settled: { ok: true, value: plain ? value : gave(value) } };
    },
  };
}
