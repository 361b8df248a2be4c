import { describe, expect, test } from 'vitest';
import { REPL } from '../../../protocol/limits.ts';
import { stored } from '../contexts/kit.ts';
import { tempStore } from '../workspace/kit.ts';
import { options, Session } from './kit.ts';

/** Long enough to be read by reference. */
const long = (text: string): string => text.repeat(Math.ceil((REPL.lazyChars + 1) / text.length));

const TEXTS: [string, string][] = [
  ['prose', long('First line\nsecond 😀 line\n\n  last line without an end')],
  [
    'markdown with code',
    long('# A\ntext\n```sh\n# no heading\n```\n## B ünï\n~~~\n# none\n~~~~\n   ### C\n#hash\nend\n'),
  ],
  ['pairs', long('😀')],
  ['empty lines', long('\n\n\nx\n\n')],
  ['one line', long('word ')],
];

/** What strings and texts in the store must answer alike. */
const ASKED = [
  'x.lines().length',
  'x.lines(1, -1).slice(0, 3)',
  'x.lines(-3)',
  'x.stats()',
  'x.count("line") + x.count("\\n")',
  'x.grep("line", { limit: 4, around: 1 })',
  'x.grep("LINE", { limit: 4, ignoreCase: true })',
  'x.grep(/(\\w+) (\\w+)?/y, 5)',
  'x.grep(/x*/u, 20).map((h) => [h.index, h.line, h.match])',
  'x.grep(/^\\s*$/m, 9)',
  'x.chunks({ size: 7, overlap: 2 })',
  'x.chunks({ size: 100, overlap: 99 }).length',
  'x.chunks({ size: 3, overlap: 1, by: "lines" })',
  'x.chunks({ size: 30, overlap: 3, by: "headings" })',
  'x.sample(7, 3)',
  'x.sample(1e3, 1).length',
];

describe.each(TEXTS)('%s', (_, text) => {
  test('helpers of strings give what the texts of the store give (RL-41)', async () => {
    const source = await stored(tempStore(), text);
    const session = new Session({ ...options(text), texts: [source] });
    session.cell('const text = context; const string = context.toString()');
    for (const code of ASKED) {
      const of = (name: string): unknown => {
        const end = session.cell(`FINAL(${code.replaceAll(/\bx\b(?=\.)/g, name)})`);
        expect(end.error).toBeNull();
        return end.final;
      };
      expect([code, of('string')]).toEqual([code, of('text')]);
    }
  });
});
