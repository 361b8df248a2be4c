import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytes, compact, duration, money } from '../../../client/render/format.ts';
import { safeLine, safeText } from '../../../client/render/sanitize.ts';
import { wantsColor } from '../../../client/render/style.ts';
import { fit, pad, widthOf, wrap } from '../../../client/render/width.ts';

describe('safeText and safeLine', () => {
  test.each([
    ['colours', '\u001b[31mred\u001b[0m', 'red'],
    ['cursor moves', 'a\u001b[2J\u001b[1;1Hb', 'ab'],
    ['titles', 'a\u001b]0;owned\u0007b', 'ab'],
    ['links', '\u001b]8;;http://evil\u001b\\text\u001b]8;;\u001b\\', 'text'],
    ['8-bit sequences', 'a\u009b31mb', 'ab'],
    ['carriage returns', 'real\rfake', 'real fake'],
    ['bidirectional overrides', 'a\u202eb\u2066c', 'abc'],
    ['zero-width text', 'a\u200bb\ufeffc', 'abc'],
    ['invisible tags', 'a\u{e0041}b', 'ab'],
    ['NUL, BEL, backspace', 'a\u0000\u0007\u0008b', 'ab'],
    ['white space', '  a \n\n\t b  ', 'a b'],
  ])('%s', (_name, text, expected) => {
    expect(safeLine(text)).toBe(expected);
  });

  test('joined emoji and other scripts stay', () => {
    expect(safeLine('👩‍💻 検証 résumé עברית')).toBe('👩‍💻 検証 résumé עברית');
  });

  test('several lines keep their line feeds', () => {
    expect(safeText('a\r\nb\u2028c\u001b[1A')).toBe('a\nb\nc');
  });

  test('whatever comes in, no control character comes out', () => {
    const hostile = fc.string({
      unit: fc.constantFrom(
        '\u001b',
        '[',
        ']',
        '0',
        ';',
        'm',
        'H',
        '\u0007',
        '\u009b',
        '\u009d',
        '\\',
        'x',
        '\n',
        '\ud800',
      ),
    });
    fc.assert(
      fc.property(hostile, (text) => {
        expect(safeLine(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      }),
    );
  });

  test('megabytes are cut before they are looked at', () => {
    expect(safeLine('x'.repeat(5_000_000)).length).toBeLessThan(3_000);
  });
});

describe('width', () => {
  test.each([
    ['ascii', 'abc', 3],
    ['accents, composed or not', 'é\u0065\u0301', 2],
    ['CJK', '検証', 4],
    ['Hangul', '한글', 4],
    ['full width', 'ＡＢ', 4],
    ['emoji', '📚', 2],
    ['a family is one emoji', '👩‍👩‍👧', 2],
    ['a flag', '🇨🇭', 2],
    ['text made emoji', '❤️', 2],
    ['box drawing and our glyphs', '│✓✗…›', 5],
  ])('%s', (_name, text, expected) => {
    expect(widthOf(text)).toBe(expected);
  });

  test('fit cuts with an ellipsis and never splits a wide character', () => {
    expect(fit('abcdef', 4)).toBe('abc…');
    expect(fit('検証する', 5)).toBe('検証…');
    expect(fit('検証する', 4)).toBe('検…');
    expect(fit('abc', 3)).toBe('abc');
    expect(fit('abc', 0)).toBe('');
  });

  test('pad gives exactly the columns asked for', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.integer({ min: 1, max: 30 }),
        fc.constantFrom('left', 'right'),
        (text, width, side) => {
          expect(widthOf(pad(safeLine(text), width, side))).toBe(width);
        },
      ),
    );
  });

  test('wrap breaks at blanks', () => {
    expect(wrap('one two three\nfour', 8)).toEqual(['one two', 'three', 'four']);
  });
});

describe('numbers', () => {
  test('durations', () => {
    expect([-5, 0, 4_999, 65_000, 3_599_999, 7_440_000].map(duration)).toEqual([
      '0s',
      '0s',
      '4s',
      '1m 05s',
      '59m 59s',
      '2h 04m',
    ]);
  });

  test('counts of tokens never round up to a fourth digit', () => {
    expect([0, 999, 1_000, 9_949, 9_950, 34_400, 999_499, 999_500, 9_949_999, 12_000_000].map(compact)).toEqual([
      '0',
      '999',
      '1.0k',
      '9.9k',
      '10k',
      '34k',
      '999k',
      '1.0M',
      '9.9M',
      '12M',
    ]);
  });

  test('an unknown price is no price', () => {
    expect([null, 0, 0.0042, 1.5].map(money)).toEqual(['cost unknown', '$0.00', '$0.0042', '$1.50']);
    expect([5, 2_048, 3_145_728].map(bytes)).toEqual(['5 B', '2.0 KiB', '3.0 MiB']);
  });
});

describe('wantsColor', () => {
  const tty = { isTTY: true };
  test.each([
    ['a terminal', tty, {}, true],
    ['a pipe', {}, {}, false],
    ['a dumb terminal', tty, { TERM: 'dumb' }, false],
    ['NO_COLOR beats all', tty, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    ['an empty NO_COLOR is none', tty, { NO_COLOR: '' }, true],
    ['FORCE_COLOR colours a pipe', {}, { FORCE_COLOR: '1' }, true],
    ['FORCE_COLOR=0 forbids', tty, { FORCE_COLOR: '0' }, false],
  ])('%s', (_name, stream, env, expected) => {
    expect(wantsColor(stream, env)).toBe(expected);
  });
});
