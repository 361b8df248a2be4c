import { buildRlmInput } from '../../client/input/rlm-input.ts';
import { ENGINE_HASH } from '../../sandbox/engine/engine-hash.ts';
import { contextOfValue } from '../../store/contexts/refs.ts';
import { cell, isTurn } from '../../test/kit/play.ts';
import { questionOf, turnOf } from '../../test/kit/play-nodes.ts';
import { promptOf } from '../../testing/provider/index.ts';
import { FLAGS, PLACE, seeded, type Workload } from './workload.ts';

/** What each node does, turn by turn: variables of every kind, a batch, children with children, a pipeline, and all of it in the value. */
const NODES: { [question: string]: readonly string[] } = {
  root: [
    // Long enough that its heap is kept, so that there is one to tear.
    `let spun = 0; for (let n = 0; n < 600_000; n++) spun += n % 7
     const counts = new Map([['start', 1]]); let seen = 0
     function* squares() { for (let n = 1; ; n++) yield n * n }
     const numbers = squares(); numbers.next()
     class Secret { #n = 7; add(n) { this.#n += n; return this } get n() { return this.#n } }
     const secret = new Secret(); const bump = () => (seen += numbers.next().value)
     const first = await llm_query_batched([0, 1, 2, 3, 4, 5].map((i) => 'a ' + i + ' ' + context.slice(i * 50, i * 50 + 20)))
     for (const answer of first) counts.set(answer, bump())
     print(counts.size)`,
    `const kids = await rlm_query_batched([0, 1, 2].map((i) => ['kid ' + i, context.slice(i * 1000, i * 1000 + 500)]))
     kids.forEach((kid) => secret.add(kid.n)); bump()`,
    `const piped = await pipeline([1, 2, 3], (x) => llm_query('p ' + x), (prev, x) => llm_query('q ' + x + prev)); bump()`,
    'FINAL({counts: [...counts], seen, next: numbers.next().value, secret: secret.n, kids, piped})',
  ],
  kid: [
    `let n = context.length; const inc = (by) => (n += by)
     const got = await llm_query_batched([0, 1, 2].map((i) => 'k ' + i + question))`,
    "const deep = await rlm_query('deep of ' + question, context.slice(0, 100)); inc(deep.length)",
    'FINAL({n, got, deep})',
  ],
  deep: ["const text = await llm_query('d ' + context.length + question); FINAL(text)"],
};

export const RLM: Workload = {
  name: 'rlm',
  about:
    'a recursive language model: batches, `rlm_query` of depth 2, closures, generators and private fields across its cells',
  build: async ({ run, store }) => {
    const built = await buildRlmInput(
      {
        run,
        engine: ENGINE_HASH,
        flags: FLAGS,
        workspace: false,
        depth: 2,
        question: { text: 'root' },
        context: async () => ({
          context: await contextOfValue(store, 'some text to look at\n'.repeat(500)),
          warnings: [],
        }),
      },
      store,
      PLACE,
    );
    return { kind: 'rlm', built: { ...built, input: seeded(built.input) } };
  },
  rule: (request) => {
    if (!isTurn(request)) return `<${promptOf(request)}>`;
    const cells = NODES[/^\w+/.exec(questionOf(request))?.[0] ?? ''] ?? [];
    const code = cells[turnOf(request)];
    return code === undefined ? 'nothing more to do' : cell(code);
  },
};
