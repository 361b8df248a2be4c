import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isBraidError } from '../../../protocol/errors.ts';
import { REPL_SANDBOX } from '../../../protocol/limits.ts';
import type { ReplTurn } from '../../../protocol/repl.ts';
import { openRepl, type ReplGuest } from '../../../sandbox/repl/index.ts';
import { options, outputOf, Session, STATE } from './kit.ts';

const TEXT = 'a line of the context, ünï\n'.repeat(2_000);
const given = options(TEXT, { tools: [{ name: 'find', description: '' }] });

/** Cells that build on each other in any order; what is missing is made. */
const CELLS = [
  'globalThis.list ??= []; list.push(list.length * 2); list',
  'globalThis.map ??= new Map(); map.set({ k: map.size }, new Set([map.size])); map',
  'globalThis.next ??= (function* () { let n = 0; for (;;) n += yield n })(); next.next(3).value',
  'class Counter { #n = 0; static made = 0; up() { return ++this.#n } constructor() { Counter.made++ } } globalThis.c ??= new Counter(); [c.up(), Counter.made]',
  'globalThis.fns ??= []; const at = fns.length; fns.push(() => at + fns.length); fns.map((f) => f())',
  'const r = await llm_query("q" + Math.random()); globalThis.seen = (globalThis.seen ?? "") + r; seen',
  'const b = await llm_query_batched(context.chunks(20000)); b.length',
  'globalThis.open = llm_query("kept open"); print("before"); await rlm_query("q", context.slice(5, 40000)); print(await open)',
  'await pipeline([1, 2, 3], (n) => agent("p" + n), (v, n) => v + n)',
  'try { null.x } catch (e) { print(e.stack.length > 0) } throw new RangeError("on purpose")',
  'await new Promise(() => {})',
  'context[7] + context.slice(-3) + context.grep(/ünï/, 2).length',
  'for (let i = 0; i < 2000; i++) print(i, "x".repeat(20))',
  'globalThis.bytes = new Uint8Array(300000).fill(7); bytes.length',
  'globalThis.big = Array.from({ length: 20000 }, (_, i) => ({ i, s: "s" + i })); big.length',
  'delete globalThis.big; delete globalThis.bytes; 0',
  'FINAL_VAR(globalThis.list ?? null)',
  'answer.content = [...(globalThis.map ?? [])].length; answer.ready = Math.random() > 0.5',
  'new URL("/x?y=1", "https://example.org").href',
  'SHOW_VARS()',
  'const syntax = ;',
];

/** What a guest does in one turn, or the limit it met. */
function take(guest: ReplGuest, turn: ReplTurn): unknown {
  return { ...guest.turn(turn), gas: guest.gasUsed, memory: guest.memoryBytes };
}

describe('snapshots (RL-61)', () => {
  test('a restored session goes on exactly as the old one: same ends, gas and memory, after any turn', () => {
    const step = fc.record({
      cell: fc.nat(CELLS.length - 1),
      pick: fc.nat(5),
      abandon: fc.nat(9),
      restore: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 3, maxLength: 12 }), (steps) => {
        const whole = openRepl(given);
        let cut = openRepl(given);
        let open: number[] = [];
        steps.forEach(({ cell, pick, abandon, restore }, n) => {
          const turn = turnOf(n, cell, pick, abandon, open);
          const end = take(whole, turn) as ReturnType<ReplGuest['turn']>;
          expect(take(cut, turn)).toEqual(end);
          if (turn.kind === 'settle') open = open.filter((id) => turn.settlements.every((one) => one.id !== id));
          open = end.state === 'idle' ? [] : [...open, ...end.calls.map(({ id }) => id)];
          if (restore) cut = openRepl({ ...given, restore: cut.snapshot() });
        });
        expect(cut.snapshot()).toEqual(whole.snapshot());
      }),
      { numRuns: 12, seed: 7 },
    );
  }, 60_000);

  test('closures, generators, private fields, Maps and pending calls are alive', () => {
    const first = new Session(given);
    first.cell(
      'let n = 0; const up = () => ++n; class P { #x = 40; get() { return ++this.#x } } const p = new P(); const key = {}; const m = new Map([[key, up]]); const g = (function* () { yield 1; yield 2; yield 3 })(); g.next(); up(); p.get()',
    );
    first.cell(
      'print("head"); const [a, b] = await Promise.all([llm_query("a"), llm_query("b")]); print(a, b, m.get(key)(), p.get(), g.next().value)',
    );
    const second = openRepl({ ...given, restore: first.guest.snapshot() });
    second.turn({ kind: 'settle', settlements: [{ id: 2, ok: true, value: 'B' }], state: STATE });
    const third = openRepl({ ...given, restore: second.snapshot() });
    const end = third.turn({ kind: 'settle', settlements: [{ id: 1, ok: true, value: 'A' }], state: STATE });
    expect(outputOf(end)).toBe('head\nA B 2 42 2\n');
    expect(end.state).toBe('idle');
  });

  test('gas goes on being counted', () => {
    const first = new Session(given);
    first.cell('for (let i = 0; i < 1e5; i++);');
    expect(openRepl({ ...given, restore: first.guest.snapshot() }).gasUsed).toBe(first.guest.gasUsed);
  });

  test('one of a light session is small and fast', () => {
    const session = new Session(given);
    session.cell('const a = [1, 2, 3]; const f = (x) => x * 2; const text = context.slice(0, 100); print(a.map(f))');
    const bytes = session.guest.snapshot();
    expect(bytes.length).toBeLessThan(1024 * 1024);
    const times = Array.from({ length: 20 }, () => {
      const start = process.cpuUsage();
      session.guest.snapshot();
      const { user, system } = process.cpuUsage(start);
      return (user + system) / 1000;
    });
    expect(Math.min(...times)).toBeLessThan(10);
  });

  test('a grown memory comes back at its size', () => {
    const session = new Session(given);
    session.cell('const big = new Uint8Array(60 * 1024 * 1024).fill(3)');
    const restored = openRepl({ ...given, restore: session.guest.snapshot() });
    expect(restored.memoryBytes).toBe(session.guest.memoryBytes);
    const end = restored.turn({ kind: 'cell', cell: 5, code: 'big[big.length - 1] + big.length', state: STATE });
    expect(outputOf(end)).toBe(`${3 + 60 * 1024 * 1024}\n`);
  });

  test.each([
    ['of nothing', () => new Uint8Array(0)],
    ['of noise', () => new Uint8Array(100).fill(9)],
    ['that is torn', (bytes: Uint8Array) => bytes.slice(0, -100)],
    ['with a broken header', (bytes: Uint8Array) => bytes.with(12, 0)],
    ['of another engine', otherEngine],
  ])('bytes %s are refused', (_, change) => {
    const bytes = change(new Session(given).guest.snapshot());
    expect(refusal(bytes)).toBe('BRAID_REPL_ENGINE');
  });

  test('one that needs more memory than the session may have is refused', () => {
    const session = new Session(given);
    session.cell('const big = new Uint8Array(60 * 1024 * 1024)');
    const limits = { ...REPL_SANDBOX, memoryBytes: 32 * 1024 * 1024 };
    expect(refusal(session.guest.snapshot(), { ...given, limits })).toBe('BRAID_REPL_ENGINE');
  });
});

function turnOf(n: number, cell: number, pick: number, abandon: number, open: number[]): ReplTurn {
  const state = { ...STATE, now: STATE.now + n, spent: n };
  if (open.length === 0) return { kind: 'cell', cell: n, code: CELLS[cell] ?? '', state };
  if (abandon === 0) return { kind: 'abandon', state };
  const ids = pick < 3 ? open.slice(0, 1) : open.toReversed();
  const settlements = ids.map((id) =>
    id % 5 === 4
      ? { id, ok: false as const, error: { code: 'BRAID_CALL_LOST', message: `lost ${id}` } }
      : { id, ok: true as const, value: [`value ${id}`] },
  );
  return { kind: 'settle', settlements, state };
}

function otherEngine(bytes: Uint8Array): Uint8Array {
  const text = new TextDecoder('latin1').decode(bytes.subarray(0, 2000));
  const at = text.indexOf('"engine":"') + 10;
  return bytes.with(at, bytes[at] === 48 ? 49 : 48);
}

function refusal(restore: Uint8Array, into = given): string | null {
  try {
    openRepl({ ...into, restore });
    return null;
  } catch (error) {
    return isBraidError(error) ? error.code : String(error);
  }
}
