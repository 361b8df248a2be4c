import * as fc from 'fast-check';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { renderView } from '../../../client/render/screen.ts';
import { widthOf } from '../../../client/render/width.ts';
import type { CallState } from '../../../protocol/view.ts';
import { callView, FAILED, mixed, T0, viewOf } from './views.ts';

const NOW = T0 + 62_000;
const options = {
  width: 80,
  height: 24,
  color: false,
  now: NOW,
  tick: 3,
  uiUrl: 'http://localhost:8233/run',
  hint: 'Ctrl+C detaches',
};
const shown = (lines: string[]) => `\n${lines.join('\n')}\n`;

describe('renderView', () => {
  test('at 40 columns: labels and times', () => {
    expect(shown(renderView(mixed(), { ...options, width: 40 }))).toMatchInlineSnapshot(`
      "
      review  review-3f2a  running  1m 02s
      Review · 2 running, 1 waiting, 1 queued…
      Review  2 running, 1 waiting, 1 queued,…
        ✓ bugs: src/index.ts               14s
        ⠸ security: src/server/sessio…  1m 01s
        ⠸ docs: 説明書.md 📚            1m 01s
        ◌ perf: src/loop.ts  the provider ask…
        ✗ tests: test/all.ts  BRAID_PROVIDER_…
        · bugs: src/late.ts
      Verify  not begun
      › 12 files to review
      › agent(): unknown option temprature; d…
      2 requests · 2.4k tokens in, 1.7k out ·…
      http://localhost:8233/run · Ctrl+C deta…
      "
    `);
  });

  test('at 80 columns: tokens, model, silence', () => {
    expect(shown(renderView(mixed(), options))).toMatchInlineSnapshot(`
      "
      review  review-3f2a  running  1m 02s
      Review · 2 running, 1 waiting, 1 queued, 1 done, 1 failed
      Review  2 running, 1 waiting, 1 queued, 1 done, 1 failed
        ✓ bugs: src/index.ts              offline/reviewer  1.5k tok     14s
        ⠸ security: src/server/session/h… offline/reviewer   340 tok  1m 01s
        ⠸ docs: 説明書.md 📚              offline/reviewer   340 tok  1m 01s quiet 40s
        ◌ perf: src/loop.ts  the provider asked to slow down
        ✗ tests: test/all.ts  BRAID_PROVIDER_FAILED: the provider answered 500 three…
        · bugs: src/late.ts               offline/reviewer
      Verify  not begun
      › 12 files to review
      › agent(): unknown option temprature; did you mean temperature?
      2 requests · 2.4k tokens in, 1.7k out · $0.0072
      http://localhost:8233/run · Ctrl+C detaches
      "
    `);
  });

  test('at 120 columns', () => {
    expect(shown(renderView(mixed(), { ...options, width: 120 }))).toMatchInlineSnapshot(`
      "
      review  review-3f2a  running  1m 02s
      Review · 2 running, 1 waiting, 1 queued, 1 done, 1 failed
      Review  2 running, 1 waiting, 1 queued, 1 done, 1 failed
        ✓ bugs: src/index.ts                                                      offline/reviewer  1.5k tok     14s
        ⠸ security: src/server/session/handler.ts                                 offline/reviewer   340 tok  1m 01s
        ⠸ docs: 説明書.md 📚                                                      offline/reviewer   340 tok  1m 01s quiet 40s
        ◌ perf: src/loop.ts  the provider asked to slow down
        ✗ tests: test/all.ts  BRAID_PROVIDER_FAILED: the provider answered 500 three times
        · bugs: src/late.ts                                                       offline/reviewer
      Verify  not begun
      › 12 files to review
      › agent(): unknown option temprature; did you mean temperature?
      2 requests · 2.4k tokens in, 1.7k out · $0.0072
      http://localhost:8233/run · Ctrl+C detaches
      "
    `);
  });

  test('1,000 calls fold to what is at work and what failed, and one line for the rest', () => {
    const calls = Array.from({ length: 1_000 }, (_, i) => {
      if (i === 7 || i === 807) return callView(i, 'failed', { error: FAILED });
      const state: CallState = i < 900 ? 'done' : i < 916 ? 'running' : 'queued';
      return callView(i, state, { phase: i % 2 === 0 ? 'Review' : 'Verify' });
    });
    const lines = renderView(viewOf(calls), { ...options, height: 30 });
    expect(lines.length).toBeLessThanOrEqual(30);
    expect(lines.filter((line) => line.includes('✗'))).toHaveLength(2);
    expect(shown(lines)).toMatchInlineSnapshot(`
      "
      review  review-3f2a  running  1m 02s
      16 running, 84 queued, 898 done, 2 failed
      Review  8 running, 42 queued, 450 done, 2 failed
        ✗ call 7  BRAID_PROVIDER_FAILED: the provider answered 500 three times
        ✗ call 807  BRAID_PROVIDER_FAILED: the provider answered 500 three times
        ⠸ call 900                        offline/reviewer   340 tok  1m 01s quiet 42s
        ⠸ call 902                        offline/reviewer   340 tok  1m 01s quiet 42s
        ⠸ call 904                        offline/reviewer   340 tok  1m 01s quiet 42s
        ⠸ call 906                        offline/reviewer   340 tok  1m 01s quiet 42s
        ⠸ call 908                        offline/reviewer   340 tok  1m 01s quiet 42s
        ⠸ call 910                        offline/reviewer   340 tok  1m 01s quiet 42s
        ⠸ call 912                        offline/reviewer   340 tok  1m 01s quiet 42s
        ⠸ call 914                        offline/reviewer   340 tok  1m 01s quiet 42s
        · call 916                        offline/reviewer
        · call 918                        offline/reviewer
        · call 920                        offline/reviewer
        · call 922                        offline/reviewer
        … 38 queued, 450 done
      Verify  8 running, 42 queued, 448 done
        ⠸ call 901                        offline/reviewer   340 tok  1m 01s quiet 42s
        ⠸ call 903                        offline/reviewer   340 tok  1m 01s quiet 42s
        ⠸ call 905                        offline/reviewer   340 tok  1m 01s quiet 42s
        ⠸ call 907                        offline/reviewer   340 tok  1m 01s quiet 42s
        ⠸ call 909                        offline/reviewer   340 tok  1m 01s quiet 42s
        ⠸ call 911                        offline/reviewer   340 tok  1m 01s quiet 42s
        ⠸ call 913                        offline/reviewer   340 tok  1m 01s quiet 42s
        ⠸ call 915                        offline/reviewer   340 tok  1m 01s quiet 42s
        … 42 queued, 448 done
      900 requests · 1.1M tokens in, 311k out · $1.20
      http://localhost:8233/run · Ctrl+C detaches
      "
    `);
  });

  test('between two phases it says that it is at work, and what comes', () => {
    const lines = renderView(viewOf([callView(1, 'done')], { sleepingUntil: NOW + 90_000, phase: 'Review' }), options);
    expect(shown(lines)).toMatchInlineSnapshot(`
      "
      review  review-3f2a  running  1m 02s
      Review · 1 done · sleeps 1m 30s more
      Review  1 done
        ✓ call 1                          offline/reviewer  1.5k tok     14s
      Verify  not begun
      1 request · 1.2k tokens in, 340 out · $0.0012
      http://localhost:8233/run · Ctrl+C detaches
      "
    `);
  });

  test('a missing worker and a lost server are said, with the command', () => {
    const worker = { alive: false, lastSeen: NOW - 6_000, missingSince: NOW - 5_000 };
    const lost = renderView(mixed({ worker }), options).join('\n');
    expect(lost).toContain('! the worker was lost 6s ago: start one with `braid worker`');
    const never = renderView(mixed({ worker: { ...worker, lastSeen: null } }), options).join('\n');
    expect(never).toContain('! no worker is polling: start one with `braid worker`');
    expect(renderView(mixed({ worker: { ...worker, alive: true } }), options).join('\n')).not.toContain('worker`');
    expect(renderView(mixed({ connection: 'lost' }), options).join('\n')).toContain('! the server does not answer');
  });

  test('a paused run says how to go on', () => {
    const pause = { reason: 'person', limit: null, text: null, since: T0 } as const;
    const lines = renderView(mixed({ status: 'paused', pause }), options);
    expect(lines[2]).toContain('continue with `braid resume review-3f2a`');
  });

  test('hostile labels, models, logs and names move no cursor and hide nothing', () => {
    const evil = '\u001b[2J\u001b]0;owned\u0007a\u009b31mb\rc\nd\u202ee\u0000';
    const error = { ...FAILED, message: evil };
    const calls = [callView(1, 'running', { label: evil, model: evil }), callView(2, 'failed', { label: evil, error })];
    const v = viewOf(
      calls.map((call) => ({ ...call, phase: evil })),
      { name: evil, phase: evil, notes: [{ kind: 'log', text: evil, at: T0 }], notices: [evil] },
    );
    const lines = renderView(v, { ...options, width: 120 });
    expect(lines.join('')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
    expect(lines.join('\n')).toContain('ab c de');
  });

  test('never more lines than the terminal has, never a line wider than it is', () => {
    const states: CallState[] = ['queued', 'running', 'waiting', 'done', 'failed', 'replayed', 'refused', 'cancelled'];
    const call = fc.record({
      state: fc.constantFrom(...states),
      label: fc.string({ unit: 'grapheme', maxLength: 60 }),
      phase: fc.option(fc.constantFrom('Review', 'Verify', '検証フェーズ', 'a', 'b', 'c', 'd', 'e')),
    });
    const property = fc.property(
      fc.array(call, { maxLength: 60 }),
      fc.integer({ min: 20, max: 140 }),
      fc.integer({ min: 1, max: 40 }),
      fc.boolean(),
      (made, width, height, color) => {
        const calls = made.map(({ state, label, phase }, i) =>
          callView(i, state, { label, phase, ...(state === 'failed' ? { error: FAILED } : {}) }),
        );
        const lines = renderView(mixed({ ...viewOf(calls) }), { ...options, width, height, color });
        expect(lines.length).toBeLessThanOrEqual(height);
        for (const line of lines) expect(widthOf(stripVTControlCharacters(line))).toBeLessThanOrEqual(width);
      },
    );
    fc.assert(property, { numRuns: 300 });
  });

  test('colour changes no column', () => {
    const colored = renderView(mixed(), { ...options, color: true });
    expect(colored.join('\n')).toContain('\u001b[');
    expect(colored.map((line) => stripVTControlCharacters(line))).toEqual(renderView(mixed(), options));
  });
});
