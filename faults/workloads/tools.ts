import { createHash } from 'node:crypto';
import { promptOf, type SeenRequest } from '../../testing/provider/index.ts';
import { NO_HEAPS, scriptRun, type Workload } from './workload.ts';

/** Files of the workspace beside `inner.js`. */
export const FILES: { [file: string]: string } = Object.fromEntries(
  [0, 1, 2, 3, 4, 5].flatMap((n) => [
    [`src/part-${n}.js`, `export const part${n} = ${n}\n${'// filler\n'.repeat(20)}let lost${n} = part${n}\n`],
    [`docs/part-${n}.md`, `# Part ${n}\n\n${`About part ${n}. `.repeat(40)}\n`],
  ]),
);

const SOURCE = `export const meta = {name: 'tools', description: 'six agents that look around'}
const found = await parallel([0, 1, 2, 3, 4, 5].map((n) => () => agent('look at part ' + n, {label: 'part ' + n})))
return {found, all: await agent('put together: ' + found.join(), {tools: []})}`;

/**
 * Each agent lists, then reads two files at once, then another one; its answer tells all that its tools gave. None searches: a search
 * has 5 s of wall time, and one in a frozen worker tells the model so instead of what it found.
 */
export const TOOLS: Workload = {
  name: 'tools',
  about: '6 agents with read tools over a workspace, 4 turns and 4 tool calls each, and one call after them',
  without: NO_HEAPS,
  build: (surroundings) => scriptRun(surroundings, { file: 'tools.js', source: SOURCE, reads: true }),
  rule: (request) => {
    const prompt = promptOf(request);
    const n = /^look at part (\d)$/m.exec(prompt)?.[1];
    if (n === undefined) return `<${prompt}>`;
    const turn = request.messages.filter(({ role }) => role === 'assistant').length;
    if (turn === 0) return { toolCalls: [{ name: 'list', input: {} }] };
    if (turn === 1) {
      const read = (path: string) => ({ name: 'read', input: { path } });
      return { toolCalls: [read(`src/part-${n}.js`), read('inner.js')] };
    }
    if (turn === 2) return { toolCalls: [{ name: 'read', input: { path: `docs/part-${n}.md` } }] };
    return `part ${n}: ${digestOf(request)}`;
  },
};

function digestOf({ messages }: SeenRequest): string {
  const outputs = messages.filter(({ role }) => role === 'tool').map(({ text }) => text);
  return `${outputs.length} outputs, ${createHash('sha256').update(JSON.stringify(outputs)).digest('hex')}`;
}
