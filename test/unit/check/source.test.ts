import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../protocol/limits.ts';
import { check, META, refused } from './kit.ts';

describe('what surrounds a script', () => {
  it('K2 keeps the length and every place', () => {
    const source = `#!/usr/bin/env braid\n${META}return 1\n`;
    const checked = check(source);
    expect(checked.source).toHaveLength(source.length);
    expect(checked.source.split('\n')[0]).toBe(' '.repeat(20));
    expect(checked.source.indexOf('return 1')).toBe(source.indexOf('return 1'));
    expect(checked.source).toContain('       const meta = {');
  });

  it('cuts a byte order mark, which takes no column', () => {
    expect(check(`\ufeff${META}`).source).toBe(META.replace('export', '      '));
    expect(refused('\ufefflet 1').at).toMatchObject({ line: 1, column: 5 });
  });

  it('keeps CRLF', () => {
    const source = META.replace('\n', '\r\n') + 'const a = 1\r\nreturn a\r\n';
    expect(check(source).source).toBe(source.replace('export', '      '));
    expect(refused('const a = 1\r\n\r\n  return return\r\n').at).toMatchObject({ line: 3, column: 10 });
  });

  it.each(['```js\n', '```javascript\r\n', '```\n', '\n~~~~ js\n'])('takes off the fence %j with a warning', (open) => {
    const source = `${open}${META}return 1\n${open.includes('~') ? '~~~~' : '```'}\n`;
    const checked = check(source);
    expect(checked.name).toBe('n');
    expect(checked.warnings).toEqual([expect.stringContaining('Markdown code fence')]);
    expect(checked.source).toHaveLength(source.length);
    expect(checked.source.trim().endsWith('return 1')).toBe(true);
  });

  it('leaves fences inside of templates alone', () => {
    const source = `${META}return \`\n\\\`\\\`\\\`js\n1\n\\\`\\\`\\\`\n\``;
    expect(check(source).source).toBe(source.replace('export', '      '));
  });

  it('DW-06 keeps quotes, escapes and every character of strings', () => {
    const body = 'return ["“”‘’", "\\u201c", `\u2028`, "\u{1F9F5}", \'#!/bin/sh\', "\\u{1F600}"]';
    expect(check(META + body).source.endsWith(body)).toBe(true);
  });

  it.each([
    ['an empty script', ''],
    ['only a comment', '// nothing'],
    ['only meta', META],
  ])('passes %s', (_name, source) => {
    expect(check(source).source.trimStart()).toBe(source.replace('export ', ''));
  });

  it('is limited in UTF-8 bytes', () => {
    const room = LIMITS.scriptBytes - '//'.length;
    expect(check(`//${'a'.repeat(room)}`).name).toBe('x');
    expect(refused(`//${'a'.repeat(room + 1)}`).code).toBe('BRAID_SCRIPT_TOO_LARGE');
    expect(check(`//${'ü'.repeat(room / 2)}`).name).toBe('x');
    expect(refused(`//${'ü'.repeat(room / 2)}a`).code).toBe('BRAID_SCRIPT_TOO_LARGE');
    expect(refused(`//${'€'.repeat(Math.floor(room / 3) + 1)}`).code).toBe('BRAID_SCRIPT_TOO_LARGE');
    expect(refused(`//${'🧵'.repeat(room / 4 + 1)}`).message).toContain('512 KiB');
    expect(check(`//${'🧵'.repeat(Math.floor(room / 4))}`).name).toBe('x');
  });

  it.each([
    ['review.js', 'review'],
    ['a/b/review.plan.mjs', 'review.plan'],
    ['C:\\scripts\\x.cjs', 'x'],
    ['.js', '.js'],
    ['stdin', 'stdin'],
    ['', 'script'],
  ])('names a script without meta after its file: %s', (file, name) => {
    expect(check('return 1', file).name).toBe(name);
  });
});

describe('DW-02 syntax errors', () => {
  it('carry line, column, frame and fix', () => {
    const error = refused(`${META}const a = [1, 2\nconst b = 3\n`, 'scripts/review.js');
    expect(error.code).toBe('BRAID_SCRIPT_SYNTAX');
    expect(error.message).toBe('scripts/review.js:3:1: Unexpected token `const`.');
    expect(error.at).toEqual({ line: 3, column: 1, frame: expect.stringContaining('> 3 | const b = 3\n    | ^') });
    expect(error.fix).not.toBe('');
  });

  it.each([
    ['items.map(x => { await agent(x) })', 24, '`await` stands in a function that is not async'],
    ['function f() { return await agent("x") }', 29, '`await` stands in a function that is not async'],
    ['const x = { a: 1', 17, 'ends in the middle'],
    ['const s = “a”', 11, 'typographic quote'],
    ['const s = `a', 12, 'Unterminated template'],
    ['/* a', 1, 'Unterminated comment'],
    ['const a = 1; const a = 2', 20, "'a' has already been declared"],
    ['agent("x", label: "y")', 17, 'Unexpected token `:`'],
    ['const v = a ? b : c : d', 21, 'Unexpected token `:`'],
    ['for (;;) { break foo }', 12, 'break'],
    ['@dec class A {}', 1, 'Decorators'],
    ['using x = f()', 7, 'Unexpected token `x`'],
    ['/(/', 2, 'Invalid regular expression'],
    ['const x = 1;\0', 13, 'NUL character'],
    ['a?.b = 1', 1, 'Optional chaining'],
  ])('%s', (source, column, message) => {
    const error = refused(source);
    expect(error).toMatchObject({ code: 'BRAID_SCRIPT_SYNTAX', at: { line: 1, column } });
    expect(error.message).toContain(message);
  });

  it.each(['}); evil(); (async () => {', '} catch {} {', '*/ evil() /*', ')', '}', 'return 1 })()'])(
    'K1 cannot close a wrapper: %s',
    (source) => {
      expect(refused(source).code).toBe('BRAID_SCRIPT_SYNTAX');
    },
  );

  it.each(['with ({}) {}', 'return 017', 'x = 1', 'arguments', 'var let_ = 1; delete let_', '<!-- old comment\n'])(
    'K1 takes what a sloppy function body takes: %s',
    (source) => {
      expect(check(META + source).name).toBe('n');
    },
  );
});
