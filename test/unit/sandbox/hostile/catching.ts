import { gas, memory, stack } from './row.ts';

/** Attempts to survive a limit. S2: none of them may run a single line after it. */
export const CATCHING = [
  gas('try around a loop', "try { for (;;); } catch { return 'caught' }"),
  gas('finally around a loop', "try { for (;;); } finally { return 'caught' }"),
  gas('loop in catch', 'try { throw 1 } catch { for (;;); }'),
  gas('loop in finally', 'try { return 1 } finally { for (;;); }'),
  gas('nested finally', 'for (;;) try { for (;;) try { for (;;); } finally { continue } } finally { continue }'),
  gas('promise catch', "await (async () => { for (;;); })().catch(() => 'caught'); return 'alive'"),
  gas('parallel swallows throws', 'await parallel([() => { for (;;); }]); return "alive"'),
  gas('allSettled', 'await Promise.allSettled([(async () => { for (;;); })()]); return "alive"'),
  gas('generator return', 'function* g() { try { for (;;); } finally { yield 1 } } for (const x of g()) return x'),
  gas(
    'await using style disposal',
    'const it = { [Symbol.iterator]: () => ({ next: () => { for (;;); }, return: () => ({}) }) }; for (const x of it) break',
  ),
  stack('recursion caught', "const f = () => { f() }; try { f() } catch (e) { return 'caught ' + e.message }"),
  stack('recursion caught at each level', 'const f = () => { try { f() } catch { f() } }; f()'),
  stack(
    'recursion in a promise',
    'const f = () => { f() }; await Promise.resolve().then(f).catch(() => 1); return "alive"',
  ),
  stack('recursion and finally', 'const f = () => { try { f() } finally { f() } }; f()'),
  stack('deep JSON caught', "try { JSON.parse('['.repeat(1e5)) } catch { return 'caught' }"),
  stack('deep regex caught', "try { new RegExp('(?:'.repeat(1e5)) } catch { return 'caught' }"),
  memory(
    'flood caught',
    "const a = []; try { for (;;) a.push(new Array(1e4).fill(1)) } catch { a.length = 0; return 'caught' }",
  ),
  memory('flood caught for ever', 'for (;;) { try { const a = []; for (;;) a.push(new ArrayBuffer(1e5)) } catch {} }'),
  memory('one giant caught', "try { new ArrayBuffer(2e8) } catch { return 'caught' }"),
  memory(
    'flood in a promise',
    'await Promise.resolve().then(() => new Array(1e8).fill(1)).catch(() => 1); return "alive"',
  ),
  memory('flood in parallel', 'await parallel([() => new Array(1e8).fill(1)]); return "alive"'),
];
