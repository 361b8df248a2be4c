/** Where a text stands, whatever the line ends are. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { placesOf, replaced } from '../../../activities/tools/edit-places.ts';

const lf = (text: string) => text.replaceAll('\r\n', '\n');
const pieces = (max: number, ...more: string[]) =>
  fc.array(fc.constantFrom('a', 'b', '\n', '\r\n', ...more), { maxLength: max }).map((of) => of.join(''));

test('each place holds what was looked for, and none is missed', () => {
  fc.assert(
    fc.property(pieces(20, '\r'), pieces(4), fc.boolean(), (text, old, apart) => {
      fc.pre(old !== '');
      const places = placesOf(text, old, apart);
      for (const { start, end } of places) expect(lf(text.slice(start, end))).toBe(lf(old));
      if (apart) expect(places.length).toBe(lf(text).split(lf(old)).length - 1);
    }),
  );
});

test('what is put in has the line ends of the lines around it', () => {
  const lines = fc.array(fc.constantFrom('a', 'b', 'ab'), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(
      lines,
      fc.constantFrom('\n', '\r\n'),
      fc.constantFrom('', 'x', 'x\ny', '\n', '\r\nx'),
      (of, end, fresh) => {
        const text = of.map((line) => line + end).join('');
        const result = replaced(text, placesOf(text, 'a', true), fresh);
        expect(lf(result)).toBe(lf(text).replaceAll('a', () => lf(fresh)));
        expect(result).not.toMatch(end === '\n' ? /\r/ : /(?<!\r)\n/);
      },
    ),
  );
});
