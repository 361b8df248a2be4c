/** rlm.md, "The loop": RL-01 to RL-09, on a real server against a scripted provider. */
import { describe, expect, it } from 'vitest';
import { lastOf, promptOf } from '../../../testing/provider/index.ts';
import { useHarness } from '../../kit/harness.ts';
import { cell, cells, playing } from '../../kit/play.ts';

const h = useHarness();

describe('RL-01 first prompt', () => {
  it('holds question, kind, size, shape and preview, and is as long for 1 KB as for 3 MB', async () => {
    const prompts: string[] = [];
    for (const size of [1_000, 3_000_000]) {
      const { result, requests } = await h.rlm('How many?', {
        context: 'one line of text\n'.repeat(size / 17),
        provider: playing(cell('FINAL(context.length)')),
      });
      expect(result.value).toBe(Math.floor(size / 17) * 17);
      prompts.push(promptOf(requests[0]!));
    }
    expect(prompts[0]).toMatch(/How many\?/);
    expect(prompts[1]).toMatch(/one text: 2999990 characters, 176470 lines/);
    expect(prompts[1]).toContain('one line of text\none line');
    expect(Math.abs(prompts[0]!.length - prompts[1]!.length)).toBeLessThan(40);
  });

  it('shows only the start of a long question, which cells can read whole', async () => {
    const question = `${'Why? '.repeat(60_000)}END`;
    const { result, requests } = await h.rlm(question, {
      provider: playing(cell('FINAL([question.length, String(question.slice(-3))])')),
    });
    expect(result.value).toEqual([300_003, 'END']);
    expect(promptOf(requests[0]!).length).toBeLessThan(8_000);
  });
});

describe('RL-02 cells', () => {
  it('runs several cells of an answer in order', async () => {
    const { result, requests } = await h.rlm('q', {
      provider: playing(cells('const a = 1', 'print(a + 1)', 'a + 2'), cell('FINAL(a)')),
    });
    expect(result.value).toBe(1);
    const seen = lastOf(requests[1]!);
    expect(seen).toMatch(/Output of cell 2:\n2[\s\S]*Output of cell 3:\n3/);
  });

  it('takes cells from the run tool', async () => {
    const { result, requests } = await h.rlm('q', {
      provider: playing({ toolCalls: [{ name: 'run', input: { code: 'let n = 20; n + 1' } }] }, cell('FINAL(n * 2)')),
    });
    expect(result.value).toBe(40);
    expect(requests[0]!.tools.map(({ name }) => name)).toEqual(['run']);
    expect(lastOf(requests[1]!)).toContain('21');
  });

  it('reminds once of a missing cell, then counts the turn', async () => {
    const { result, requests } = await h.rlm('q', { provider: playing('I think so.', cell('FINAL("yes")')) });
    expect(result).toMatchObject({ value: 'yes', iterations: 1, status: 'completed' });
    expect(lastOf(requests[1]!)).toContain('no ```js cell');
  });
});

describe('RL-03 persistence', () => {
  it('keeps variables, functions and classes; const may be declared again', async () => {
    const { result } = await h.rlm('q', {
      provider: playing(
        cell('const x = 1; function twice(n) { return n * 2 }\nclass Point { constructor(v) { this.v = v } }'),
        cell('const x = await Promise.resolve(20); const p = new Point(twice(x))'),
        cell('FINAL(p.v + x)'),
      ),
    });
    expect(result.value).toBe(60);
  });

  it('cuts long output head and tail and says how to see more', async () => {
    const { requests } = await h.rlm('q', {
      provider: playing(cell("print('a'.repeat(50000) + 'END')"), cell('FINAL(1)')),
    });
    const seen = lastOf(requests[1]!);
    expect(seen).toMatch(/34,00\d characters left out/);
    expect(seen).toMatch(/END/);
    expect(seen.length).toBeLessThan(17_000);
  });
});

describe('RL-04 calls without await', () => {
  it('are awaited at statement level', async () => {
    const { result } = await h.rlm('q', {
      provider: playing(
        cell("const a = llm_query('one');\nprint(a);\nFINAL(a + '!')"),
        (request) => `got ${promptOf(request)}`,
      ),
    });
    expect(result.value).toBe('got one!');
  });
});

describe('RL-05 finalisers', () => {
  it.each([
    ['FINAL(0)', 0],
    ["FINAL('')", ''],
    ['FINAL(false)', false],
    ['FINAL(null)', null],
    ['const v = {a: [1]}; FINAL_VAR("v")', { a: [1] }],
    ['const v = [1, 2]; FINAL_VAR(v)', [1, 2]],
    ['SUBMIT({n: 1})', { n: 1 }],
    ['answer = {content: "c", ready: true}', 'c'],
    ['answer.content = 5; answer.ready = true', 5],
  ])('%s', async (code, value) => {
    const { result } = await h.rlm('q', { provider: playing(cell(code)) });
    expect(result).toMatchObject({ value, partial: null, status: 'completed' });
  });

  it('counts only when the cell has run to its end', async () => {
    const { result, requests } = await h.rlm('q', {
      provider: playing(cell("FINAL('early'); throw new Error('late')"), cell("FINAL('right')")),
    });
    expect(result.value).toBe('right');
    expect(lastOf(requests[1]!)).toContain('late');
  });

  it('does not obey text markers, but answers them', async () => {
    const { result, requests } = await h.rlm('q', { provider: playing('FINAL(42)', cell('FINAL(7)')) });
    expect(result.value).toBe(7);
    expect(lastOf(requests[1]!)).toMatch(/FINAL/);
  });

  it('gives a value too large to pass on by reference', async () => {
    const { result } = await h.rlm('q', {
      provider: playing(cell("const big = 'x'.repeat(3_000_000); FINAL_VAR('big')")),
    });
    expect(result.value).toBeNull();
    expect(result.large).toMatchObject({ length: 3_000_000 });
  });
});

describe('RL-06 schema', () => {
  const schema = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] };

  it('gives errors back to the model', async () => {
    const { result, requests } = await h.rlm('q', {
      rlm: { schema },
      provider: playing(cell("FINAL({n: 'three'})"), cell('FINAL({n: 3})')),
    });
    expect(result.value).toEqual({ n: 3 });
    expect(lastOf(requests[1]!)).toMatch(/FINAL was not accepted/);
  });

  it('a schema that is never met ends with a partial result', async () => {
    const { result } = await h.rlm('q', { rlm: { schema }, provider: () => cell("FINAL('never')") });
    expect(result).toMatchObject({ status: 'stopped' });
    expect(result.partial).toMatch(/same error/i);
  });
});

describe('RL-07 limits', () => {
  it('asks one last question at the iteration limit and marks the answer partial', async () => {
    const { result, requests } = await h.rlm('q', {
      rlm: { maxIterations: 2 },
      provider: (_request, n) => (n <= 2 ? cell(`const part${n} = ${n}`) : 'about three'),
    });
    expect(requests).toHaveLength(3);
    expect(lastOf(requests[2]!)).toContain('part2');
    expect(result).toMatchObject({ value: 'about three', status: 'stopped' });
    expect(result.partial).toMatch(/limit of 2 iterations/);
  });

  it('gives the best variable when even that is refused', async () => {
    const { result, requests } = await h.rlm('q', {
      limits: { maxRequests: 2 },
      provider: (_request, n) => cell(n === 1 ? 'const other = 1; const answerSoFar = 2' : "const result = 'the best'"),
    });
    expect(requests).toHaveLength(2);
    expect(result).toMatchObject({ value: 'the best', status: 'stopped' });
  });

  it('the call limit ends the node with what was paid for', async () => {
    const { result } = await h.rlm('q', {
      limits: { maxCalls: 3 },
      provider: playing(
        cell("const found = await llm_query_batched(['a', 'b', 'c', 'd', 'e']); print('caught')"),
        (request) => (promptOf(request).length === 1 ? `<${promptOf(request)}>` : cell('FINAL_VAR("found")')),
      ),
    });
    expect(result.usage).toMatchObject({ calls: 3, refused: 2 });
    expect(result.status).toBe('stopped');
    expect(result.value).toMatchObject(['<a>', '<b>', '<c>', { code: 'BRAID_BUDGET_EXHAUSTED' }, {}]);
  });
});

describe('RL-08 budget line', () => {
  it('comes with each turn', async () => {
    const { requests } = await h.rlm('q', {
      rlm: { maxIterations: 5 },
      provider: playing(cell('1'), cell('FINAL(1)')),
    });
    expect(promptOf(requests[0]!)).toMatch(/\[Turn 1 of 5 · 0 of 1000 calls used/);
    expect(lastOf(requests[1]!)).toMatch(/\[Turn 2 of 5/);
  });
});

describe('RL-09 errors and stalls', () => {
  it('shows message, line and code of a failed cell', async () => {
    const { requests } = await h.rlm('q', {
      provider: playing(cell('const ok = 1\nnull.x'), cell('FINAL(ok)')),
    });
    expect(lastOf(requests[1]!)).toMatch(/TypeError[\s\S]*line 2[\s\S]*null\.x/);
  });

  it('repeated identical failures end the node', async () => {
    const { result, requests } = await h.rlm('q', { provider: () => cell('nothing.here') });
    expect(requests.length).toBeLessThan(6);
    expect(result.status).toBe('stopped');
  });

  it('answers without code for ever end the node, and the last text is the answer', async () => {
    const { result, requests } = await h.rlm('q', { provider: () => 'The answer is 42.' });
    expect(requests.length).toBeLessThan(6);
    expect(result).toMatchObject({ value: 'The answer is 42.', status: 'stopped' });
  });

  it('a Python cell gets one clear message', async () => {
    const { requests } = await h.rlm('q', {
      provider: playing(
        '```python\nchunks = context.split("\\n")\nfor c in chunks:\n    print(len(c))\n```',
        cell('FINAL(1)'),
      ),
    });
    expect(lastOf(requests[1]!)).toMatch(/JavaScript/);
  });
});
