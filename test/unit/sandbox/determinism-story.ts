import type { GuestMessage } from '../../../protocol/guest.ts';
import { gave, open } from './kit.ts';

const BUSY = `const seen = [];
  for (const round of [1, 2]) {
    const got = await parallel(['a', 'b', 'c'].map((p) => async () => { const r = await agent(p + round); seen.push(r); return r + random() }));
    log(got.join(), new Date(now()).toString(), [...new Map(Object.entries({ x: 1, b: 2 }))], 'ü'.localeCompare('z'), 0.1 + 0.2);
  }
  await sleep(5);
  const words = Array.from({ length: 500 }, () => Math.floor(random() * 1e6).toString(36)).sort();
  const url = new URL('/x?' + new URLSearchParams({ q: words[0] }), 'https://example.org').href;
  return [seen, words.slice(0, 5), url, /(\\w+),\\1/.test(words.join()), new Error('e').stack, new Date(2024, 2, 10, 2, 30).getTime()]`;

/** A run with everything that could differ between machines, calls settled in an order of its own. */
export function story(): { turns: GuestMessage[][]; gas: number[] } {
  const sandbox = open({ start: { seed: 'story', total: 100 } });
  const turns = [sandbox.run(BUSY, 'busy.js')];
  const gas = [sandbox.gasUsed];
  for (const id of [2, 3, 1, 6, 5, 4, 7]) {
    turns.push(
      sandbox.settle({ id, ok: true, value: id === 7 ? null : gave(`r${id}`), now: 1_720_000_000_000 + id, spent: id }),
    );
    gas.push(sandbox.gasUsed);
  }
  return { turns, gas };
}

if (import.meta.main) console.log(JSON.stringify(story()));
