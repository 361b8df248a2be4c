import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Coverage } from '../../../client/compare/coverage.ts';
import { sawOf } from '../../../client/compare/saw.ts';
import { hashText } from '../../../protocol/hash.ts';
import { COMPARE } from '../../../protocol/limits.ts';
import { RLM_SAID, TEXT, WORKFLOW_SAID } from './kit.ts';

const LINES = Array.from({ length: 200 }, (_, i) => `entry ${i} is about ${(i * 7919) % 1009} things\n`);
const LONG = LINES.join('');

describe('Coverage', () => {
  it('finds a whole context, and a piece of it exactly', () => {
    const coverage = new Coverage(LONG);
    expect(coverage.add([`Read this:\n${LONG}`])).toBe(LONG.length);
    const piece = LONG.slice(1_000, 1_801);
    expect(coverage.add([`<text>${piece}</text>`])).toBe(801);
    expect(coverage.add(['something else that is quite long, and about nothing in it'])).toBe(0);
  });

  it('V1: a prompt never shows more than it holds, however often that stands in the context', () => {
    const coverage = new Coverage('the same line again and again\n'.repeat(100));
    expect(coverage.add(['the same line again and again\n'])).toBe(30);
    expect(coverage.add(['the same line again and again\n'.repeat(3)])).toBe(90);
    fc.assert(
      fc.property(fc.array(fc.nat(200), { maxLength: 6 }), fc.string(), (picked, between) => {
        const prompt = picked.map((i) => LINES[i] ?? '').join(between);
        expect(coverage.add([prompt])).toBeLessThanOrEqual(prompt.length);
        expect(new Coverage(LONG).add([prompt])).toBeLessThanOrEqual(prompt.length);
      }),
      { numRuns: 50 },
    );
  });

  it('V2: finds every passage of the least length, and none below it', () => {
    const apart = Array.from({ length: 60 }, (_, i) => hashText(`${i}`)).join('\n');
    const size = fc.integer({ min: COMPARE.passage, max: 60 });
    fc.assert(
      fc.property(fc.nat(apart.length - 60), fc.nat(LONG.length - 60), size, (at, alike, length) => {
        const passage = apart.slice(at, at + length);
        expect(new Coverage(apart).add([`§${passage}§`])).toBe(length);
        expect(new Coverage(apart).add([`§${passage.slice(0, COMPARE.passage - 1)}§`])).toBe(0);
        expect(new Coverage(LONG).add([`§${LONG.slice(alike, alike + length)}§`])).toBe(length);
      }),
      { numRuns: 100 },
    );
  });

  it('V3: finds lines that stand there often where they stand, when a prompt has them in their order', () => {
    const kinds = ['Which river crosses Vienna?', 'Who wrote the first almanac?', 'What causes an echo?'];
    const text = Array.from({ length: 90 }, (_, i) => `user ${i % 7} asks: ${kinds[(i * i) % 3]}\n`).join('');
    const coverage = new Coverage(text);
    const asked = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => `${i}: ${kinds[((from + i) * (from + i)) % 3]}`).join('\n');
    const whole = kinds.reduce((sum, kind) => sum + kind.length, 0) * 30;
    expect(coverage.add([asked(0, 90)])).toBeGreaterThanOrEqual(whole * 0.9);
    expect(coverage.add([asked(0, 45)])).toBeLessThan(whole * 0.7);
  });

  it('V3: takes the longest, and goes on where the last match ended when a passage stands there often', () => {
    const line = 'a line of 32 characters, no more\n'.slice(1);
    const coverage = new Coverage(`${line.repeat(10)}the end of all of it, at last\n`);
    const shown = new Set<number>();
    coverage.add([`${line}the end of all of it`, line.repeat(2)], (at) => shown.add(at));
    // The longest match is the last of the ten; two in a row are two that follow each other.
    expect([...shown].toSorted((a, b) => a - b)).toEqual([
      ...Array.from({ length: 64 }, (_, i) => i),
      ...Array.from({ length: 52 }, (_, i) => 9 * 32 + i),
    ]);
  });

  it('counts what two messages of a prompt show once, and is quick on text that repeats itself', () => {
    const coverage = new Coverage(LONG);
    expect(coverage.add([LONG.slice(0, 500), LONG.slice(100, 600)])).toBe(600);
    const began = performance.now();
    expect(new Coverage('x'.repeat(COMPARE.contextChars)).add(['x'.repeat(100_000)])).toBe(100_000);
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

describe('sawOf', () => {
  it('tells root and leaves of an RLM apart', () => {
    const { root, leaves, requests } = sawOf({ kind: 'rlm' }, RLM_SAID, TEXT);
    expect(requests.map(({ address, n, by }) => [address, n, by])).toEqual([
      ['root', 1, 'root'],
      ['llm:1', 1, 'leaf'],
      ['root', 2, 'root'],
    ]);
    expect(root).toMatchObject({ requests: 2, share: 20 / TEXT.length, largestShare: 20 / TEXT.length });
    expect(root.chars).toBe(requests[0]!.chars + requests[2]!.chars);
    expect(root.largest).toBe(requests[2]!.chars);
    expect(leaves).toMatchObject({ requests: 1, share: 47 / TEXT.length });
  });

  it('a script has no model at its root; its leaves see all together and a part each', () => {
    const { root, leaves } = sawOf({ kind: 'script' }, WORKFLOW_SAID, TEXT);
    expect(root).toEqual({ requests: 0, chars: 0, largest: 0, share: 0, largestShare: 0 });
    expect(leaves.requests).toBe(3);
    expect(leaves.share).toBe((TEXT.length - 1) / TEXT.length);
    expect(leaves.largestShare).toBe(48 / TEXT.length);
  });
});
