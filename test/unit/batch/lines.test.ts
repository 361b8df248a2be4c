import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitLines, type Line } from '../../../client/batch/lines.ts';
import { gather, stream } from './kit.ts';

async function split(pieces: (string | Uint8Array)[], max = 1_000): Promise<Line[]> {
  return gather(splitLines(stream(...pieces), max));
}

describe('lines of a stream', () => {
  it('are the same however the stream is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n]/g, ''))),
        fc.nat(7),
        async (texts, step) => {
          const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''));
          const pieces = [];
          for (let at = 0; at < bytes.byteLength; at += step + 1) pieces.push(bytes.subarray(at, at + step + 1));
          const expected = texts.map((text, n) => ({
            number: n + 1,
            text: text.toWellFormed().replace(/^\ufeff/, ''),
          }));
          expect(await split(pieces, 10_000)).toEqual(expected);
        },
      ),
    );
  });

  it('end with LF or CRLF, the last one also without', async () => {
    expect(await split(['\ufeffa\r\nb\n\nc'])).toEqual([
      { number: 1, text: 'a' },
      { number: 2, text: 'b' },
      { number: 3, text: '' },
      { number: 4, text: 'c' },
    ]);
  });

  it('that are too long or no UTF-8 are told, and cost their neighbours nothing', async () => {
    const long = Array.from({ length: 50 }, () => 'x'.repeat(100));
    expect(await split(['a\n', ...long, '\n', Uint8Array.of(0xff, 0x0a), 'b'])).toEqual([
      { number: 1, text: 'a' },
      { number: 2, problem: 'it has 5000 bytes; an item has at most 1000' },
      { number: 3, problem: 'it is no UTF-8' },
      { number: 4, text: 'b' },
    ]);
  });
});
