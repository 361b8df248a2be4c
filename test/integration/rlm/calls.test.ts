/** rlm.md, "Names in the REPL": RL-20 to RL-26, and the dialect's calls inside cells, on a real server. */
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRun } from '../../../client/view/read.ts';
import { RLM } from '../../../protocol/limits.ts';
import { lastOf, promptOf, type Reply } from '../../../testing/provider/index.ts';
import { useHarness } from '../../kit/harness.ts';
import { concurrencyOf, playingNodes, questionOf } from '../../kit/play-nodes.ts';
import { cell, isTurn, playing } from '../../kit/play.ts';

const h = useHarness();

/** An answer whose cost is known. */
const priced = (text: string, output: number): Reply => ({ text, usage: { input: 100, output } });

describe('batches', () => {
  it('RL-20 RL-21 RL-25: at once within the window, a failed item in its slot, nothing shown, each item its own price', async () => {
    const { result, requests, handle } = await h.rlm('batch', {
      limits: { concurrency: 5 },
      provider: playing(
        priced(
          cell("const found = await llm_query_batched(Array.from({length: 13}, (_, i) => 'item ' + i))\nfound.length"),
          1000,
        ),
        priced(cell("const one = await llm_query('alone', {label: 'the lone one'})"), 1000),
        priced(cell('FINAL({found, one, failed: found[4] instanceof Object && String(found[4])})'), 1000),
        (request): Reply => {
          const prompt = promptOf(request);
          if (prompt === 'item 4') return { status: 400, body: { error: { message: 'no such item' } } };
          const number = Number(/\d+/.exec(prompt)?.[0] ?? 50);
          return { text: `SECRET-${number}`, delayMs: 1_000, usage: { input: 7, output: number + 1 } };
        },
      ),
    });
    const leaves = requests.filter((request) => !isTurn(request));
    expect(concurrencyOf(leaves)).toBe(5);
    const { found, one, failed } = result.value as { found: unknown[]; one: string; failed: string };
    expect(found).toHaveLength(13);
    expect(found.filter((_, i) => i !== 4)).toEqual([0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12].map((i) => `SECRET-${i}`));
    expect(found[4]).toMatchObject({
      code: 'BRAID_PROVIDER_BAD_REQUEST',
      error: expect.stringContaining('no such item'),
    });
    expect(failed).toMatch(/^Error: /);
    expect(one).toBe('SECRET-50');
    // RL-20: what came back stands in variables alone.
    for (const request of requests) expect(JSON.stringify(request.body)).not.toContain('SECRET');
    expect(lastOf(requests.findLast(isTurn)!)).not.toContain('SECRET');
    const outputs = [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12].reduce((sum, i) => sum + i + 1, 0) + 51;
    expect(result.usage).toEqual({
      ...{ calls: 14, requests: requests.length, replayed: 0, failed: 1, refused: 0, usd: null },
      ...{ inputTokens: 300 + 13 * 7, outputTokens: 3000 + outputs },
    });
    expect(result).toMatchObject({
      status: 'completed_with_failures',
      outcomes: [{ address: 'llm:5', label: 'item 4' }],
    });
    const { calls } = await readRun(h.client, handle.workflowId);
    expect(calls.find(({ address }) => address === 'llm:8')).toMatchObject({
      label: 'item 7',
      inputTokens: 7,
      outputTokens: 8,
    });
    expect(calls.find(({ address }) => address === 'llm:14')).toMatchObject({
      label: 'the lone one',
      outputTokens: 51,
    });
  });
});

describe('recursion', () => {
  it('RL-22: a child with a REPL of its own below the limit, at the limit one plain call, and an error where it cannot fit', async () => {
    const text = `${'a line of the text\n'.repeat(2_000)}the end`;
    const { result, requests } = await h.rlm('root', {
      context: text,
      provider: playingNodes(
        {
          root: [
            cell(
              "let error = null\nconst given = await rlm_query('child one', context.slice(0, 38000))\nconst own = typeof mine",
            ),
            cell('FINAL({given, own})'),
          ],
          'child one': [
            cell("const mine = context.length\nconst plain = await rlm_query('leaf question', context.slice(19, 57))"),
            cell(
              `let error; try { await rlm_query('too much', 'x'.repeat(${RLM.plainContextChars + 1})) } catch (e) { error = e.code + ': ' + e.message }`,
            ),
            cell('FINAL({mine, plain, error})'),
          ],
        },
        (request) => `plain: ${promptOf(request)}`,
      ),
    });
    expect(result.value).toMatchObject({
      own: 'undefined',
      given: {
        mine: 38_000,
        plain: 'plain: leaf question\n\n<context>\n\na line of the text\na line of the text\n\n</context>',
        error: expect.stringMatching(/^BRAID_DEPTH: .*400001 characters does not fit.*Split it/),
      },
    });
    expect(result.usage).toMatchObject({ calls: 2, failed: 1, requests: 6 });
    expect(result.outcomes).toMatchObject([{ address: 'rlm:1/rlm:1', code: 'BRAID_DEPTH', reason: 'error' }]);
    const systems = requests.map(({ system }) => system ?? '');
    expect(systems[0]).toMatch(/REPL of its own works on that part/);
    expect(systems[1]).toMatch(/the same as one plain call/);
    expect(promptOf(requests[1]!)).toMatch(/one text: 38000 characters/);
  });

  it.each([
    [1, 1],
    [6, 4],
  ])('RL-23: a batch of recursive calls, depth 2, under a window of %i', async (concurrency, atLeast) => {
    const { result, requests } = await h.rlm('root', {
      limits: { concurrency },
      rlm: { depth: 2 },
      provider: playingNodes(
        {
          root: [
            slow(
              cell(
                "const all = await rlm_query_batched(['mid 0', 'mid 1', 'mid 2'].map((q) => [q, 'text of ' + q]))\nFINAL(all)",
              ),
            ),
          ],
          mid: [
            slow(
              cell("const low = await rlm_query('low ' + question, context)\nFINAL(low)"),
              concurrency === 1 ? 20 : 1_500,
            ),
          ],
          low: [slow(cell("const parts = await llm_query_batched(['a ' + context, 'b ' + context])\nFINAL(parts)"))],
        },
        (request) => ({ text: `<${promptOf(request)}>`, delayMs: concurrency === 1 ? 20 : 1_500 }),
      ),
    });
    expect(result.value).toEqual([0, 1, 2].map((i) => [`<a text of mid ${i}>`, `<b text of mid ${i}>`]));
    expect(result.usage).toMatchObject({ calls: 12, requests: 13, failed: 0, refused: 0 });
    expect(requests).toHaveLength(13);
    expect(concurrencyOf(requests)).toBeGreaterThanOrEqual(atLeast);
    expect(concurrencyOf(requests)).toBeLessThanOrEqual(concurrency);
    // The three siblings are at work at the same time, not one after the other, wherever the window lets them.
    const mids = requests.filter((request) => isTurn(request) && questionOf(request).startsWith('mid'));
    expect(mids).toHaveLength(3);
    if (concurrency > 1) expect(concurrencyOf(mids)).toBe(3);
  });

  it('RL-24 RL-43: 30 MB are handed to a child by reference', async () => {
    const line = 'thirty megabytes of lines, and one needle somewhere\n';
    let before = 0;
    const { result, handle } = await h.rlm('root', {
      context: line.repeat(600_000),
      provider: playingNodes({
        root: (_, turn) => {
          before = sizeOf(h.store.home);
          return turn === 0
            ? cell(
                "const seen = await rlm_query_batched([['child whole', context], ['child part', context.slice(52, -52)]])",
              )
            : cell('FINAL(seen)');
        },
        child: [cell("FINAL([context.length, context.count('needle'), context.slice(0, 10)])")],
      }),
    });
    expect(result.value).toEqual([
      [31_200_000, 600_000, 'thirty meg'],
      [31_199_896, 599_998, 'thirty meg'],
    ]);
    expect(sizeOf(h.store.home) - before).toBeLessThan(200_000);
    for (const id of ['', '/rlm:1', '/rlm:2']) {
      const { raw } = await h.client.workflow.getHandle(handle.workflowId + id).describe();
      expect(Number(raw.workflowExecutionInfo?.historySizeBytes)).toBeLessThan(40_000);
    }
  });
});

describe('RL-26 stops cannot be caught', () => {
  const trap = (calls: string): string =>
    cell(
      `let log = []; try { ${calls} } catch (e) { log.push('caught ' + e) } finally { log.push('finally') }; log.push('after')`,
    );

  it.each([
    ['maxCalls', { maxCalls: 2 }, 4],
    ['maxRequests', { maxRequests: 3 }, 3],
    ['maxOutputTokens', { maxOutputTokens: 25 }, 3],
  ])('%s', async (_name, limits, requestsSent) => {
    const { result, requests } = await h.rlm('q', {
      limits,
      provider: playing(
        priced(trap("for (const p of ['a', 'b', 'c', 'd']) log.push(await llm_query(p))"), 10),
        priced(cell("log.push('last word')\nFINAL_VAR('log')"), 1),
        (request) => priced(`<${promptOf(request)}>`, 10),
      ),
    });
    expect(requests).toHaveLength(requestsSent);
    expect(result.status).toBe('stopped');
    expect(result.partial).toMatch(/used up|reached/);
    expect(result.value).toEqual(requestsSent === 4 ? ['<a>', '<b>', 'last word'] : ['<a>', '<b>']);
    expect(result.usage).toMatchObject({ refused: 1, requests: requestsSent });
  });

  it('a limit that a script meets below the cell', async () => {
    const script = "export const meta = {name: 'x', description: 'd'}\nreturn [await agent('a'), await agent('b')]";
    const { result } = await h.rlm('q', {
      limits: { maxCalls: 2 },
      provider: playing(
        cell(
          `let log = ['before']; try { log.push(await workflow(${JSON.stringify(script)})) } catch { log.push('caught') } log.push('after')`,
        ),
        cell("FINAL_VAR('log')"),
        () => 'one',
      ),
    });
    expect(result).toMatchObject({ status: 'stopped', value: ['before'], usage: { calls: 2, refused: 1 } });
    expect(result.outcomes).toMatchObject([{ address: 'workflow:1/agent:2', reason: 'refused' }]);
  });

  it('maxTimeMs, with a call that hangs and a cell that would go on for ever', async () => {
    const began = Date.now();
    const { result, requests } = await h.rlm('q', {
      limits: { maxTimeMs: 4_000 },
      provider: playing(
        trap(
          "while (true) { try { log.push(await llm_query('first')); await llm_query('hang') } catch (e) { log.push(e.code) } }",
        ),
        (request) => (promptOf(request) === 'hang' ? { hang: 'headers' } : 'one'),
      ),
    });
    expect(Date.now() - began).toBeLessThan(15_000);
    expect(result).toMatchObject({ status: 'stopped', value: ['one'] });
    expect(result.partial).not.toBeNull();
    expect(requests).toHaveLength(3);
    await expect.poll(() => requests[2]!.closed, { timeout: 20_000 }).toBe(true);
  });

  it("maxTimeMs, while the node's own model is silent", async () => {
    const began = Date.now();
    const { result, requests } = await h.rlm('q', {
      limits: { maxTimeMs: 3_000 },
      provider: playing(cell("const result = 'what there is'"), { hang: 'headers' }),
    });
    expect(Date.now() - began).toBeLessThan(15_000);
    expect(result).toMatchObject({ status: 'stopped', value: 'what there is' });
    expect(requests).toHaveLength(2);
  });
});

function slow(text: string, delayMs = 100): Reply {
  return { text, delayMs };
}

/** Bytes of all files below a folder. */
function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce(
      (sum, entry) => sum + (statSync(path.join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
}
