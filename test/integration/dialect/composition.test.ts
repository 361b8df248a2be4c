/** Dialect rows DW-20 to DW-26: parallel, pipeline, phase, log, workflow. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { useHarness } from '../../kit/harness.ts';
import { promptOf, type ProviderScript } from '../../../testing/provider/index.ts';

const h = useHarness();

/** Answers with the last line of the prompt, later ones faster, so that order is never the order of asking. */
const echo: ProviderScript = (request, n) => ({
  text: promptOf(request).split('\n').at(-1) ?? '',
  delayMs: Math.max(0, 60 - n * 10),
});

describe('DW-20 parallel', () => {
  it('is a barrier in input order', async () => {
    const { result } = await h.run('return await parallel(["a", "b", "c"].map((x) => () => agent(x)))', {
      provider: echo,
    });
    expect(result.value).toEqual(['a', 'b', 'c']);
  });

  it('gives null for a throw, synchronous or not, and [] for []', async () => {
    const source = `return [await parallel([() => { throw new Error('now') }, async () => { throw new Error('later') }, () => 3]), await parallel([])]`;
    const { result } = await h.run(source);
    expect(result.value).toEqual([[null, null, 3], []]);
  });

  it('says so when it gets promises', async () => {
    const { result } = await h.run('return await parallel([agent("x")])');
    expect(result.error?.message).toMatch(/function/);
  });
});

describe('DW-21 pipeline', () => {
  it('gives stages (prev, item, index), in input order', async () => {
    const source = `return await pipeline(['x', 'y'], (prev, item, i) => agent(prev + item + i), (prev, item, i) => [prev, item, i])`;
    const { result } = await h.run(source, { provider: echo });
    expect(result.value).toEqual([
      ['xx0', 'x', 0],
      ['yy1', 'y', 1],
    ]);
  });

  it('has no barrier: a fast item is in stage 2 while a slow one is in stage 1', async () => {
    const order: string[] = [];
    await h.run('return await pipeline(["slow", "fast"], (x) => agent("1 " + x), (x, item) => agent("2 " + item))', {
      provider: (request) => {
        order.push(promptOf(request).split('\n').at(-1) ?? '');
        return { text: 'ok', delayMs: promptOf(request).includes('1 slow') ? 400 : 0 };
      },
    });
    expect(order.indexOf('2 fast')).toBeLessThan(order.indexOf('2 slow'));
    expect(order.slice(0, 3)).toContain('2 fast');
  });

  it('makes an item null at a throw and skips its later stages', async () => {
    const source = `let later = 0; const r = await pipeline([1, 2], (x) => { if (x === 1) throw new Error('one'); return x }, (x) => { later++; return x }); return [r, later]`;
    const { result } = await h.run(source);
    expect(result.value).toEqual([[null, 2], 1]);
  });

  it('DW-21a passes a resolved null on, counted and logged', async () => {
    const { result } = await h.run('return await pipeline([1], () => null, (x) => x === null ? "got null" : "no")');
    expect(result.value).toEqual(['got null']);
    expect(result.notes.map((note) => note.text).join('\n')).toMatch(/pipeline\[0\] stage 1.*null/);
  });
});

describe('DW-22 bounds', () => {
  it.each([
    'parallel(Array.from({length: 4097}, () => () => 1))',
    'pipeline(Array.from({length: 4097}, (_, i) => i), (x) => x)',
  ])('%s is an error', async (call) => {
    const { result } = await h.run(`return (await ${call}).length`);
    expect(result.error).toMatchObject({ code: 'BRAID_TOO_MANY_ITEMS' });
  });

  it('4,096 pass; no array is an error', async () => {
    const { result } = await h.run('return (await parallel(Array.from({length: 4096}, () => () => 1))).length');
    expect(result.value).toBe(4096);
    const wrong = await h.run('return await pipeline("abc", (x) => x)');
    expect(wrong.result.error?.message).toMatch(/TypeError|array/);
  });
});

describe('DW-23 nesting', () => {
  it('parallel in pipeline in parallel', async () => {
    const source = `return await parallel([1, 2].map((a) => () => pipeline([1, 2], (b) => parallel([() => agent(a + '.' + b)]), (r) => r[0])))`;
    const { result } = await h.run(source, { provider: echo });
    expect(result.value).toEqual([
      ['1.1', '1.2'],
      ['2.1', '2.2'],
    ]);
  });
});

describe('DW-24 phase and log', () => {
  it('phase() groups, opts.phase wins, log adds a line', async () => {
    const source = `phase('One'); await agent('a', {label: 'a'}); await agent('b', {label: 'b', phase: 'Two'}); log('hello'); return 1`;
    const { result, handle } = await h.run(source, {
      provider: () => ({ status: 400, body: { error: { message: 'no' } } }),
    });
    expect(result.outcomes.map((outcome) => outcome.phase)).toEqual(['One', 'Two']);
    expect(result.notes).toMatchObject([{ kind: 'log', text: 'hello' }]);
    const history = await handle.fetchHistory();
    expect(JSON.stringify(history.events?.map((event) => event.userMetadata ?? null))).toBeTruthy();
  });
});

describe('DW-25 workflow()', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'braid-dw25-'));
  mkdirSync(path.join(root, '.braid/workflows'), { recursive: true });
  const saved = (name: string, source: string) =>
    writeFileSync(path.join(root, '.braid/workflows', `${name}.js`), source);
  saved(
    'double',
    `export const meta = {name: 'double', description: 'd'}\nreturn {twice: args.n * 2, said: await agent('in double', {tools: []})}`,
  );
  saved('deep', `return args.n === 0 ? 'bottom' : await workflow('deep', {n: args.n - 1})`);
  saved('broken', 'return (((');
  writeFileSync(path.join(root, 'local.js'), 'return "local " + args');

  it('runs a saved one as part of this run: same counter, its own args', async () => {
    const { result } = await h.run('return await workflow("double", {n: 4})', {
      workspace: root,
      provider: () => 'yes',
    });
    expect(result).toMatchObject({
      status: 'completed',
      value: { twice: 8, said: 'yes' },
      usage: { calls: 2, requests: 1 },
    });
  });

  it('takes {scriptPath} relative to the workspace', async () => {
    const { result } = await h.run('return await workflow({scriptPath: "local.js"}, "x")', { workspace: root });
    expect(result.value).toBe('local x');
  });

  it('goes to any depth up to --max-depth', async () => {
    const deep = await h.run('return await workflow("deep", {n: 3})', { workspace: root });
    expect(deep.result.value).toBe('bottom');
    const over = await h.run('return await workflow("deep", {n: 20})', { workspace: root, limits: { maxDepth: 4 } });
    expect(over.result.error).toMatchObject({ code: 'BRAID_DEPTH' });
  });

  it.each([
    ['unknown name', '"nowhere"', 'BRAID_WORKFLOW_UNKNOWN'],
    ['syntax error', '"broken"', 'BRAID_SCRIPT_SYNTAX'],
    ['outside', '{scriptPath: "../../etc/passwd"}', 'BRAID_WORKFLOW_UNKNOWN'],
  ])('%s throws', async (_name, ref, code) => {
    const { result } = await h.run(`try { await workflow(${ref}) } catch (e) { return e.code }`, { workspace: root });
    expect(result.value).toBe(code);
  });
});

describe('DW-26 nothing is dropped silently', () => {
  it('every null made by a primitive is a line with primitive, index, stage and error', async () => {
    const source = `await parallel([() => 1, () => { throw new Error('boom') }]); await pipeline([7], (x) => x, () => { throw new TypeError('bad') }); return 0`;
    const { result } = await h.run(source);
    const lines = result.notes.map((note) => note.text);
    expect(lines).toEqual([
      expect.stringMatching(/parallel\[1\].*boom/),
      expect.stringMatching(/pipeline\[0\] stage 2 failed: .*bad/),
    ]);
  });

  it('a reached cap is a line', async () => {
    const { result } = await h.run('await agent("1"); try { await agent("2") } catch {} return 0', {
      limits: { maxCalls: 1 },
    });
    expect(result.notes.map((note) => note.text).join()).toMatch(/maxCalls/);
  });
});
