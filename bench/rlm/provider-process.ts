/**
 * The scripted model, in a process of its own so that its work is on nobody's event loop. A child of the bench: it prints
 * nothing, tells its URL by message, answers questions about runs, and ends when its parent does.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { promptOf, startProvider, type SeenRequest } from '../../testing/provider/index.ts';
import { JOBS, LEAF, planOf, type Plan } from './jobs.ts';
import type { ProviderAnswer, ProviderQuestion, RunFacts } from './provider.ts';

interface RunBook {
  turns: SeenRequest[];
  leaves: SeenRequest[];
  prompts: Set<string>;
  /** Assistant messages that a peer puts before its first turn. */
  before: number;
  waiting: { leaves: number; answer: () => void }[];
}

const books = new Map<string, RunBook>();
const provider = await startProvider(reply, { onRequest: keep });

process.on('message', (question: ProviderQuestion) => {
  const book = bookOf(question.run);
  const answer = () => tell({ id: question.id, facts: factsOf(book) });
  if (question.leaves !== null) book.waiting.push({ leaves: question.leaves, answer });
  else {
    answer();
    // Nobody asks for it again; a bench asks for gigabytes.
    books.delete(question.run);
    provider.requests.length = 0;
  }
  release(book);
});
process.on('disconnect', () => process.exit(0));
tell({ id: 0, url: provider.url });

async function reply(request: SeenRequest) {
  const plan = planOf(request.model);
  if (plan.latencyMs > 0) await sleep(plan.latencyMs);
  const text = isLeaf(request) ? 'A summary.' : fenced(plan, turnOf(request, plan));
  return request.body['stream'] === true ? text : { garbage: whole(request, text), type: 'application/json' };
}

function keep(request: SeenRequest): void {
  const book = bookOf(planOf(request.model).run);
  if (!isLeaf(request)) {
    if (book.turns.length === 0) book.before = assistantsOf(request);
    book.turns.push(request);
    return;
  }
  book.leaves.push(request);
  book.prompts.add(promptOf(request));
  release(book);
}

function release(book: RunBook): void {
  for (const { answer } of book.waiting.filter(({ leaves }) => leaves <= book.leaves.length)) answer();
  book.waiting = book.waiting.filter(({ leaves }) => leaves > book.leaves.length);
}

function bookOf(run: string): RunBook {
  const book = books.get(run) ?? { turns: [], leaves: [], prompts: new Set<string>(), before: 0, waiting: [] };
  books.set(run, book);
  return book;
}

function factsOf({ turns, leaves, prompts }: RunBook): RunFacts {
  return {
    requests: turns.length + leaves.length,
    repeated: leaves.length - prompts.size,
    turns: turns.map((turn) => ({ at: turn.at, chars: charsOf(turn) })),
    leaves: leaves.map(({ at, endedAt }) => ({ at, endedAt })),
  };
}

function isLeaf(request: SeenRequest): boolean {
  return promptOf(request).startsWith(LEAF);
}

/** Counted in what the model is shown, so that a turn which is asked again gets the same answer. */
function turnOf(request: SeenRequest, plan: Plan): number {
  return assistantsOf(request) - (plan.job === 'child' ? 0 : bookOf(plan.run).before);
}

function assistantsOf({ messages }: SeenRequest): number {
  return messages.filter(({ role }) => role === 'assistant').length;
}

function charsOf({ system, messages }: SeenRequest): number {
  return messages.reduce((sum, { text }) => sum + text.length, system?.length ?? 0);
}

function fenced({ job, count }: Plan, turn: number): string {
  const code = JOBS[job].cells(count)[turn] ?? 'FINAL(-1)';
  return `\`\`\`${job === 'python' ? 'repl' : 'javascript'}\n${code}\n\`\`\``;
}

/** An answer that is not streamed, for peers that do not ask for a stream. */
function whole({ n, model }: SeenRequest, content: string): string {
  const message = { role: 'assistant', content };
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
  const choices = [{ index: 0, message, finish_reason: 'stop' }];
  return JSON.stringify({ id: `resp_${n}`, object: 'chat.completion', created: 1_700_000_000, model, choices, usage });
}

function tell(answer: ProviderAnswer): void {
  process.send?.(answer);
}
