/** Issue 4, "Bad input", as far as runs meet it: every one ends with a clean error or result, and the worker goes on. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../protocol/json.ts';
import { lastOf, promptOf, type Reply, type SeenRequest } from '../../../testing/provider/index.ts';
import { useHarness } from '../../kit/harness.ts';
import { playingNodes } from '../../kit/play-nodes.ts';
import { cell, isTurn, playing } from '../../kit/play.ts';

const h = useHarness();

describe('hostile cells', () => {
  it('that never end, print 1 GB or take all memory: an error each, variables from before stay, and the run ends well', async () => {
    const hostile = [
      [
        'print 1 GB',
        "const part = 'x'.repeat(1 << 20); for (let i = 0; i < 1024; i++) print(part)",
        /Output|characters left out/,
      ],
      [
        'all memory',
        'const hoard = []; while (true) hoard.push(new Array(1e6).fill(hoard.length))',
        /BRAID_SANDBOX_MEMORY|memory/i,
      ],
      ['one string', "let s = 'ab'; while (true) s += s", /memory|too long|length/i],
      ['recursion', 'const deep = (n) => deep(n + 1) + 1; deep(0)', /stack/i],
      [
        'toString',
        "print({toString() { throw new Error('no text') }}); const odd = {get x() { throw new Error('no x') }}; print(odd); odd",
        /./,
      ],
      ['toJSON', "FINAL({toJSON() { throw new Error('no json') }})", /no json|FINAL/],
      ['a cycle', 'const loop = {}; loop.self = loop; FINAL(loop)', /FINAL|circular|cycl/i],
      [
        'names',
        'globalThis.llm_query = 1; context = 2; Object.prototype.then = 1; Array.prototype.push = null; JSON.stringify = null',
        /./,
      ],
      ['a throw of nothing', 'throw undefined', /undefined/],
      ['a proxy', "throw new Proxy({}, {get() { throw new Error('trap') }})", /./],
      ['never resolved', 'await new Promise(() => {})', /waits for something that never comes/],
      ['no code', '', /./],
      ['no syntax', 'const = ;', /SyntaxError/],
    ] as const;
    const { result, requests } = await h.rlm('q', {
      rlm: { maxIterations: 40 },
      provider: playing(
        cell('const kept = new Map([["a", 1]]); let turns = 0'),
        ...hostile.map(([, code]) => cell(`turns = ${hostile.findIndex((row) => row[1] === code) + 1}\n${code}`)),
        cell('delete Object.prototype.then; kept.set("b", turns)'),
        cell('FINAL([...kept])'),
      ),
    });
    hostile.forEach(([name, , seen], i) => expect(lastOf(requests[i + 2]!), name).toMatch(seen));
    for (const request of requests) expect(lastOf(request).length).toBeLessThan(20_000);
    expect(result).toMatchObject({ partial: null, status: 'completed' });
    expect((result.value as unknown[])[0]).toEqual(['a', 1]);
    expect(requests).toHaveLength(hostile.length + 3);
  });
});

describe('finals', () => {
  const ODD: [code: string, value?: Json][] = [
    ["FINAL('first'); FINAL('second')", 'second'],
    ['for (let i = 0; i < 100000; i++) FINAL(i)', 99_999],
    ["new Promise((resolve) => { FINAL('inside'); }); 1", 'inside'],
    ["Promise.resolve().then(() => FINAL('later')); 1", 'later'],
    ["(async () => FINAL(await llm_query('x')))(); 1", '<x>'],
    ['FINAL(undefined)', 'another'],
    ['FINAL(() => 1)', 'another'],
    ['FINAL(10n ** 20n)'],
    ['FINAL(NaN)', null],
  ];

  it('given twice, in a loop, in promises, of nothing', async () => {
    const nodes = Object.fromEntries(ODD.map(([code], i) => [`final ${i}`, [cell(code), cell("FINAL('another')")]]));
    const leaf = (request: SeenRequest): Reply => `<${promptOf(request)}>`;
    const root = cell(`FINAL(await rlm_query_batched(Array.from({length: ${ODD.length}}, (_, i) => 'final ' + i)))`);
    const { result } = await h.rlm('root', { provider: playingNodes({ root: [root], ...nodes }, leaf) });
    const values = result.value as Json[];
    ODD.forEach((row, i) => {
      if (row.length > 1) expect(values[i], row[0]).toEqual(row[1]);
    });
    expect(result).toMatchObject({ partial: null, status: 'completed' });
  });

  it('a schema that the final never meets: findings, then a partial result', async () => {
    const { result, requests } = await h.rlm('q', {
      rlm: { schema: { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } }, maxIterations: 4 },
      provider: (_request, n) => cell(`const n${n} = ${n}; FINAL({n: 'word ${n}'})`),
    });
    // The same finding three times in a row ends it before its four turns; the last word does not fit either.
    expect(requests).toHaveLength(4);
    expect(lastOf(requests[1]!)).toMatch(/FINAL was not accepted: .*n/);
    expect(result.status).toBe('stopped');
    expect(result.partial).toMatch(/same error came 3 times/);
  });
});

describe('sub-calls', () => {
  it('with wrong arguments fail one by one, and cost nothing', async () => {
    const wrong = [
      'llm_query()',
      "llm_query('')",
      'llm_query(Symbol("s"))',
      "llm_query('p', {schema: 7})",
      "llm_query('p', {maxOutputTokens: -1})",
      "llm_query_batched('not a list')",
      "llm_query_batched(['a'], ['b', 'c'])",
      'rlm_query()',
      "rlm_query('q', () => 1)",
      "rlm_query('q', 'c', {budget: {calls: 0}})",
      "rlm_query('q', 'c', {budget: 5})",
      'rlm_query_batched(7)',
      'agent(7)',
      'agent("a", "b")',
      'workflow(7)',
      "workflow('../../etc/passwd')",
      "llm_query('p', {model: 'nobody/nothing'})",
    ];
    const { result, requests } = await h.rlm('q', {
      provider: playing(
        cell(`const seen = []\nfor (const call of [${wrong.map((call) => `() => ${call}`).join(', ')}]) {
          try { seen.push('value ' + JSON.stringify(await call())) } catch (e) { seen.push(e.code) } }`),
        cell('FINAL(seen)'),
      ),
    });
    const seen = result.value as string[];
    expect(seen).toHaveLength(wrong.length);
    wrong.forEach((call, i) =>
      expect(`${call} → ${seen[i]}`).toMatch(
        /→ (BRAID_OPTION|BRAID_WORKFLOW_UNKNOWN|BRAID_PROVIDER_UNKNOWN|BRAID_SCHEMA_INVALID|BRAID_SCRIPT_VALUE)$/,
      ),
    );
    expect(requests.filter((request) => !isTurn(request))).toHaveLength(0);
    expect(result.usage.requests).toBe(2);
  });

  it('10,000 at once: those that fit are made, the rest is refused, and the run says so', async () => {
    const { result, requests } = await h.rlm('q', {
      limits: { concurrency: 100, maxCalls: 150 },
      provider: playing(
        cell(`let tooMany; try { await llm_query_batched(Array.from({length: 10001}, () => 'p')) } catch (e) { tooMany = e.message }
          const crowd = await Promise.allSettled(Array.from({length: 5000}, (_, i) => i).map(() => llm_query('')))
          const batch = await llm_query_batched(Array.from({length: 10000}, (_, i) => 'p' + i))
          const counts = {tooMany, crowd: crowd.filter((c) => c.status === 'rejected').length,
            ok: batch.filter((b) => typeof b === 'string').length, refused: batch.filter((b) => b.code === 'BRAID_BUDGET_EXHAUSTED').length}`),
        cell('FINAL_VAR("counts")'),
      ),
    });
    expect(result.value).toMatchObject({
      tooMany: expect.stringMatching(/at most 10000 items/),
      crowd: 5_000,
      ok: 150,
    });
    expect(requests.filter((request) => !isTurn(request))).toHaveLength(150);
    expect(result.usage).toMatchObject({ calls: 150 });
    expect(result.status).toBe('stopped');
  });

  it('2,100 tools at once, some of which fail', async () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'braid-tools-')), 'tools.mjs');
    writeFileSync(
      file,
      "export default {rlm: {tools: {odd: {description: 'd', run: ({n}) => { if (n % 1000 === 1) throw new Error('odd ' + n); return {outcome: n} }}}}}",
    );
    const { result } = await h.rlm('q', {
      toolModule: { file, tools: [{ name: 'odd', description: 'd' }] },
      provider: playing(
        cell(`const all = await Promise.allSettled(Array.from({length: 2100}, (_, n) => tools.odd({n})))`),
        cell(
          "FINAL([all.filter((t) => t.status === 'rejected').map((t) => t.reason.message), all[7].value, all.length])",
        ),
      ),
    });
    const [failed, one, count] = result.value as [string[], unknown, number];
    expect(failed).toEqual([1, 1001, 2001].map((n) => expect.stringContaining(`odd ${n}`)));
    expect([one, count]).toEqual([{ outcome: 7 }, 2_100]);
  });

  it('a provider that fails on one of a batch in every way that there is', async () => {
    const replies: { [prompt: string]: Reply } = {
      'a 400': { status: 400, body: { error: { message: 'bad' } } },
      'a 500': { status: 500, body: { error: { message: 'oops' } } },
      garbage: { garbage: 'data: {"choi\n\n' },
      'a cut': { halfStream: 'The answer is', how: 'cut' },
      'a 429': { status: 429, headers: { 'retry-after-ms': '10' }, body: { error: { message: 'slow down' } } },
      nothing: '',
    };
    let limited = 0;
    const { result } = await h.rlm('q', {
      provider: playing(
        cell(`const batch = await llm_query_batched(${JSON.stringify([...Object.keys(replies), 'good'])})`),
        cell('FINAL(batch.map((b) => b?.code ?? b))'),
        (request) => {
          const prompt = promptOf(request);
          if (prompt === 'a 429' && limited++ > 0) return 'at last';
          return replies[prompt] ?? 'fine';
        },
      ),
    });
    const codes = result.value as string[];
    expect(codes.slice(0, 4)).toEqual([
      'BRAID_PROVIDER_BAD_REQUEST',
      'BRAID_PROVIDER_FAILED',
      'BRAID_PROVIDER_GARBAGE',
      'BRAID_PROVIDER_FAILED',
    ]);
    expect(codes[4]).toBe('at last');
    expect(codes[6]).toBe('fine');
    expect(result.status).toBe('completed_with_failures');
  });

  it('a default model without a key ends the run at once, from a cell as from a turn', async () => {
    const { result, requests } = await h.rlm('q', {
      provider: playing(cell("const all = await llm_query_batched(['denied', 'slow'])"), (request) =>
        promptOf(request) === 'denied'
          ? // Late enough that the other one has left as well.
            { status: 401, delayMs: 1_000, body: { error: { message: 'no such key' } } }
          : { hang: 'headers' },
      ),
    });
    expect(result).toMatchObject({ status: 'failed', error: { code: 'BRAID_PROVIDER_KEY_REJECTED' } });
    expect(requests).toHaveLength(3);
    const own = await h.rlm('q', { provider: () => ({ status: 401, body: { error: { message: 'no such key' } } }) });
    expect(own.result).toMatchObject({ status: 'failed', error: { code: 'BRAID_PROVIDER_KEY_REJECTED' } });
    expect(own.requests).toHaveLength(1);
  });
});

describe('questions and answers', () => {
  it('a question of 300 KB, to the root and to a child', async () => {
    const long = `child ${'why? '.repeat(60_000)}`;
    const { result, requests } = await h.rlm(`root ${'why? '.repeat(60_000)}`, {
      provider: playingNodes({
        root: [
          cell(`const given = await rlm_query('child ' + 'why? '.repeat(60000))\nFINAL([question.length, given])`),
        ],
        // Its question came by reference, so that its first prompt shows only how long it is.
        '(a text of': [cell('FINAL([question.length, String(question.slice(0, 10))])')],
        child: [cell('FINAL([question.length, String(question.slice(0, 10))])')],
      }),
    });
    expect(result.value).toEqual([300_005, [long.length, 'child why?']]);
    for (const request of requests) expect(promptOf(request).length).toBeLessThan(8_000);
  });

  it('answers that are empty, or code for ever without an end, stop at the limits', async () => {
    const empty = await h.rlm('q', { provider: () => '' });
    expect(empty.result.status).not.toBe('completed');
    expect(empty.requests.length).toBeLessThan(6);
    const busy = await h.rlm('q', {
      rlm: { maxIterations: 5 },
      provider: (_request, n) => cell(`const step${n} = ${n}`),
    });
    expect(busy.requests).toHaveLength(6);
    expect(busy.result).toMatchObject({ status: 'stopped', iterations: 5 });
    expect(busy.result.value).not.toBeNull();
  });
});
