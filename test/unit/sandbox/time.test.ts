import { describe, expect, test } from 'vitest';
import { failureOf, open, play, resultOf, run, START, valueOf } from './kit.ts';

describe('timers', () => {
  test.each([
    ["sleep('1h30m')", 5_400_000],
    ['sleep(250)', 250],
    ['setTimeout(() => 0, 40)', 40],
    ['setTimeout(() => 0)', 0],
    ['setTimeout(() => 0, -5)', 0],
  ])('%s asks for %d ms (DW-08)', (call, ms) => {
    expect(run(call)[0]).toEqual({ type: 'call', id: 1, name: 'sleep', args: [ms], phase: null });
  });

  test('sleep() resolves and setTimeout() calls back with its arguments', () => {
    const source = "setTimeout((a, b) => log(a + b), 5, 'x', 'y'); await sleep(9); return now()";
    const story = play(source, () => null);
    expect(story.filter((m) => m.type === 'log')).toEqual([{ type: 'log', level: 'log', text: 'xy' }]);
    expect(resultOf(story)).toBe(START.now + 2);
  });

  test('clearTimeout() drops the call once, and its settlement is ignored', () => {
    const sandbox = open();
    const story = sandbox.run(
      "const t = setTimeout(() => log('late'), 5); clearTimeout(t); clearTimeout(t); clearTimeout('x'); await sleep(1)",
      's.js',
    );
    expect(story.map((m) => m.type)).toEqual(['call', 'drop', 'call']);
    expect(sandbox.settle({ id: 1, ok: true, value: null, now: 0, spent: 0 })).toEqual([]);
  });

  test('a callback that throws ends the script', () => {
    const story = play("setTimeout(() => { throw new Error('tick') }, 1); await agent('x')", () => null);
    expect(story.at(-1)).toMatchObject({ type: 'fail', error: { message: 'tick' } });
  });

  test.each(["sleep('soon')", 'sleep(-1)', 'sleep(NaN)', 'sleep({})', 'sleep()', "setTimeout('code')"])(
    '%s is BRAID_OPTION',
    (call) => {
      expect(failureOf(`await ${call}`).code).toBe('BRAID_OPTION');
    },
  );

  test('setInterval is not there', () => {
    expect(valueOf('return typeof setInterval')).toBe('undefined');
  });
});

describe('clock and randomness (DW-07)', () => {
  test.each([
    ['Date.now()', 'now()'],
    ['new Date()', 'new Date(now())'],
    ['Date()', 'new Date(now())'],
    ['Math.random()', 'random()'],
    ['new (class extends Date {})()', 'new Date(now())'],
    ['new (new Date(0).constructor)()', 'new Date(now())'],
    ['Reflect.construct(Date, [])', 'new Date(now())'],
  ])('%s names the way that replays', (call, way) => {
    const error = failureOf(`return ${call}`);
    expect(error.code).toBe('BRAID_SCRIPT_NONDETERMINISTIC');
    expect(error.message).toContain(way);
  });

  test('dates of given times work and are UTC', () => {
    const source = `const d = new Date(2024, 6, 1, 12, 30);
      return [d.toISOString(), d.getTimezoneOffset(), d.getHours(), new Date(0).getDay(), Date.UTC(2020, 0), Date.parse('2020-01-01'),
        new Date('2020-01-01T00:00:00').getTime(), d instanceof Date, Date.name, new Date(now()).getTime(), String(new Date(0))]`;
    expect(valueOf(source)).toEqual([
      '2024-07-01T12:30:00.000Z',
      0,
      12,
      4,
      1_577_836_800_000,
      1_577_836_800_000,
      1_577_836_800_000,
      true,
      'Date',
      START.now,
      'Thu Jan 01 1970 00:00:00 GMT+0000',
    ]);
  });

  test('random() is uniform enough, a function of the seed alone', () => {
    const source =
      'const l = Array.from({ length: 2000 }, random); return [l[0], Math.min(...l) >= 0 && Math.max(...l) < 1, l.reduce((a, b) => a + b) / 2000, new Set(l).size]';
    const first = valueOf(source, { start: { seed: 'a' } }) as [number, boolean, number, number];
    expect(first).toEqual(valueOf(source, { start: { seed: 'a' } }));
    expect(first[0]).not.toBe((valueOf(source, { start: { seed: 'b' } }) as number[])[0]);
    expect(first[1]).toBe(true);
    expect(Math.abs(first[2] - 0.5)).toBeLessThan(0.03);
    expect(first[3]).toBe(2000);
  });
});
