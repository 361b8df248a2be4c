/** The script side: what is cut, who is asked what, and that its pieces make the whole. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerLeaf } from '../../../activities/offline/rlm/leaf.ts';
import { COMPARE_SCRIPT, type CompareArgs } from '../../../client/compare/workflow-script.ts';
import { checkScript } from '../../../sandbox/check/index.ts';
import { sourceOf } from '../examples/run-example.ts';

interface Asked {
  prompt: string;
  opts: { label: string; tools: string[]; model?: string };
}

const { source } = checkScript(COMPARE_SCRIPT, { file: 'compare.js' });

async function run(
  args: CompareArgs,
  answer: (prompt: string) => unknown,
): Promise<{ value: unknown; asked: Asked[] }> {
  const asked: Asked[] = [];
  const agent = async (prompt: string, opts: Asked['opts']) => {
    asked.push({ prompt, opts });
    return answer(prompt);
  };
  const parallel = (thunks: (() => unknown)[]) => Promise.all(thunks.map((thunk) => thunk()));
  // eslint-disable-next-line typescript/no-implied-eval -- our own script
  const body = new Function('args', 'agent', 'parallel', 'phase', `return (async () => {${source}\n})()`);
  const value: unknown = await (body as (...hooks: unknown[]) => unknown)(args, agent, parallel, () => undefined);
  return { value, asked };
}

const pieceOf = ({ prompt }: Asked) => prompt.slice(prompt.indexOf('<text>\n') + 7, prompt.lastIndexOf('\n</text>'));
const lineOf = ({ prompt }: Asked) => Number(/Its first line is line (\d+) of/.exec(prompt)?.[1]);
const argsOf = (text: string, pieces = 6): CompareArgs => ({ question: 'Q?', text, pieces, pieceModel: null });

describe('the script of a comparison', () => {
  it('passes the check of scripts without a warning', () => {
    expect(checkScript(COMPARE_SCRIPT, { file: 'compare.js' })).toMatchObject({ name: 'compare', warnings: [] });
  });

  it('asks one agent for each piece and one that combines, without tools', async () => {
    const text = Array.from({ length: 60 }, (_, i) => `line ${i + 1}\n`).join('');
    const { value, asked } = await run(argsOf(text), (prompt) => (prompt.includes('<answers>') ? 'all' : 'part'));
    expect(value).toBe('all');
    expect(asked.map(({ opts }) => opts)).toEqual([
      ...[1, 2, 3, 4, 5, 6].map((n) => ({ label: `piece ${n}`, tools: [] })),
      { label: 'combine', tools: [] },
    ]);
    const pieces = asked.slice(0, 6);
    expect(pieces.map(pieceOf).join('')).toBe(text);
    for (const piece of pieces) {
      expect(pieceOf(piece).startsWith(`line ${lineOf(piece)}\n`)).toBe(true);
      expect(pieceOf(piece).endsWith('\n')).toBe(true);
    }
    expect(asked[6]?.prompt).toContain('[{"piece":1,"answer":"part"},');
  });

  it('gives the pieces the sub-model, and tells of a piece without an answer', async () => {
    const args = { ...argsOf('abcdef', 2), pieceModel: 'openai/small' };
    const { asked } = await run(args, (prompt) => (prompt.includes('abc') ? null : 'x'));
    expect(asked.map(({ opts }) => opts.model)).toEqual(['openai/small', 'openai/small', undefined]);
    expect(asked[2]?.prompt).toContain('[{"piece":1,"answer":null},{"piece":2,"answer":"x"}]');
  });

  it('cuts any text into as many pieces, none empty, nothing lost, no character broken', async () => {
    const texts = fc.tuple(
      fc.array(fc.oneof(fc.string({ maxLength: 40 }), fc.constant('\n'), fc.constant('🦉')), {
        maxLength: 40,
      }),
      fc.integer({ min: 2, max: 12 }),
    );
    await fc.assert(
      fc.asyncProperty(texts, async ([parts, pieces]) => {
        const text = parts.join('').padEnd(pieces, 'x');
        const { asked } = await run(argsOf(text, pieces), () => 'x');
        const found = asked.slice(0, -1).map(pieceOf);
        expect(found).toHaveLength(pieces);
        expect(found.join('')).toBe(text);
        expect(found.every((piece) => piece.length > 0)).toBe(true);
        const lines = asked.slice(0, -1).map(lineOf);
        found.forEach((_, i) => expect(lines[i]).toBe(found.slice(0, i).join('').split('\n').length));
        // Only where there is nearly one piece for each unit must a pair be cut.
        if (text.length > pieces * 8) expect(found.every((piece) => piece.isWellFormed())).toBe(true);
      }),
      { numRuns: 80 },
    );
  });

  it('counts the example right with offline/rlm as its agents', async () => {
    const task = sourceOf('examples/compare/task.txt').trim();
    const text = sourceOf('examples/compare/questions.txt');
    const leaf = (prompt: string) =>
      answerLeaf({ system: '', user: [prompt], turns: [], tools: new Set(), submitSchema: null }).text;
    const { value } = await run({ ...argsOf(text), question: task }, leaf);
    expect(JSON.parse(String(value))).toEqual({
      abbreviation: 20,
      'numeric value': 21,
      'human being': 80,
      location: 69,
      'description and abstract concept': 70,
      entity: 40,
    });
  });
});
