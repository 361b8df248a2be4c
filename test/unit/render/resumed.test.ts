import { describe, expect, test } from 'vitest';
import { cellsOf, renderCells } from '../../../client/render/cells.ts';
import { renderFinal } from '../../../client/render/final.ts';
import { plainLine } from '../../../client/render/plain.ts';
import { reuseText } from '../../../client/render/reuse.ts';
import { renderView } from '../../../client/render/screen.ts';
import { renderShow } from '../../../client/render/show.ts';
import { EventFeed } from '../../../client/view/events.ts';
import { ViewBuilder } from '../../../client/view/reduce.ts';
import type { RunView } from '../../../protocol/view.ts';
import { apply, History, replayedNote, SCRIPT_INPUT, tagOf } from '../view/histories.ts';
import { RlmHistory, rlmInput } from '../view/rlm-histories.ts';
import { callView, FAILED, T0, viewOf } from './views.ts';

const plain = { width: 100, color: false, now: T0 + 62_000 };
const shown = (lines: string[]) => `\n${lines.join('\n')}\n`;
const SAVED = { inputTokens: 1_200, outputTokens: 340, usd: 0.0012 };

function resumed(extra: Partial<RunView> = {}): RunView {
  const reused = (n: number) =>
    callView(n, 'replayed', {
      ...{ from: 'review-1a2b', saved: SAVED, requests: 0, inputTokens: 0, outputTokens: 0, usd: 0, turns: 0 },
      endedAt: T0 + 1_000,
    });
  const calls = [
    reused(1),
    reused(2),
    callView(3, 'done', { why: 'changed: prompt, model' }),
    callView(4, 'failed', { why: 'failed before', error: FAILED }),
    callView(5, 'done', { why: 'changed: prompt, model', saved: SAVED }),
    callView(6, 'refused', { error: { reason: 'refused', code: 'BRAID_BUDGET_EXHAUSTED', message: 'no calls left' } }),
  ];
  const saved = { inputTokens: 3_600, outputTokens: 1_020, usd: 0.0036 };
  return viewOf(calls, { resumedFrom: 'review-1a2b', saved, endedAt: T0 + 62_000, status: 'stopped', ...extra });
}

describe('a run that resumes another', () => {
  test('braid show tells for each call where it comes from, and why it was not reused (DW-44)', () => {
    expect(shown(renderShow(resumed(), plain))).toMatchInlineSnapshot(`
      "
      review  stopped  1m 02s
      run       review-3f2a
      script    review.js · abcdef012345
      model     offline/reviewer
      workspace /src/app (not read yet)
      started   2026-01-02T03:04:05.000Z
      calls     6: 2 done, 1 failed, 2 replayed, 1 refused
      reused    2 of 6 calls of review-1a2b; 3 ran: 2 changed: prompt, model, 1 failed before; 1 refused
      usage     4 requests · 4.8k tokens in, 1.4k out · $0.0048
      saved     4.6k tok, $0.0036 then
      history   4 events

      Review  2 done, 1 failed, 2 replayed, 1 refused
        ↺ call 1                                        replayed from review-1a2b (1.5k tok, $0.0012 then)
        ↺ call 2                                        replayed from review-1a2b (1.5k tok, $0.0012 then)
        ✓ call 3                           done      offline/reviewer            1.5k tok  $0.0012     14s
          live: changed: prompt, model
        ✗ call 4                           failed    offline/reviewer            1.5k tok  $0.0012     14s
          live: failed before
          error: BRAID_PROVIDER_FAILED: the provider answered 500 three times
        ✓ call 5                           done      offline/reviewer            1.5k tok  $0.0012     14s
          live: changed: prompt, model · some of it reused (1.5k tok, $0.0012 then)
        ⊘ call 6                           refused   offline/reviewer            1.5k tok  $0.0012
          refused: BRAID_BUDGET_EXHAUSTED: no calls left

      Verify  no calls
      "
    `);
  });

  test('the end tells how much was reused and why the rest ran', () => {
    expect(shown(renderFinal(resumed(), plain))).toMatchInlineSnapshot(`
      "
      review stopped in 1m 02s
        6 calls: 2 done, 1 failed, 2 replayed, 1 refused
        4 requests · 4.8k tokens in, 1.4k out · $0.0048
        reused 2 of 6 calls of review-1a2b; 3 ran: 2 changed: prompt, model, 1 failed before; 1 refused
        (saved 4.6k tok, $0.0036 then)
      next: braid show review-3f2a · braid result review-3f2a
      "
    `);
  });

  test('the sum of it, in one line', () => {
    const calls = Array.from({ length: 100 }, (_, i) => {
      if (i < 92) return callView(i, 'replayed');
      return callView(i, 'done', { why: i < 97 ? 'changed: prompt' : 'failed before' });
    });
    const v = viewOf(calls, { resumedFrom: 'run-0', endedAt: T0 });
    expect(reuseText(v)).toBe('reused 92 of 100 calls of run-0; 8 ran: 5 changed: prompt, 3 failed before');
    expect(reuseText({ ...v, endedAt: null })).toContain('; 8 run: ');
    expect(reuseText({ ...v, resumedFrom: null })).toBeNull();
    expect(reuseText(viewOf(calls.slice(0, 92), { resumedFrom: 'run-0' }))).toBe('reused 92 of 92 calls of run-0');
  });

  test('calls that no history lists any more count as results say', () => {
    const usage = { ...viewOf([]).usage, calls: 50, replayed: 40 };
    const v = viewOf([callView(1, 'replayed')], { resumedFrom: 'run-0', usage, endedAt: T0 });
    expect(reuseText(v)).toBe('reused 40 of 50 calls of run-0; 10 ran');
    expect(renderShow(v, plain).join('\n')).toContain('50: 1 replayed, 49 not listed');
  });

  test('on the live screen a reused call says from where', () => {
    const lines = renderView(resumed({ endedAt: null, status: 'running' }), { ...plain, height: 24, tick: 0 });
    expect(lines).toContain('  ↺ call 1  from review-1a2b (1.5k tok, $0.0012 then)');
  });

  test('plain lines', () => {
    const h = new History().start({ ...SCRIPT_INPUT, resumeFrom: 'run-0' }).say(replayedNote(1));
    h.ask(tagOf(2, { live: 'changed: prompt' }));
    const lines = new EventFeed().next(apply(new ViewBuilder('run-1'), 'run-1', h)).map(plainLine);
    expect(lines.slice(1)).toEqual([
      '03:04:05  reused Review › call 1 (from run-0)',
      '03:04:07  start  Review › call 2 (changed: prompt)',
    ]);
  });

  test('an RLM tells by node why calls ran, and by cell where each comes from', () => {
    const h = new RlmHistory().open(rlmInput({ resumeFrom: 'run-0' })).turn('x');
    h.cell('llm_query_batched([a, b])', { state: 'waiting' });
    h.say(replayedNote(1, { address: 'llm:1', kind: 'llm', label: 'first' }));
    h.answer(h.ask({ ...tagOf(2, { live: 'new', label: 'second' }), address: 'llm:2' }));
    h.settle(1);
    const v = apply(new ViewBuilder('run-1'), 'run-1', h);
    expect(renderShow(v, plain).join('\n')).toContain('live: 1 new');
    const cells = renderCells(v, cellsOf(v, null), plain).join('\n');
    expect(cells).toContain('llm:1 first  replayed · no tokens · 0s · from run-0 (1.5k tok, $0.0020 then)');
    expect(cells).toContain('· live: new');
  });

  test('what histories say about it cannot write to the terminal', () => {
    const evil = '\u001b[2Ja\nb';
    const calls = [callView(1, 'replayed', { from: evil }), callView(2, 'done', { why: evil })];
    const v = viewOf(calls, { resumedFrom: evil, endedAt: T0 });
    for (const lines of [
      renderShow(v, plain),
      renderFinal(v, plain),
      renderView(v, { ...plain, height: 30, tick: 0 }),
    ]) {
      expect(lines.join('')).not.toMatch(/[\u0000-\u001f]/);
    }
  });
});
