import { describe, expect, test } from 'vitest';
import { options, outputOf, Session } from './kit.ts';

describe('finalisers (RL-05)', () => {
  test.each([
    ['FINAL("done")', 'done'],
    ['FINAL(0)', 0],
    ['FINAL("")', ''],
    ['FINAL(false)', false],
    ['FINAL(null)', null],
    ['FINAL([])', []],
    ['SUBMIT({ a: [1, undefined], b: undefined })', { a: [1, null] }],
    ['const r = { n: 1 }; FINAL_VAR("r")', { n: 1 }],
    ['const r = { n: 1 }; FINAL_VAR(r)', { n: 1 }],
    ['const r = 0; FINAL_VAR(" r ")', 0],
    ['FINAL_VAR(5)', 5],
    ["const s = 'The total is 37.'; FINAL_VAR(s)", 'The total is 37.'],
    ['answer = { content: "x", ready: true }', 'x'],
    ['answer.content = 0; answer.ready = true', 0],
    ['const answer = { content: "", ready: true }', ''],
    ['FINAL(new Map([["a", new Set([1, 10n])]]))', { a: [1, '10'] }],
    ['FINAL(new Map([[{ k: 1 }, 2]]))', [[{ k: 1 }, 2]]],
    ['FINAL(new Date(0))', '1970-01-01T00:00:00.000Z'],
    ['FINAL({ at: new Date(0), big: 1n, f() {}, nan: NaN })', { at: '1970-01-01T00:00:00.000Z', big: '1', nan: null }],
    ['FINAL(new Uint8Array([1, 2]))', [1, 2]],
    ['FINAL(new Error("e"))', { name: 'Error', message: 'e' }],
    ['FINAL({ toJSON: () => ({ j: 1 }) })', { j: 1 }],
    ['(async () => { FINAL("late") })(); 1', 'late'],
    ['Promise.resolve().then(() => FINAL("job")); 1', 'job'],
  ])('%s gives %j', (code, value) => {
    const end = new Session().cell(code);
    expect(end.error).toBeNull();
    expect(end.final).toEqual({ value });
  });

  test('count only when the cell has run to its end: after a throw they do not', () => {
    const session = new Session();
    const end = session.cell('FINAL("guess"); answer.content = "g"; answer.ready = true; throw new Error("after")');
    expect(end).toMatchObject({ final: null, error: { message: 'after' } });
    expect(end.hints.join()).toContain('does not count');
    expect(session.cell('1').final).toBeNull();
  });

  test('wait with the cell for its calls', () => {
    const session = new Session();
    expect(session.cell('FINAL(await llm_query("q"))')).toMatchObject({ state: 'waiting', final: null });
    expect(session.settle({ id: 1, ok: true, value: 'v' }).final).toEqual({ value: 'v' });
  });

  test('several times or in a loop: the last one counts, and a hint says so', () => {
    const end = new Session().cell('for (let i = 0; i < 3; i++) FINAL(i)');
    expect(end.final).toEqual({ value: 2 });
    expect(end.hints).toEqual(['A final answer was given 3 times in this cell; the last one counts.']);
  });

  test('of an earlier cell do not count again', () => {
    const session = new Session();
    session.cell('answer = { content: "x", ready: true }; ');
    expect(session.cell('1').final).toBeNull();
    expect(session.cell('answer.ready = true').final).toEqual({ value: 'x' });
  });

  test.each([
    ['FINAL()', 'got nothing'],
    ['FINAL(undefined)', 'got undefined'],
    ['SUBMIT()', 'undefined'],
    ['FINAL_VAR()', 'undefined'],
    ['const total = 1, tally = 2; FINAL_VAR("totel")', 'There are: tally, total.'],
    ['const o = {}; o.o = o; FINAL(o)', 'FINAL.o is a cycle'],
    ['FINAL(() => 1)', 'is a function'],
    ['FINAL(Promise.resolve(1))', 'await it first'],
    ['FINAL({ a: [new Promise(() => {})] })', 'FINAL.a[0] is a Promise'],
    ['let d = {}; for (let i = 0; i < 600; i++) d = { d }; FINAL(d)', 'levels deep'],
  ])('%s is an error of the cell', (code, part) => {
    const end = new Session().cell(code);
    expect(end.final).toBeNull();
    expect(end.error?.message).toContain(part);
    expect(end.error?.line).toBe(1);
  });

  test('answer.content that cannot be written is an error; without content it does not count', () => {
    expect(new Session().cell('const c = {}; c.c = c; answer = { content: c, ready: true }').error?.message).toContain(
      'cycle',
    );
    const end = new Session().cell('answer = { ready: true }');
    expect([end.final, end.error]).toEqual([null, null]);
    expect(end.hints.join()).toContain('undefined');
  });

  test.each([
    'answer = 5',
    'answer = null',
    'answer = "ready"',
    'delete globalThis.answer',
    'answer = new Proxy({}, { get() { throw 1 } }); 1',
  ])('%s is simply no finaliser', (code) => {
    expect(new Session().cell(code)).toMatchObject({ final: null, error: null });
  });

  test('a text is passed by reference, whole or in part, by value or by name', () => {
    const session = new Session(options('abc\n'.repeat(100_000)));
    expect(session.cell('FINAL(context)').final).toEqual({ span: { doc: 0, start: 0, end: 400_000 } });
    expect(session.cell('const part = context.slice(4, 40000); FINAL_VAR("part")').final).toEqual({
      span: { doc: 0, start: 4, end: 40_000 },
    });
    expect(session.cell('FINAL({ part: context.slice(0, 20000) })').final).toEqual({
      value: { part: 'abc\n'.repeat(5_000) },
    });
  });

  test('text markers in output are output', () => {
    const end = new Session().cell('print("FINAL(1)")');
    expect([end.final, outputOf(end)]).toEqual([null, 'FINAL(1)\n']);
  });
});
