import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeCellError } from '../../../sandbox/cells/frame.ts';
import { joinOutput } from '../../../sandbox/cells/output.ts';

describe('RL-03: output cut head and tail', () => {
  it.each([
    [{ head: 'all', tail: '', chars: 3 }, 'all'],
    [{ head: '', tail: '', chars: 0 }, ''],
    [{ head: 'ab', tail: 'cd', chars: 4 }, 'abcd'],
    [{ head: 'ab', tail: 'yz', chars: 26 }, 'ab\n… 22 characters left out; print a slice of it to see more …\nyz'],
    [
      { head: 'a', tail: 'z', chars: 1_234_569 },
      'a\n… 1,234,567 characters left out; print a slice of it to see more …\nz',
    ],
  ])('%j', (output, text) => {
    expect(joinOutput(output)).toBe(text);
  });

  it('never shows half a character, and counts what it leaves out', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.nat(20), fc.nat(20), (text, front, back) => {
        const head = text.slice(0, front);
        const tail = text.slice(Math.max(front, text.length - back));
        const joined = joinOutput({ head, tail, chars: text.length });
        expect(joined.isWellFormed()).toBe(true);
        const left = /\n… ([\d,]+) characters left out/.exec(joined)?.[1];
        const shown = joined.replace(/\n… [\d,]+ characters left out; print a slice of it to see more …\n/, '');
        expect(shown.length + Number(left ?? 0)).toBe(text.length);
      }),
    );
  });
});

describe('RL-09: a cell error as the model reads it', () => {
  it.each([
    [
      { name: 'TypeError', message: 'x is not a function', code: null, line: 2, column: 5, frame: '> 2 | x()' },
      'TypeError: x is not a function (line 2, column 5)\n> 2 | x()',
    ],
    [{ name: 'Error', message: '', code: null, line: null, column: null, frame: '' }, 'Error'],
    [{ name: 'Error', message: 'no', code: 'X', line: 3, column: null, frame: '' }, 'Error: no (line 3)'],
  ])('%j', (error, text) => {
    expect(describeCellError(error)).toBe(text);
  });
});
