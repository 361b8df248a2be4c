/** Dialect rows DW-04 to DW-08: what a script is and may use (design: dialect.md, "Script and input"). */
import { describe, expect, it } from 'vitest';
import { useHarness } from '../../kit/harness.ts';

const h = useHarness();

describe('DW-04 args', () => {
  it('is the JSON value as given', async () => {
    const { result } = await h.run('return [args.n + 1, args.list.length]', { args: { n: 41, list: [1, 2] } });
    expect(result.value).toEqual([42, 2]);
  });

  it('is undefined when omitted', async () => {
    const { result } = await h.run('return typeof args');
    expect(result.value).toBe('undefined');
  });
});

describe('DW-05 meta', () => {
  it('is a binding of the script as well', async () => {
    const source = `// a comment first\nexport const meta = {name: 'm', description: 'd', extra: [1]}\nreturn meta.extra`;
    const { result } = await h.run(source);
    expect(result.value).toEqual([1]);
  });
});

describe('DW-06 body', () => {
  it('has top-level await and return', async () => {
    const { result } = await h.run('const a = await agent("hi")\nif (a) return {a}\nreturn 0', {
      provider: () => 'there',
    });
    expect(result).toMatchObject({ status: 'completed', value: { a: 'there' } });
  });

  it('reports an error at its own line and column, with a frame', async () => {
    const { result } = await h.run('const x = 1\n\n  missing.call()\n');
    expect(result.status).toBe('failed');
    expect(result.error).toMatchObject({ code: 'BRAID_SCRIPT_ERROR', line: 3 });
    expect(result.error?.message).toMatch(/ReferenceError: .*missing/);
    expect(result.error?.frame).toContain('missing.call()');
  });
});

describe('DW-07 determinism', () => {
  it.each(['Date.now()', 'Math.random()', 'new Date()', 'Date()'])(
    '%s names the deterministic way',
    async (expression) => {
      const { result } = await h.run(`return ${expression}`);
      expect(result.error).toMatchObject({ code: 'BRAID_SCRIPT_NONDETERMINISTIC' });
      expect(`${result.error?.message} ${result.error?.fix}`).toMatch(/now\(\)|random\(\)/);
    },
  );

  it('now() is workflow time and random() is seeded', async () => {
    const source = 'const a = now(); await sleep(30); return {moved: now() - a >= 30, r: [random(), random()]}';
    const first = (await h.run(source)).result.value as { moved: boolean; r: number[] };
    const second = (await h.run(source)).result.value as { r: number[] };
    expect(first.moved).toBe(true);
    expect(first.r).toEqual(second.r);
    expect(first.r[0]).not.toBe(first.r[1]);
  });

  it('dates from a value work, in UTC', async () => {
    const { result } = await h.run('return new Date(0).toISOString() + new Date(2020, 0, 1).toISOString()');
    expect(result.value).toBe('1970-01-01T00:00:00.000Z2020-01-01T00:00:00.000Z');
  });
});

describe('DW-08 built-ins', () => {
  it('has no file, network or process', async () => {
    const { result } = await h.run('return [typeof require, typeof process, typeof fetch, typeof globalThis.process]');
    expect(result.value).toEqual(['undefined', 'undefined', 'undefined', 'undefined']);
  });

  it('keeps the standard ones', async () => {
    const source = `
      const u = new URL('../b?x=1#h', 'https://example.org/a/c');
      u.searchParams.append('y', 'ä');
      const bytes = new TextEncoder().encode('ä€😀');
      const copy = structuredClone({a: new Map([[1, new Set([2])]]), d: new Date(5)});
      console.log('seen', {a: 1});
      return {href: u.href, text: new TextDecoder().decode(bytes), n: bytes.length, m: copy.a.get(1).has(2), d: +copy.d}`;
    const { result } = await h.run(source);
    expect(result.value).toEqual({
      href: 'https://example.org/b?x=1&y=%C3%A4#h',
      text: 'ä€😀',
      n: 9,
      m: true,
      d: 5,
    });
    expect(result.notes.map((note) => note.text).join('\n')).toContain('seen');
  });

  it('has durable timers that can be cleared', async () => {
    const source = `
      let log = [];
      const t = setTimeout(() => log.push('no'), 20);
      setTimeout((x) => log.push(x), 10, 'yes');
      clearTimeout(t);
      await sleep('60ms');
      return log`;
    const { result } = await h.run(source);
    expect(result.value).toEqual(['yes']);
  });

  it('lets a script shadow the hooks', async () => {
    const { result } = await h.run(
      'const budget = 5, phase = "p", agent = (x) => x * 2; return [budget, phase, agent(4)]',
    );
    expect(result.value).toEqual([5, 'p', 8]);
  });
});

describe('results', () => {
  it('a cycle is an error that names the path', async () => {
    const { result } = await h.run('const a = {b: {}}; a.b.c = a; return a');
    expect(result.error).toMatchObject({ code: 'BRAID_SCRIPT_VALUE' });
  });

  it('a function becomes null with a warning', async () => {
    const { result } = await h.run('return () => 1');
    expect(result.value).toBe(null);
    expect(result.notes.some((note) => note.kind === 'warning')).toBe(true);
  });

  it('5 MB pass', async () => {
    const { result } = await h.run('return "x".repeat(5 * 1024 * 1024)');
    expect((result.value as string).length).toBe(5 * 1024 * 1024);
  });

  it('a script that waits for nothing ends with an error', async () => {
    const { result } = await h.run('await new Promise(() => {})');
    expect(result.error).toMatchObject({ code: 'BRAID_SCRIPT_STUCK' });
  });

  it.each([
    ['gas', 'for (;;) {}', 'BRAID_SANDBOX_GAS'],
    ['memory', 'let s = []; for (;;) s.push(new Array(1e5).fill(1))', 'BRAID_SANDBOX_MEMORY'],
    ['stack', 'const f = () => f() + 1; return f()', 'BRAID_SANDBOX_STACK'],
  ])('out of %s ends the run with a typed error', async (_name, source, code) => {
    const { result } = await h.run(source);
    expect(result).toMatchObject({ status: 'failed', error: { code } });
  });
});
