/** The generators of examples/needle.js and examples/oolong-like.js, and their truth against the rule program that plays an RLM. */
import { describe, expect, it } from 'vitest';
import { SCRIPT_SANDBOX } from '../../../protocol/limits.ts';
import { openSandbox } from '../../../sandbox/index.ts';
import { checkScript } from '../../../sandbox/check/index.ts';
import { play } from '../offline/rlm-repl.ts';
import { runExample, sourceOf } from './run-example.ts';

interface Result {
  answer: unknown;
  truth: unknown;
  correct: boolean;
}

async function solve(file: string, args: { [name: string]: string | number }) {
  let seen = '';
  let prompts: string[] = [];
  const result = (await runExample(file, args, {
    rlm: async (question, context) => {
      seen = context;
      const played = play(question, context);
      prompts = played.prompts;
      return played.final;
    },
  })) as Result;
  return { result, context: seen, prompts };
}

describe('examples/needle.js', () => {
  it.each([1, 2, 3, 4, 5])('hides a needle that offline/rlm finds (seed %i)', async (seed) => {
    const { result, context } = await solve('examples/needle.js', { seed, length: 20_000 });
    expect(result).toMatchObject({ correct: true, answer: result.truth });
    expect(context.split(String(result.truth))).toHaveLength(2);
    expect(context.match(/magic number for/g)).toHaveLength(4);
    expect(Math.abs(context.length - 20_000)).toBeLessThan(400);
  });

  it('is the same for the same seed, another for another', async () => {
    const contexts = await Promise.all(
      [7, 7, 8].map(async (seed) => (await solve('examples/needle.js', { seed })).context),
    );
    expect(contexts[0]).toBe(contexts[1]);
    expect(contexts[0]).not.toBe(contexts[2]);
  });

  it('says so when the answer is wrong', async () => {
    expect(await runExample('examples/needle.js', { seed: 1 }, { rlm: async () => '12' })).toMatchObject({
      correct: false,
    });
  });
});

describe('examples/oolong-like.js', () => {
  const tasks = ['most', 'least', 'one', 'counts', 'compare', 'pairs'];

  it.each(tasks.flatMap((task) => [11, 12, 13].map((seed) => [task, seed] as const)))(
    '%s: the truth is what offline/rlm finds with labels from sub-calls (seed %i)',
    async (task, seed) => {
      const { result, context, prompts } = await solve('examples/oolong-like.js', { task, seed, length: 12_000 });
      expect(result.answer).toEqual(result.truth);
      expect(result.correct).toBe(true);
      expect(context).not.toMatch(/abbreviation|numeric value/);
      expect(prompts.length).toBe(Math.ceil(context.split('\n').length / 50));
    },
  );

  it('names its tasks when asked for another', async () => {
    await expect(runExample('examples/oolong-like.js', { task: 'x' }, {})).rejects.toThrow(
      /no task "x": take one of most,least/,
    );
  });

  it('says so when the answer is wrong', async () => {
    const result = await runExample('examples/oolong-like.js', { seed: 1, task: 'pairs' }, { rlm: async () => [] });
    expect(result).toMatchObject({ correct: false });
  });
});

describe('a script sandbox', () => {
  it.each(['examples/needle.js', 'examples/oolong-like.js'])('%s writes 1 MB in one turn', (file) => {
    const { source } = checkScript(sourceOf(file), { file });
    const start = { args: { length: 1_000_000, seed: 3, task: 'pairs' }, seed: 's', total: null, now: 0, spent: 0 };
    const sandbox = openSandbox({ limits: SCRIPT_SANDBOX, start });
    // A declaration of the script's own shadows the hook: what is measured is the work up to the call.
    const messages = sandbox.run(
      `async function rlm(question, context) { return 'x' + context.length }${source}`,
      file,
    );
    expect(messages.at(-1)).toMatchObject({ type: 'done', value: { correct: false } });
    expect(sandbox.gasUsed).toBeLessThan(SCRIPT_SANDBOX.gasPerTurn / 2);
  });
});
