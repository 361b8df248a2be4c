import { describe, expect, it } from 'vitest';
import { placeBefore } from '../../../sandbox/cells/edits.ts';
import { prepareCell } from '../../../sandbox/cells/index.ts';
import { isBraidError } from '../../../protocol/errors.ts';
import { FakeRepl } from './kit.ts';

/** Where the cell threw, in its own text: from the innermost frame of the cell, as the guest's host reads it. */
async function thrownAt(code: string): Promise<string> {
  const repl = new FakeRepl({
    boom: () => {
      throw new Error('boom');
    },
  });
  try {
    await repl.run(code);
  } catch (error) {
    const [, line, column] = /cell:(\d+):(\d+)/.exec((error as Error).stack ?? '') ?? [];
    const place = placeBefore(repl.last?.points ?? [], Number(line), Number(column));
    return `${place.line}:${place.column}`;
  }
  throw new Error(`did not throw: ${code}`);
}

describe('C1: places', () => {
  it.each([
    ['boom()', '1:1'],
    ['const x = 1; boom()', '1:14'],
    ['const x = 1\nlet y = x, z = boom()', '2:16'],
    ['let { a, b } = { a: boom() }', '1:21'],
    ['let a, b, c = boom()', '1:15'],
    ['function f() {\n  boom()\n}\nf()', '2:3'],
    ['function f() { boom() } f()', '1:16'],
    ['const a = llm_query(1) + boom()', '1:26'],
    ['const a = llm_query(1).length + llm_query(2).length + boom()', '1:55'],
    ['class A { m() { boom() } }\nnew A().m()', '1:17'],
    ['if (true) {\n  function f() { boom() }\n  f()\n}', '2:18'],
    ['const rs = ["a"].map((c) => llm_query(c).length + boom())', '1:51'],
    ['typeof context === "string" && boom()', '1:32'],
    ['// one\r\n\r\nboom()', '3:1'],
    ['const t = `\n\n${boom()}`', '3:3'],
    ['\ufeffboom()', '1:2'],
    ['#!node\nboom()', '2:1'],
    ['let x: number = 1; boom(x as any)', '1:20'],
  ])('a runtime error of %j is at %s', async (code, place) => {
    expect(await thrownAt(code)).toBe(place);
  });

  it.each([
    ['const = 1', 1, 7, /Unexpected token/],
    ['const x = 1\nconst y = (2', 2, 13, /ends in the middle/],
    ['chunks.forEach((c) => { await llm_query(c) })', 1, 31, /`await` stands in a function that is not async/],
    ['print(“hi”)', 1, 7, /typographic quote/],
    ['enum Color { Red }', 1, 1, /`enum` is TypeScript/],
    ['x = 1\n  )', 2, 3, /Unexpected token/],
    ['let a = 1; { let a; let a }', 1, 25, /already been declared/],
    ['function f() { const a = 1; const a = 2 }', 1, 35, /already been declared/],
    ['break', 1, 1, /[Uu]nsyntactic break/],
    ['\0', 1, 1, /./],
  ])('a syntax error of %j is at %i:%i', (code, line, column, message) => {
    expect.assertions(4);
    try {
      prepareCell(code);
    } catch (error) {
      if (!isBraidError(error, 'BRAID_SCRIPT_SYNTAX')) throw error;
      expect(error.at).toMatchObject({ line, column });
      expect(error.at?.frame).toContain('^');
      expect(error.message).toMatch(message);
      expect(error.message).not.toMatch(/\(\d+:\d+\)|\bscript\b/i);
    }
  });

  it('counts the columns before line 1', () => {
    for (const code of ['x', 'function f() {}\nx']) {
      const { source, prefix } = prepareCell(code);
      expect(source.slice(0, prefix)).not.toContain('\n');
      expect(source.slice(prefix)).toMatch(code === 'x' ? /^return \(x\)/ : /^function __f0/);
    }
  });

  it('maps a place inside of an insertion to where it stands', () => {
    const { points, source } = prepareCell('f(llm_query(1)).x');
    const inserted = source.indexOf('await llm_query') + 1;
    expect(placeBefore(points, 1, inserted + 2)).toEqual({ line: 1, column: 3 });
    expect(placeBefore(points, 1, 1)).toEqual({ line: 1, column: 1 });
  });
});
