import { describe, expect, it } from 'vitest';
import { groupCode, type CodeUse } from '../../../client/mine/groups.ts';
import { shapeOfCell, shapeOfScript } from '../../../client/mine/shape.ts';

const SCRIPT = `const all = await parallel(args.map((one) => () => agent('Review ' + one)))\nreturn all.join()`;

function script(run: string, more: Partial<CodeUse> = {}, code = SCRIPT): CodeUse {
  const usage = { inputTokens: 100, outputTokens: 10, usd: 0.01 };
  const shape = shapeOfScript(code)!;
  return { run, kind: 'script', name: 'review', code, shape, ok: true, calls: 3, usage, endedAt: 1, ...more };
}

function cell(run: string, code: string): CodeUse {
  return { ...script(run), kind: 'cell', name: 'How many?', code, shape: shapeOfCell(code)! };
}

const group = (uses: CodeUse[], min = 2, taken: string[] = []) => groupCode(uses, { min, taken });

describe('groups of code', () => {
  it('tells count, success, medians, and the newest run that ended well', () => {
    const uses = [
      script('a', { calls: 1, endedAt: 5 }),
      script('b', { calls: 9, endedAt: 9, ok: false }),
      script('c', { calls: 4, endedAt: 7 }),
    ];
    expect(group(uses)).toEqual([
      {
        ...{ kind: 'script', shape: shapeOfScript(SCRIPT)!.hash, count: 3, runs: 3, success: 2 / 3 },
        median: { calls: 4, tokens: 110, usd: 0.01 },
        ...{ example: SCRIPT, run: 'c', name: 'review', save: 'braid save c --as review' },
      },
    ]);
  });

  it('asks for so many runs, not uses: a run that repeats itself is one', () => {
    const uses = [script('a'), script('a'), script('a')];
    expect(group(uses)).toEqual([]);
    expect(group(uses, 1)).toMatchObject([{ count: 3, runs: 1 }]);
  });

  it('never shows an unknown price as a number', () => {
    const usage = { inputTokens: 1, outputTokens: 1, usd: null };
    expect(group([script('a'), script('b', { usage })])[0]?.median.usd).toBeNull();
  });

  it('proposes names that nothing bears: of scripts their own, else what the code does', () => {
    const code = 'const parts = context.chunks(500)\nFINAL(await llm_query_batched(parts.map((p) => "Count: " + p)))';
    const uses = [script('a'), script('b'), cell('c', code), cell('d', code.replaceAll('parts', 'x'))];
    expect(group(uses, 2, ['review']).map(({ name }) => name)).toEqual(['review-2', 'chunks-final-llm-query-batched']);
  });

  it('leaves out cells that are only a line', () => {
    expect(group([cell('a', 'context.length'), cell('b', 'context.length')])).toEqual([]);
  });

  it('lists the most frequent first', () => {
    const other = `return await agent('x: ' + args.one)`;
    const uses = [script('a', {}, other), script('b', {}, other), script('c'), script('d'), script('e')];
    expect(group(uses).map(({ count }) => count)).toEqual([3, 2]);
  });
});
