/**
 * A run for kill tests: recursion depth 2, batches, a pipeline, and variables of every kind; and what may be asked twice when its
 * worker is killed.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promptOf, type SeenRequest } from '../../testing/provider/index.ts';
import { cell } from './play.ts';
import { playingNodes } from './play-nodes.ts';

/** Needs a context of 2,000 characters or more, and depth 2. */
export const PLAY = playingNodes(
  {
    root: [
      cell(`const counts = new Map([['start', 1]]); let seen = 0
        function* numbers() { for (let n = 1; ; n++) yield n * n }
        const squares = numbers(); squares.next()
        class Secret { #n = 7; add(n) { this.#n += n; return this } get n() { return this.#n } }
        const secret = new Secret(); const bump = () => { seen += squares.next().value; return seen }
        const first = await llm_query_batched(['a 0', 'a 1'])
        for (const answer of first) counts.set(answer, bump())`),
      cell(`const random = Math.random()
        const kids = await rlm_query_batched([0, 1].map((i) => ['kid ' + i, context.slice(i * 1000, i * 1000 + 500)]))
        kids.forEach((kid) => secret.add(kid.n)); bump()
        const piped = await pipeline([1], (x) => llm_query('p1 ' + x), (prev, x) => llm_query('p2 ' + x + prev))`),
      cell('FINAL({counts: [...counts], seen, next: squares.next().value, secret: secret.n, random, kids, piped})'),
    ],
    kid: [
      cell(`let n = context.length; const inc = (by) => (n += by); const got = await llm_query('k ' + question)
        const deep = await rlm_query('deep of ' + question, context.slice(0, 100)); inc(deep.length)`),
      cell('FINAL({n, got, deep})'),
    ],
    'deep of': [cell("const text = await llm_query('d ' + context.length + question); FINAL(text)")],
  },
  (request) => `<${promptOf(request)}>`,
);
/** Of the run: 3 turns, 2 + 2 + 2 calls; in each of two kids 2 turns, 2 calls, and in what is below it a turn and a call. */
export const REQUESTS = 17;
export const CALLS = 12;

/** Calls whose records are in a store: they are finished, and must never be made again. */
export function finishedIn(home: string): number {
  return callFiles(home).reduce((sum, text) => sum + (text.match(/^done \w+ \{.*\}$/gm) ?? []).length, 0);
}

/** Requests that were marked as sent in a store, also those that died with their worker before they arrived. */
export function sentIn(home: string): number {
  return callFiles(home).reduce((sum, text) => sum + (text.match(/^sent \w+$/gm) ?? []).length, 0);
}

/** What the store knows of calls (store/call-records.ts). */
function callFiles(home: string): string[] {
  const folder = path.join(home, 'calls');
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(path.join(parentPath, name), 'utf8'));
}

/** Requests that were made again later. */
export function repeats(requests: SeenRequest[]): SeenRequest[] {
  const last = new Map(requests.map((request) => [keyOf(request), request]));
  return requests.filter((request) => last.get(keyOf(request)) !== request);
}

/** The first request of each kind, in order of arrival. */
export function distinct(requests: SeenRequest[]): SeenRequest[] {
  const seen = new Map<string, SeenRequest>();
  for (const request of requests) if (!seen.has(keyOf(request))) seen.set(keyOf(request), request);
  return [...seen.values()];
}

function keyOf({ body }: SeenRequest): string {
  return createHash('sha256').update(JSON.stringify(body['messages'])).digest('hex');
}
