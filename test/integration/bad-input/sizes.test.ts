/** Much of everything: it passes whole, or is refused with a coded error before anything is paid for. */
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../protocol/limits.ts';
import { useHarness } from '../../kit/harness.ts';
import { promptOf } from '../../../testing/provider/index.ts';

const h = useHarness();

describe('many results at once', () => {
  /** Holds all answers back until the last request is there, so that they arrive together. */
  function together(count: number, bytes: number) {
    let open: () => void = () => undefined;
    const all = new Promise<void>((resolve) => {
      open = resolve;
    });
    return async (request: Parameters<typeof promptOf>[0], n: number) => {
      if (n === count) open();
      await all;
      return `${promptOf(request)} `.padEnd(bytes, 'x');
    };
  }

  it.each([
    [500, 9_000],
    [100, 100_000],
  ])('%i of %i bytes pass whole, once each', async (count, bytes) => {
    const source = `const r = await parallel(Array.from({length: ${count}}, (_, i) => () => agent("n" + i)))
      return r.map((text, i) => text.startsWith("n" + i + " ") && text.length)`;
    const { result, requests } = await h.run(source, {
      limits: { concurrency: count },
      provider: together(count, bytes),
    });
    expect(result.value).toEqual(Array.from({ length: count }, () => bytes));
    expect(result).toMatchObject({
      status: 'completed',
      usage: { calls: count, requests: count, failed: 0, refused: 0 },
    });
    expect(new Set(requests.map(promptOf)).size).toBe(count);
  });
});

describe('large values', () => {
  it('a 3 MB prompt and a 3 MB answer', async () => {
    const { result, requests } = await h.run(
      'const text = await agent("p".repeat(3 << 20)); return [text.length, text.at(-1)]',
      {
        provider: () => 'a'.repeat(3 << 20),
      },
    );
    expect(requests.map((request) => promptOf(request).length)).toEqual([3 << 20]);
    expect(result).toMatchObject({ status: 'completed', value: [3 << 20, 'a'], usage: { calls: 1, requests: 1 } });
  });

  it('a prompt that no model reads is refused before it is paid for', async () => {
    const { result, requests } = await h.run(`return await agent("p".repeat(${LIMITS.promptChars} + 1))`);
    expect(requests).toEqual([]);
    expect(result).toMatchObject({ status: 'failed', value: null, usage: { requests: 0 } });
    // 16 MiB of prompt do not fit into the guest beside their copies: its memory ends first.
    expect(['BRAID_OPTION', 'BRAID_SANDBOX_MEMORY']).toContain(result.error?.code);
    expect(result.error?.fix).not.toBe('');
  });

  it('a 5 MB result arrives whole', async () => {
    const { result } = await h.run('return {text: "x".repeat(5 << 20), list: Array.from({length: 1000}, (_, i) => i)}');
    expect(result.status).toBe('completed');
    const value = result.value as { text: string; list: number[] };
    expect([value.text.length, value.list.length]).toEqual([5 << 20, 1000]);
  });

  it('a result above the limit is an error with its fix', async () => {
    const { result } = await h.run(`return "x".repeat(${LIMITS.resultChars} + 1)`);
    expect(result).toMatchObject({ status: 'failed', value: null });
    expect(['BRAID_SCRIPT_VALUE', 'BRAID_SANDBOX_OUTPUT', 'BRAID_SANDBOX_MEMORY', 'BRAID_SANDBOX_GAS']).toContain(
      result.error?.code,
    );
    expect(result.error?.fix).not.toBe('');
  });

  it('5 MB of args, and a label of 1 MB', async () => {
    const { result } = await h.run('await agent("x", {label: args.slice(0, 1 << 20)}); return args.length', {
      args: 'y'.repeat(5 << 20),
    });
    expect(result).toMatchObject({ status: 'completed', value: 5 << 20 });
  });

  it('an error message of 1 MB', async () => {
    const { result } = await h.run('throw new Error("m".repeat(1 << 20))');
    expect(result).toMatchObject({ status: 'failed', error: { code: 'BRAID_SCRIPT_ERROR', line: 1 } });
    expect(result.error!.message.length).toBeLessThan(20_000);
  });

  it('1,000 lines of log that nothing carries', async () => {
    const { result } = await h.run('for (let i = 0; i < 1000; i++) log("line " + i); await sleep(5); return 1');
    expect(result).toMatchObject({ status: 'completed', value: 1 });
  });
});

describe('too many items', () => {
  it.each([
    ['parallel', 'parallel(Array.from({length: 4097}, (_, i) => () => agent("n" + i)))'],
    ['pipeline', 'pipeline(Array.from({length: 4097}, (_, i) => i), (i) => agent("n" + i))'],
  ])('4,097 of one %s: nothing is asked', async (_name, call) => {
    const { result, requests } = await h.run(`return await ${call}`);
    expect(requests).toEqual([]);
    expect(result).toMatchObject({
      status: 'failed',
      error: { code: 'BRAID_TOO_MANY_ITEMS', line: 1 },
      usage: { calls: 0, failed: 0 },
    });
    expect(result.error?.message).toMatch(/4096.*4097.*slice/);
  });

  it('4,096 against the call limit: the first 10 run, every other is refused with an outcome', async () => {
    const source =
      'const r = await parallel(Array.from({length: 4096}, (_, i) => () => agent("n" + i))); return r.filter((v) => v !== null).length';
    const { result, requests } = await h.run(source, { limits: { maxCalls: 10 } });
    expect(requests).toHaveLength(10);
    expect(result).toMatchObject({
      status: 'stopped',
      value: 10,
      usage: { calls: 10, requests: 10, failed: 0, refused: 4_086 },
    });
    expect(result.outcomes).toHaveLength(4_086);
  });
});

describe('results that are no data', () => {
  it.each([
    ['a cycle', 'const a = {b: [{}]}; a.b[0].c = a; return a', /result\.b\[0\]\.c is a cycle/],
    ['a BigInt', 'return {n: [1n]}', /result\.n\[0\] is a BigInt/],
  ])('%s is an error that names the place', async (_name, source, message) => {
    const { result } = await h.run(source);
    expect(result).toMatchObject({ status: 'failed', value: null, error: { code: 'BRAID_SCRIPT_VALUE' } });
    expect(result.error?.message).toMatch(message);
  });

  it.each([
    ['a function', 'return () => 1', null],
    ['a Map', 'return new Map([[1, 2]])', {}],
  ])('%s is what JSON makes of it, with a warning', async (_name, source, value) => {
    const { result } = await h.run(source);
    expect(result).toMatchObject({ status: 'completed', value });
    expect(result.notes.filter((note) => note.kind === 'warning')).toHaveLength(1);
  });

  it('a cycle as args of a script, or in options, is for the caller to catch', async () => {
    const { result, requests } = await h.run(
      'const a = {}; a.a = a; try { await agent("x", {context: a}) } catch (e) { return e.code }',
    );
    expect(requests).toEqual([]);
    expect(result).toMatchObject({ status: 'completed', value: 'BRAID_SCRIPT_VALUE' });
  });
});
