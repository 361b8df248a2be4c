import { describe, expect, it } from 'vitest';
import { codeFrame, placeOf } from '../../../protocol/code-frame.ts';

const SOURCE = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'].join('\n');

describe('codeFrame', () => {
  it('shows two lines around the place, numbered, with a caret', () => {
    expect(codeFrame(SOURCE, 5, 3)).toBe(
      ['  3 | three', '  4 | four', '> 5 | five', '    |   ^', '  6 | six', '  7 | seven'].join('\n'),
    );
  });

  it('aligns numbers of different width and stops at the end', () => {
    expect(codeFrame(SOURCE, 10, 4)).toBe(['   8 | eight', '   9 | nine', '> 10 | ten', '     |    ^'].join('\n'));
  });

  it.each([
    ['a line after the end', 99, 1, '> 10 | ten'],
    ['a line before the start', -3, 1, '>  1 | one'],
    ['no number', Number.NaN, 1, '>  1 | one'],
  ])('moves %s into the source', (_name, line, column, marked) => {
    expect(codeFrame(SOURCE, line, column).replace(/^> (\d) /m, '>  $1 ')).toContain(marked);
  });

  it('moves a column after the end to the end', () => {
    expect(codeFrame('ab', 1, 99)).toBe('> 1 | ab\n    |   ^');
  });

  it('F2 windows a long line around the place', () => {
    const frame = codeFrame(`${'a'.repeat(100_000)}X${'b'.repeat(100_000)}`, 1, 100_001);
    const [text = '', caret = ''] = frame.split('\n');
    expect(text.length).toBeLessThan(130);
    expect(text[caret.indexOf('^')]).toBe('X');
  });

  it('F2 lets no control character through', () => {
    const frame = codeFrame('a\u001b[2Jb\u0007\u202e\tc\r\nnext', 1, 1);
    expect(frame).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    expect(frame).toContain('a·[2Jb·· c');
  });
});

describe('placeOf', () => {
  it.each([
    [0, 1, 1],
    [2, 1, 3],
    [3, 1, 4],
    [4, 2, 1],
    [8, 3, 1],
    [10_000, 10, 4],
    [-1, 1, 1],
  ])('F1 offset %i is %i:%i', (offset, line, column) => {
    expect(placeOf(SOURCE, offset)).toEqual({ line, column });
  });

  it('F1 counts only \\n, as the engine does', () => {
    expect(placeOf('a\u2028b\rc\r\nd', 7)).toEqual({ line: 2, column: 1 });
  });
});
