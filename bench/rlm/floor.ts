/** The floor: a loop in one process that makes the same model calls over plain HTTP. No REPL, no record, nothing to resume. */
import { Agent, request } from 'node:http';
import { createLimiter } from '../../store/limiter.ts';
import { JOBS, modelOf, type Plan, type Source } from './jobs.ts';

interface Message {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/** Sockets stay open between runs, as those of a worker do. */
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

/** Milliseconds that the calls of a job take, at most `window` sub-calls at once. */
export async function floorRun(url: string, plan: Plan, text: Source, window: number): Promise<number> {
  const startedAt = performance.now();
  const slot = createLimiter(window);
  await loop(url, plan, async (turn) => {
    const { prompts, children } = JOBS[plan.job];
    const leaves = prompts?.(turn, plan.count, text) ?? [];
    const below = Array.from({ length: children?.(turn, plan.count) ?? 0 });
    await Promise.all([
      ...leaves.map((content) => slot(() => ask(url, plan, [{ role: 'user', content }]))),
      ...below.map(() => slot(() => loop(url, { ...plan, job: 'child' }, () => Promise.resolve()))),
    ]);
  });
  return performance.now() - startedAt;
}

async function loop(url: string, plan: Plan, afterTurn: (turn: number) => Promise<void>): Promise<void> {
  const messages: Message[] = [
    { role: 'system', content: 'You answer a question about a text.' },
    { role: 'user', content: 'The question.' },
  ];
  for (let turn = 0; turn < JOBS[plan.job].cells(plan.count).length; turn += 1) {
    const content = await ask(url, plan, messages);
    await afterTurn(turn);
    messages.push({ role: 'assistant', content }, { role: 'user', content: 'The output of the cell.' });
  }
}

/** The whole stream of an answer, as it came. */
function ask(url: string, plan: Plan, messages: Message[]): Promise<string> {
  const body = JSON.stringify({ model: modelOf(plan), stream: true, messages });
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const outgoing = request(`${url}/chat/completions`, { method: 'POST', agent, headers }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(Buffer.concat(pieces).toString());
        else reject(new Error(`the scripted provider answered ${response.statusCode}`));
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
