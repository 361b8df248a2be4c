/** What stands around the ledger: budgets as programs give them, bounds of requests, prices, phases, the clock. */
import { describe, expect, it } from 'vitest';
import type { PromptText } from '../../protocol/context.ts';
import { TOKEN_BOUND } from '../../protocol/limits.ts';
import type { ModelMessage, ModelRequest } from '../../protocol/model-call.ts';
import type { PriceTable } from '../../protocol/prices.ts';
import { inputTokenBound, utf8Bytes } from '../../protocol/request-bound.ts';
import { highestPrice } from '../../store/list-prices.ts';
import { spendOf } from '../../activities/model/price.ts';
import { SUBMIT, SUBMIT_DESCRIPTION } from '../../activities/model/submit.ts';
import { RUN_TOOL } from '../../activities/repl/run-tool.ts';
import { TOOLS } from '../../activities/tools/index.ts';
import { addUsed, chargeOf, readAmounts, readWant } from '../../workflows/ledger/amounts.ts';
import type { Books } from '../../workflows/ledger/books.ts';
import { boundOf } from '../../workflows/ledger/bounds.ts';
import { parseBudget } from '../../workflows/ledger/budget.ts';
import { RunClock } from '../../workflows/ledger/clock.ts';
import { Ledger } from '../../workflows/ledger/ledger.ts';
import { LeaseDesk, LimitReached } from '../../workflows/ledger/lease.ts';
import { Phases } from '../../workflows/ledger/phases.ts';
import { PriceBook } from '../../workflows/ledger/prices.ts';

const requestOf = (messages: ModelMessage[], more: Partial<ModelRequest> = {}): ModelRequest => ({
  ...{ model: 'a/b', system: null, messages, tools: [], schema: null, effort: null, temperature: null },
  ...{ maxOutputTokens: 1_000, stallMs: 1, tries: 3, ...more },
});
const user = (text: PromptText): ModelMessage => ({ role: 'user', text });

describe('a budget as a program gives it', () => {
  it('is read', () => {
    expect(parseBudget({ calls: 3, usd: 0.5, time: '5m', requests: null }, 'agent()')).toEqual({
      ...{ calls: 3, requests: null, inputTokens: null, outputTokens: null, usd: 0.5, timeMs: 300_000 },
    });
    expect(parseBudget({ time: 1_500.2 }, 'agent()')).toMatchObject({ timeMs: 1_501 });
  });

  it.each([[undefined], [null], [{}], [{ calls: null, usd: null }]])('%j caps nothing', (raw) => {
    expect(parseBudget(raw, 'agent()')).toBe(null);
  });

  it.each([
    ['much', 'budget must be an object such as {usd: 0.5}, not "much"'],
    [5, 'budget must be an object'],
    [[1], 'budget must be an object'],
    [{ dollars: 1 }, 'budget has no "dollars"; there are calls, requests, inputTokens, outputTokens, usd, time'],
    [{ calls: 0 }, 'budget.calls must be a whole number from 1 to 1000000, not 0'],
    [{ calls: 1.5 }, 'budget.calls must be a whole number'],
    [{ requests: '5' }, 'budget.requests must be a whole number'],
    [{ inputTokens: -1 }, 'budget.inputTokens must be a whole number'],
    [{ outputTokens: 1e13 }, 'budget.outputTokens must be a whole number'],
    [{ usd: 0 }, 'budget.usd must be a number of dollars from 0.00001 to 1000000, not 0'],
    [{ usd: '1' }, 'budget.usd must be a number of dollars'],
    [{ usd: -2 }, 'budget.usd must be a number of dollars'],
    [{ time: '5' }, 'budget.time must be milliseconds or a text such as "5m"'],
    [{ time: 0 }, 'budget.time must be'],
    [{ time: { s: 1 } }, 'budget.time must be'],
    [{ calls: 'x'.repeat(500) }, 'budget.calls must be'],
  ])('%j is an error with the fix', (raw, message) => {
    const parse = () => parseBudget(raw, 'phase()');
    expect(parse).toThrow(
      expect.objectContaining({ code: 'BRAID_OPTION', message: expect.stringContaining(`phase(): ${message}`) }),
    );
    expect(parse).toThrow(expect.objectContaining({ fix: expect.stringMatching(/^(Give|Use) /) }));
  });
});

describe('what a request costs at most', () => {
  it('a text counts by its bytes of UTF-8, never below', () => {
    for (const text of ['', 'abc', 'é', '漢字', 'ÿĀ߿ࠀ', '\uD800 alone', '\uDC00']) {
      expect(utf8Bytes(text), text).toBe(Buffer.byteLength(text));
    }
    // Both halves of a pair count three.
    expect(utf8Bytes('🎉')).toBeGreaterThanOrEqual(Buffer.byteLength('🎉'));
  });

  it('everything that is sent counts: system, messages, calls, results, schema, tools; a reference by its length', () => {
    const ref = { manifest: 'sha256:x', part: 0, start: 100, end: 1_100 };
    const base = inputTokenBound(requestOf([]));
    const more = (messages: ModelMessage[], options: Partial<ModelRequest> = {}) =>
      inputTokenBound(requestOf(messages, options)) - base;
    expect(more([user('漢'.repeat(10))])).toBe(30 + TOKEN_BOUND.perMessage);
    expect(more([user(['abc', ref])])).toBe(3 + 3_000 + TOKEN_BOUND.perMessage);
    expect(more([], { system: 'abc' })).toBe(3);
    expect(more([], { tools: ['read', 'grep'] })).toBe(2 * TOKEN_BOUND.perTool);
    expect(more([], { schema: { type: 'object' } })).toBe(TOKEN_BOUND.perTool + '{"type":"object"}'.length);
    const called: ModelMessage = {
      role: 'assistant',
      text: 'ok',
      toolCalls: [{ id: 'c1', name: 'read', input: { path: 'a' } }],
      raw: { reasoning: 'r' },
    };
    const fixed = TOKEN_BOUND.perMessage + TOKEN_BOUND.perToolCall;
    expect(more([called])).toBe(fixed + 'okc1read{"path":"a"}{"reasoning":"r"}'.length);
    expect(more([{ role: 'tool', results: [{ id: 'c1', name: 'read', output: 'text', isError: false }] }])).toBe(
      fixed + 'c1readtext'.length,
    );
  });

  it('the number for a tool is above all tools that there are', () => {
    const tools = [
      ...Object.values(TOOLS),
      { name: 'run', ...RUN_TOOL },
      { name: SUBMIT, description: SUBMIT_DESCRIPTION, inputSchema: {} },
    ];
    for (const { name, description, inputSchema } of tools) {
      expect(Buffer.byteLength(JSON.stringify({ name, description, inputSchema })), name).toBeLessThan(
        TOKEN_BOUND.perTool - 50,
      );
    }
  });

  const price = { inputPerMTok: 3, outputPerMTok: 15 };

  it('in dollars it is input and output at their highest rates', () => {
    const request = requestOf([user('x'.repeat(100))]);
    const input = inputTokenBound(request);
    const { want } = boundOf(request, ['usd'], price);
    expect(want).toEqual({
      ...{ requests: 3, inputTokens: input, outputTokens: 1_000, usd: input * 3_000 + 1_000 * 15_000 },
      least: { requests: 1, inputTokens: input, outputTokens: 1, usd: input * 3_000 + 15_000 },
    });
    expect(boundOf(request, ['requests', 'outputTokens'], null).want).toMatchObject({ inputTokens: 0, usd: 0 });
  });

  it('less is asked for where a grant pays for less', () => {
    const bound = boundOf(requestOf([user('x')]), ['usd'], price);
    const input = bound.want.usd - 1_000 * 15_000;
    const grant = { ...bound.want, outputTokens: 1_000 };
    expect(bound.outputTokens(grant)).toBe(1_000);
    expect(bound.outputTokens({ ...grant, usd: input + 100 * 15_000 + 14_999 })).toBe(100);
    expect(bound.outputTokens({ ...grant, usd: input + 100 * 15_000, outputTokens: 40 })).toBe(40);
    expect(bound.outputTokens({ ...grant, usd: input })).toBe(1);
  });
});

describe('prices', () => {
  it.each([
    ['openai/gpt-4o-mini', { inputPerMTok: 0.15, outputPerMTok: 0.6 }],
    ['openai-chat/gpt-4o-mini', { inputPerMTok: 0.15, outputPerMTok: 0.6 }],
    ['offline/echo', { inputPerMTok: 0, outputPerMTok: 0 }],
    ['openai/of-my-own', null],
    ['nobody/model', null],
    ['gpt-4o-mini', null],
    ['', null],
  ])('%s', (model, expected) => expect(highestPrice(model)).toEqual(expected));

  it('are the highest of tiers, of times of day and of caches', () => {
    // Tiers, a cache that costs more to write, and hours that cost more.
    for (const model of ['anthropic/claude-sonnet-4-5', 'openai/gpt-5.4', 'deepseek/deepseek-chat']) {
      const [provider = '', id = ''] = model.split('/');
      const bound = highestPrice(model);
      for (const inputTokens of [1_000, 150_000, 400_000]) {
        for (const cacheWriteTokens of provider === 'anthropic' ? [0, inputTokens] : [0]) {
          const { usd } = spendOf(provider, id, {
            inputTokens,
            outputTokens: 1_000,
            cacheReadTokens: 0,
            cacheWriteTokens,
          });
          const most = ((bound?.inputPerMTok ?? 0) * inputTokens + (bound?.outputPerMTok ?? 0) * 1_000) / 1e6;
          expect(usd).toBeLessThanOrEqual(most + 1e-12);
        }
      }
    }
  });

  it('are asked for once, together, and only when they are not known', async () => {
    const asked: string[][] = [];
    const ask = async (models: string[]): Promise<PriceTable> => {
      asked.push(models);
      return Object.fromEntries(
        models.map((model) => [model, model === 'x/unknown' ? null : { inputPerMTok: 1, outputPerMTok: 2 }]),
      );
    };
    const book = new PriceBook({ 'a/known': { inputPerMTok: 9, outputPerMTok: 9 } }, ask);
    expect(book.of('a/known')).toEqual({ inputPerMTok: 9, outputPerMTok: 9 });
    expect(book.of('offline/echo')).toEqual({ inputPerMTok: 0, outputPerMTok: 0 });
    await Promise.all([
      book.learn(['b/one', 'b/two', 'b/one', 'a/known', 'offline/echo']),
      book.of('b/one'),
      book.of('b/three'),
    ]);
    expect(asked).toEqual([['b/one', 'b/two'], ['b/three']]);
    await expect(Promise.resolve().then(() => book.of('x/unknown'))).rejects.toMatchObject({
      code: 'BRAID_PRICE_UNKNOWN',
    });
    expect(() => book.of('x/unknown')).toThrow(/no price of the model x\/unknown is known/);
    expect(Object.keys(book.known).toSorted()).toEqual(['a/known', 'b/one', 'b/three', 'b/two', 'x/unknown']);
  });

  it('a question that fails can be asked again', async () => {
    let fails = true;
    const book = new PriceBook({}, async (models) => {
      if (fails) throw new Error('no worker');
      return Object.fromEntries(models.map((model) => [model, { inputPerMTok: 1, outputPerMTok: 1 }]));
    });
    await expect(book.of('a/b')).rejects.toThrow('no worker');
    fails = false;
    await expect(book.of('a/b')).resolves.toEqual({ inputPerMTok: 1, outputPerMTok: 1 });
  });
});

describe('messages of older builds', () => {
  it('have no input tokens and no dollars, and their requests can be cut', () => {
    expect(readAmounts({ requests: 2, outputTokens: 9 })).toEqual({
      requests: 2,
      inputTokens: 0,
      outputTokens: 9,
      usd: 0,
    });
    expect(readWant({ requests: 6, outputTokens: 800 })).toEqual({
      ...{ requests: 6, inputTokens: 0, outputTokens: 800, usd: 0 },
      least: { requests: 1, inputTokens: 0, outputTokens: 1, usd: 0 },
    });
  });

  it('what is charged survives a sum with an unknown price', () => {
    const known = { requests: 1, spend: { inputTokens: 1, outputTokens: 1, usd: 0.25 } };
    const unknown = { requests: 1, spend: { inputTokens: 1, outputTokens: 1, usd: null }, nanoUsd: 5e8 };
    const sum = addUsed(addUsed(known, unknown), known);
    expect(sum.spend.usd).toBe(null);
    expect(chargeOf(sum).usd).toBe(1e9);
    expect(addUsed(known, known)).toEqual({ requests: 2, spend: { inputTokens: 2, outputTokens: 2, usd: 0.5 } });
  });
});

describe('phases', () => {
  const rootOf = (ledger: Ledger): Books => {
    const desk = new LeaseDesk(ledger, null, (limit) => Promise.reject(new LimitReached(limit)));
    return {
      ...{ desk, kinds: [], timeLeft: () => null, admit: () => ledger.admitCall(), chargeReplayed: () => undefined },
      admitCalls: (count) => Promise.resolve({ admitted: count, limit: null }),
    };
  };

  it('keep what they have spent when they are named again, or continued', () => {
    let now = 0;
    const root = new Ledger({ maxCalls: 100 });
    const named = { prefix: '', title: 'find' };
    const phases = new Phases(() => now);
    expect(phases.find(named)).toBe(null);
    phases.declare(named, rootOf(root), { calls: 2, outputTokens: null, timeMs: 1_000 });
    const part = phases.find(named) as Books;
    expect([part.admit(), part.admit(), root.calls]).toEqual([null, null, 2]);
    expect(() => part.admit()).toThrow('limit maxCalls of phase "find" is reached');
    expect(root.calls).toBe(2);
    phases.declare(named, rootOf(root), { calls: 3, outputTokens: null, timeMs: 1_000 });
    expect(part.admit()).toBe(null);
    expect(() => part.admit()).toThrow(LimitReached);
    expect(phases.warnings(0.8)).toEqual(['80 % of the budget of phase "find" is used (maxCalls = 3)']);
    now = 400;
    const next = new Phases(() => now);
    next.continueFrom(JSON.parse(JSON.stringify(phases.state)));
    next.declare(named, rootOf(root), { calls: 4, outputTokens: null, timeMs: 1_000 });
    const again = next.find(named) as Books;
    expect(again.timeLeft()).toBe(600);
    expect(again.admit()).toBe(null);
    expect(() => again.admit()).toThrow('maxCalls');
    now = 1_000;
    expect(() => again.admit()).toThrow('maxTimeMs');
    expect(phases.find({ prefix: 'workflow:1/', title: 'find' })).toBe(null);
  });

  it('give back a call that is refused above', () => {
    const root = new Ledger({ maxCalls: 1 });
    const phases = new Phases(() => 0);
    phases.declare({ prefix: '', title: 'p' }, rootOf(root), { calls: 5, outputTokens: null });
    const part = phases.find({ prefix: '', title: 'p' }) as Books;
    expect([part.admit(), part.admit(), part.admit()]).toEqual([null, 'maxCalls', 'maxCalls']);
    root.raise({ maxCalls: 10 });
    expect([1, 2, 3, 4].map(() => part.admit())).toEqual([null, null, null, null]);
    expect(() => part.admit()).toThrow('phase "p"');
  });
});

describe('the clock', () => {
  it('stands still while anything holds it', () => {
    let now = 1_000;
    const clock = new RunClock(() => now);
    now += 50;
    expect(clock.ranMs).toBe(50);
    clock.hold();
    clock.hold();
    now += 500;
    clock.release();
    now += 500;
    expect([clock.ranMs, clock.held]).toEqual([50, true]);
    clock.release();
    now += 7;
    expect([clock.ranMs, clock.held]).toEqual([57, false]);
    clock.release();
    expect(clock.held).toBe(false);
  });

  it('goes on from where the execution before stood, held or not', () => {
    let now = 0;
    const clock = new RunClock(() => now);
    clock.hold();
    clock.ranMs = 300;
    now += 40;
    expect(clock.ranMs).toBe(300);
    clock.release();
    now += 40;
    expect(clock.ranMs).toBe(340);
  });
});
