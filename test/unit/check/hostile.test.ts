import { describe, expect, it } from 'vitest';
import { isBraidError } from '../../../protocol/errors.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { cpuClock } from '../../kit/cpu-time.ts';
import { check } from './kit.ts';

const SIZE = LIMITS.scriptBytes - 100;
const fill = (piece: string, head = '', tail = ''): string =>
  head + piece.repeat(Math.floor((SIZE - head.length - tail.length) / piece.length)) + tail;
const count = (piece: (n: number) => string, head = '', tail = ''): string => {
  let text = head;
  for (let n = 0; text.length < SIZE - 40; n++) text += piece(n);
  return text + tail;
};

/** Each filled the parser's stack, or took it seconds, before it was bounded. */
const HOSTILE: [string, string, 'BRAID_SCRIPT_SYNTAX' | null][] = [
  ['open parentheses', fill('('), 'BRAID_SCRIPT_SYNTAX'],
  ['open brackets', fill('['), 'BRAID_SCRIPT_SYNTAX'],
  ['open blocks', fill('{'), 'BRAID_SCRIPT_SYNTAX'],
  ['open templates', fill('`${'), 'BRAID_SCRIPT_SYNTAX'],
  ['arrow functions', fill('a=>', '', '1'), 'BRAID_SCRIPT_SYNTAX'],
  ['negations', fill('!', '', '1'), 'BRAID_SCRIPT_SYNTAX'],
  ['a long sum', fill('1+', '', '1'), 'BRAID_SCRIPT_SYNTAX'],
  ['conditionals', fill('a?', '', '1'), 'BRAID_SCRIPT_SYNTAX'],
  ['calls', fill('f('), 'BRAID_SCRIPT_SYNTAX'],
  ['labels', count((n) => `a${n}:`, '', ';'), 'BRAID_SCRIPT_SYNTAX'],
  ['lets', count((n) => `let a${n};`), null],
  ['vars in deep blocks', `${'{'.repeat(400)}${'var a;'.repeat(70_000)}${'}'.repeat(400)}`, null],
  ['a regex of equal groups', fill('(?<a>x)|', '/', 'x/'), null],
  ['a deep regex', fill('(?:', '/', '/'), null],
  ['many regexes of equal groups', fill(`/${'(?<a>x)|'.repeat(500)}x/;`), null],
  ['a member chain', fill('.b', 'a'), null],
  ['an index chain', fill('[0]', 'a'), null],
  ['private names', count((n) => `#a${n};`, 'class A {', '}'), null],
  ['parameters', count((n) => `a${n},`, '(', 'b) => 1'), null],
  ['empty lines', fill('\n'), null],
  ['clock readings', fill('Date.now();'), null],
  ['a deep meta', `export const meta = { name: 'n', x: ${'['.repeat(400)}${']'.repeat(400)} }`, null],
  ['types that go nowhere', fill('a<b,', 'x ', ': string'), 'BRAID_SCRIPT_SYNTAX'],
  ['an unclosed comment', fill('*', '/*'), 'BRAID_SCRIPT_SYNTAX'],
  ['backticks', fill('```\n'), 'BRAID_SCRIPT_SYNTAX'],
  ['spaces', fill(' '), null],
  ['spaces and a slip', fill(' ', 'let x', '!'), 'BRAID_SCRIPT_SYNTAX'],
];

describe('K4 hostile sources', () => {
  it.each(HOSTILE)('%s', (_name, source, code) => {
    const spent = cpuClock();
    let found: string | null = null;
    try {
      check(source);
    } catch (error) {
      if (!isBraidError(error)) throw error;
      found = error.code === 'BRAID_SCRIPT_FORBIDDEN' ? 'BRAID_SCRIPT_SYNTAX' : error.code;
      expect(error.at?.frame?.length).toBeLessThan(1_000);
      expect(error.message.length).toBeLessThan(500);
    }
    expect(found).toBe(code);
    expect(spent()).toBeLessThan(3_000);
  });

  it('says that deep nesting is the trouble', () => {
    expect(() => check(fill('['))).toThrow('nested too deep');
  });

  it('keeps the checker clean of the prototypes that a script names', () => {
    check("export const meta = { name: 'n', description: 'd', constructor: 'x', toString: 'y' }");
    check(
      'const __proto__ = 1, hasOwnProperty = 2, constructor = 3; require2(1); toString.now(); constructor.random()',
    );
    expect({}.toString()).toBe('[object Object]');
  });
});
