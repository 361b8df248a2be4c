/** Dialect rows DW-40 to DW-46: reuse by content across runs. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRun } from '../../../client/view/read.ts';
import { promptOf, type ProviderScript } from '../../../testing/provider/index.ts';
import { useHarness, type Ran } from '../../kit/harness.ts';

const h = useHarness();

/** Answers with the prompt; refuses prompts that match until told otherwise. */
function provider(bad: RegExp | null = null): ProviderScript {
  return (request) => {
    const prompt = promptOf(request);
    if (bad?.test(prompt) === true) return { status: 400 };
    return { text: `<${prompt}>`, usage: { input: 10, output: 5 } };
  };
}

const again = (before: Ran, source: string, options: Parameters<typeof h.run>[1] = {}) =>
  h.run(source, { provider: provider(), ...options, resumeFrom: before.handle.workflowId });

describe('DW-40 and DW-41 only what is new, changed, failed or unfinished runs', () => {
  const source =
    'const out = []; for (const name of ["A", "B", "C", "D"]) { const [v] = await parallel([() => agent(name)]); out.push(v); } return [out, budget.spent()];';

  it('A, B, C, D ran and B failed: a resume runs B only, and the guest sees the same budget', async () => {
    const first = await h.run(source, { provider: provider(/^B$/) });
    expect(first.result.value).toEqual([['<A>', null, '<C>', '<D>'], 15]);
    const second = await again(first, source);
    expect(second.requests.map((request) => promptOf(request))).toEqual(['B']);
    expect(second.result.value).toEqual([['<A>', '<B>', '<C>', '<D>'], 20]);
    expect(second.result.usage).toMatchObject({ calls: 4, requests: 1, replayed: 3, failed: 0, outputTokens: 5 });
    expect(second.result.status).toBe('completed');
  });

  it('resuming a resumed run loses nothing', async () => {
    const first = await h.run(source, { provider: provider(/^B$/) });
    const second = await again(first, source);
    const third = await again(second, source);
    expect(third.requests).toEqual([]);
    expect(third.result.usage).toMatchObject({ calls: 4, requests: 0, replayed: 4, outputTokens: 0 });
    expect(third.result.value).toEqual([['<A>', '<B>', '<C>', '<D>'], 20]);
  });
});

describe('DW-43 an unknown run', () => {
  it('is an error, never a silent fresh start', async () => {
    await expect(h.run('return await agent("x")', { resumeFrom: 'no-such-run' })).rejects.toThrow();
    expect(h.provider.requests.filter((request) => promptOf(request) === 'x')).toEqual([]);
  });
});

describe('DW-44 why a call was not replayed', () => {
  it('is in the view: replayed from which run, failed before, changed, new', async () => {
    const first = await h.run(
      'return await parallel(["keep", "bad", "edit me"].map((p) => () => agent(p, {label: p.split(" ")[0]})))',
      {
        provider: provider(/^bad$/),
      },
    );
    const second = await again(
      first,
      'return await parallel(["keep", "bad", "edit you", "more"].map((p) => () => agent(p, {label: p.split(" ")[0]})))',
    );
    const view = await readRun(h.client, second.handle.workflowId);
    const calls = view.calls.toSorted((a, b) => (a.label < b.label ? -1 : 1));
    expect(calls.map(({ label, state, from, why }) => [label, state, from, why])).toEqual([
      ['bad', 'done', null, 'failed before'],
      ['edit', 'done', null, 'changed: prompt'],
      ['keep', 'replayed', first.handle.workflowId, null],
      ['more', 'done', null, 'new'],
    ]);
  });
});

describe("DW-46 the field's cases", () => {
  const pipeline8 = `
    const items = [1, 2, 3, 4, 5, 6, 7, 8];
    return await pipeline(items,
      (n) => parallel(Array.from({length: 9}, (_, i) => () => agent('find ' + n + '.' + i))),
      (found, n) => agent('verify ' + n + ' ' + found.filter(Boolean).length),
      (verdict, n) => agent('assemble ' + n));
  `;

  it('8 × pipeline(9-way parallel, verify, assemble) with 8 of 80 failing: exactly 8 live calls', async () => {
    // The last finder of each item fails; what follows does not depend on it.
    const source = pipeline8.replace(" + ' ' + found.filter(Boolean).length", '');
    const first = await h.run(source, { provider: provider(/^find \d\.8$/) });
    expect(first.result.usage).toMatchObject({ calls: 88, failed: 8 });
    const second = await again(first, source);
    expect(second.requests.map((request) => promptOf(request)).toSorted()).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `find ${n}.8`),
    );
    expect(second.result.usage).toMatchObject({ calls: 88, requests: 8, replayed: 80, failed: 0 });
  });

  it('a pipeline of 102 with 2 failing: exactly 2 live calls', async () => {
    const source = 'return await pipeline(Array.from({length: 102}, (_, i) => i), (i) => agent("item " + i))';
    const first = await h.run(source, { provider: provider(/^item (4|77)$/) });
    expect(first.result.usage).toMatchObject({ calls: 102, failed: 2 });
    const second = await again(first, source);
    expect(second.requests.map((request) => promptOf(request)).toSorted()).toEqual(['item 4', 'item 77']);
    expect(second.result.usage).toMatchObject({ calls: 102, requests: 2, replayed: 100, failed: 0 });
  });

  it('seven at once, four killed by a key that was revoked: exactly 4 live calls, the others byte for byte', async () => {
    const source = 'return await parallel([1, 2, 3, 4, 5, 6, 7].map((n) => () => agent("seat " + n)))';
    let ended = 0;
    const revoked: ProviderScript = async (request) => {
      const early = Number(promptOf(request).slice(-1)) <= 3;
      if (early) return { text: `<first ${(ended += 1)}>` };
      await expect.poll(() => ended).toBe(3);
      return { status: 401, delayMs: 500 };
    };
    const handle = await h.start(source, { provider: revoked });
    const error: unknown = await handle.result().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ cause: { type: 'BRAID_PROVIDER_KEY_REJECTED' } });
    const paid = (await readRun(h.client, handle.workflowId)).calls.filter(({ state }) => state === 'done');
    expect(paid).toHaveLength(3);
    const second = await h.run(source, { provider: provider(), resumeFrom: handle.workflowId });
    expect(second.requests.map((request) => promptOf(request)).toSorted()).toEqual(
      [4, 5, 6, 7].map((n) => `seat ${n}`),
    );
    expect(second.result.usage).toMatchObject({ calls: 7, requests: 4, replayed: 3 });
    const seats = second.result.value as string[];
    expect(seats.slice(0, 3).toSorted()).toEqual(['<first 1>', '<first 2>', '<first 3>']);
    expect(seats.slice(3)).toEqual(['<seat 4>', '<seat 5>', '<seat 6>', '<seat 7>']);
  });

  it("one stage's prompt edited: that stage and what depends on its values", async () => {
    const chain =
      'return await pipeline([1, 2, 3], (n) => agent("a" + n), (a) => agent("b " + a), (b) => agent("c " + b))';
    const first = await h.run(chain, { provider: provider() });
    const second = await again(first, chain.replace('"b "', '"B "'));
    const stages = second.requests.map((request) => promptOf(request).slice(0, 1));
    expect(stages.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(['B', 'B', 'B', 'c', 'c', 'c']);
    expect(second.result.usage).toMatchObject({ calls: 9, requests: 6, replayed: 3 });
  });

  it('three identical voters: three results, stable, also when one of them failed', async () => {
    const source = 'return await parallel([1, 2, 3].map(() => () => agent("vote")))';
    let n = 0;
    const voting: ProviderScript = () => ((n += 1) === 2 ? { status: 400 } : `vote ${n}`);
    const first = await h.run(source, { provider: voting, limits: { concurrency: 1 } });
    expect(first.result.value).toEqual(['vote 1', null, 'vote 3']);
    const second = await again(first, source, { provider: () => 'a new vote' });
    expect(second.result.value).toEqual(['vote 1', 'a new vote', 'vote 3']);
    expect(second.requests).toHaveLength(1);
  });

  it('a program that acts on the order of its answers asks the same again', async () => {
    const source = `
      const order = [];
      await parallel([300, 150, 1].map((ms, i) => async () => order.push(await agent('wait ' + i))));
      return await agent('in the order of ' + order.join());
    `;
    const slow: ProviderScript = async (request) => {
      const at = Number(/^wait (\d)/.exec(promptOf(request))?.[1] ?? 2);
      return { text: `${at}`, delayMs: [900, 450, 0][at] ?? 0 };
    };
    const first = await h.run(source, { provider: slow });
    const second = await again(first, source, { provider: slow });
    expect(second.requests).toEqual([]);
    expect(second.result.value).toEqual(first.result.value);
  });
});

describe('agents with tools', () => {
  const source = 'return await parallel(["a.txt", "b.txt"].map((f) => () => agent("read " + f, {label: f})))';
  const reading: ProviderScript = (request) => {
    const file = /read (\w\.txt)/.exec(promptOf(request))?.[1] ?? '';
    const said = request.messages.at(-1);
    if (said?.role === 'user') return { toolCalls: [{ id: 'c1', name: 'read', input: { path: file } }] };
    return { text: `done with ${file}` };
  };

  it('are reused whole unless what they read has changed', async () => {
    const root = mkdtempSync(path.join(tmpdir(), 'braid-resume-'));
    writeFileSync(path.join(root, 'a.txt'), 'one');
    writeFileSync(path.join(root, 'b.txt'), 'two');
    const first = await h.run(source, { provider: reading, workspace: root });
    expect(first.requests).toHaveLength(4);
    const second = await again(first, source, { provider: reading, workspace: root });
    expect(second.requests).toEqual([]);
    writeFileSync(path.join(root, 'b.txt'), 'changed');
    const third = await again(first, source, { provider: reading, workspace: root });
    // Its first turn asks the same as before and is served; the answer of the tool is another.
    expect(third.requests.map((request) => promptOf(request))).toEqual(['read b.txt']);
    expect(third.result.usage).toMatchObject({ calls: 2, requests: 1, replayed: 1 });
    const view = await readRun(h.client, third.handle.workflowId);
    expect(view.calls.find(({ label }) => label === 'b.txt')?.why).toBe('changed: what it read');
  });
});

describe('a recursive model', () => {
  it('is resumed turn by turn and call by call, also with other limits', async () => {
    const answers =
      (fail: boolean): ProviderScript =>
      (request) => {
        const text = promptOf(request);
        if (text.startsWith('piece')) return `<${text}>`;
        const n = request.messages.filter(({ role }) => role === 'assistant').length;
        if (n === 0)
          return '```js\nconst got = await llm_query_batched(["piece 1", "piece 2"]); console.log(got.join())\n```';
        if (n === 1 && fail) return { status: 400 };
        return '```js\nFINAL(got.length)\n```';
      };
    const first = await h.rlm('Count', { provider: answers(true) }).catch((error: unknown) => error);
    expect(first).toMatchObject({ result: { status: 'failed' } });
    const { handle } = first as { handle: { workflowId: string } };
    const second = await h.rlm('Count', {
      provider: answers(false),
      resumeFrom: handle.workflowId,
      rlm: { maxIterations: 7 },
    });
    expect(second.result).toMatchObject({ status: 'completed', value: 2 });
    expect(second.requests).toHaveLength(1);
    expect(second.result.usage).toMatchObject({ calls: 2, requests: 1, replayed: 2 });
  });
});
