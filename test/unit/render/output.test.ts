import { describe, expect, test } from 'vitest';
import { renderError, renderFinal } from '../../../client/render/final.ts';
import { plainLine } from '../../../client/render/plain.ts';
import { renderLogs, renderShow } from '../../../client/render/show.ts';
import { renderList, table } from '../../../client/render/tables.ts';
import { EventFeed } from '../../../client/view/events.ts';
import { ViewBuilder } from '../../../client/view/reduce.ts';
import type { Outcome, RunStatus } from '../../../protocol/outcome.ts';
import { apply, History, scriptResult, tagOf } from '../view/histories.ts';
import { callView, FAILED, mixed, T0, viewOf } from './views.ts';

const shown = (lines: string[]) => `\n${lines.join('\n')}\n`;
const plain = { width: 80, color: false };

describe('renderFinal', () => {
  const outcome = (n: number, extra: Partial<Outcome> = {}): Outcome => ({
    address: `agent:${n}`,
    label: `tests: file ${n}`,
    phase: 'Review',
    model: 'offline/reviewer',
    attempts: 3,
    ...FAILED,
    ...extra,
  });

  test('a run with failures: census, cost, each reason, the fix once, what to type next', () => {
    const calls = [
      callView(1, 'done'),
      callView(2, 'failed', { error: FAILED }),
      callView(3, 'failed', { error: FAILED }),
    ];
    const v = viewOf(calls, {
      status: 'completed_with_failures',
      endedAt: T0 + 130_000,
      outcomes: [outcome(2), outcome(3)],
    });
    expect(shown(renderFinal(v, { ...plain, uiUrl: 'http://localhost:8233/x' }))).toMatchInlineSnapshot(`
      "
      review completed with failures in 2m 10s
        3 calls: 1 done, 2 failed
        3 requests · 3.6k tokens in, 1.0k out · $0.0036
      2 calls gave no value:
        ✗ Review › tests: file 2: error after 3 requests
          the provider answered 500 three times
        ✗ Review › tests: file 3: error after 3 requests
          the provider answered 500 three times
          BRAID_PROVIDER_FAILED: Try again later.
      next: braid show review-3f2a · braid result review-3f2a
      ui:   http://localhost:8233/x
      "
    `);
  });

  test('a failed script: code, place, frame and fix', () => {
    const frame = '  3 | const x = null\n> 4 | x.length\n    |   ^';
    const error = {
      code: 'BRAID_SCRIPT_ERROR',
      message: 'TypeError: x is null',
      fix: 'Correct the marked line.',
      line: 4,
      column: 3,
      frame,
    };
    const v = viewOf([], { status: 'failed', endedAt: T0 + 2_000, error });
    expect(shown(renderFinal(v, plain))).toMatchInlineSnapshot(`
      "
      review failed in 2s
        no calls
        0 requests · 0 tokens in, 0 out · $0.00
      BRAID_SCRIPT_ERROR: TypeError: x is null (line 4, column 3)
        3 | const x = null
      > 4 | x.length
          |   ^
      fix: Correct the marked line.
      next: braid show review-3f2a · braid logs review-3f2a
      "
    `);
  });

  test.each(['completed', 'stopped', 'cancelled'] satisfies RunStatus[])('%s is named', (status) => {
    expect(renderFinal(viewOf([], { status, endedAt: T0 }), plain)[0]).toBe(`review ${status} in 0s`);
  });

  test('many failures are cut, and the rest counted', () => {
    const outcomes = Array.from({ length: 25 }, (_, i) => outcome(i));
    const lines = renderFinal(viewOf([], { status: 'completed_with_failures', outcomes }), plain);
    expect(lines.filter((line) => line.includes('✗'))).toHaveLength(10);
    expect(lines.join('\n')).toContain('… and 15 more');
  });

  test('an error message cannot write to the terminal', () => {
    expect(
      renderError({ code: 'BRAID_SCRIPT_ERROR', message: 'a\u001b[2Jb', frame: '\u001b]0;x\u0007c' }, plain),
    ).toEqual(['BRAID_SCRIPT_ERROR: ab', 'c']);
  });
});

describe('renderShow and renderLogs', () => {
  test('the whole tree, by phase, none left out', () => {
    const v = mixed({
      workspace: { root: '/src/app', snapshot: { files: 12, bytes: 5_000, hash: 'h', ms: 1 }, error: null },
    });
    const nested = callView(7, 'done', {
      address: 'workflow:1/agent:1',
      label: 'inner',
      phase: 'Verify',
      turns: 3,
      requests: 5,
    });
    const all = { ...viewOf([...v.calls, nested]), notes: v.notes, workspace: v.workspace };
    expect(shown(renderShow(all, { ...plain, width: 100, now: T0 + 62_000 }))).toMatchInlineSnapshot(`
      "
      review  running  1m 02s
      run       review-3f2a
      script    review.js · abcdef012345
      model     offline/reviewer
      workspace /src/app (12 files, 4.9 KiB)
      started   2026-01-02T03:04:05.000Z
      calls     7: 2 running, 1 waiting, 1 queued, 2 done, 1 failed
      usage     7 requests · 3.6k tokens in, 2.0k out · $0.0084
      history   4 events

      Review  2 running, 1 waiting, 1 queued, 1 done, 1 failed
        ✓ bugs: src/index.ts               done      offline/reviewer            1.5k tok  $0.0012     14s
        ● security: src/server/session/ha… running   offline/reviewer             340 tok  $0.0012  1m 01s
        ● docs: 説明書.md 📚               running   offline/reviewer             340 tok  $0.0012  1m 01s
        ◌ perf: src/loop.ts                waiting   offline/reviewer             340 tok  $0.0012  1m 01s
          the provider asked to slow down
        ✗ tests: test/all.ts               failed    offline/reviewer            1.5k tok  $0.0012     14s
          error: BRAID_PROVIDER_FAILED: the provider answered 500 three times
        · bugs: src/late.ts                queued    offline/reviewer

      Verify  1 done
        workflow:1
          ✓ inner                          done      offline/reviewer    3 turns 1.5k tok  $0.0012     14s
            5 requests for 3 turns
      "
    `);
  });

  test('1,000 calls give 1,000 rows', () => {
    const v = viewOf(Array.from({ length: 1_000 }, (_, i) => callView(i, 'done')));
    expect(renderShow(v, { ...plain, now: T0 }).filter((line) => line.includes('✓'))).toHaveLength(1_000);
  });

  test('logs are the story, dated', () => {
    expect(renderLogs(mixed(), { color: false })).toEqual([
      '03:04:05  phase Review',
      '03:04:05  12 files to review',
      '03:04:05  warning: agent(): unknown option temprature; did you mean temperature?',
    ]);
  });
});

describe('renderList and table', () => {
  const run = {
    run: 'review-3f2a',
    kind: 'script' as const,
    name: 'review',
    status: 'completed_with_failures' as RunStatus,
    waiting: false,
    startedAt: T0,
    endedAt: T0 + 90_000,
    calls: { total: 22, done: 20, failed: 2 },
  };
  const options = { width: 80, color: false, now: T0 + 3_600_000 };

  test('columns and the newest facts', () => {
    const other = {
      ...run,
      run: 'x',
      kind: 'rlm' as const,
      name: '\u001b[2Jevil',
      status: 'running' as RunStatus,
      endedAt: null,
    };
    expect(shown(renderList([run, other], options))).toMatchInlineSnapshot(`
      "
      RUN          NAME    STATUS                     TIME  STARTED  KIND
      review-3f2a  review  completed with failures  1m 30s   1h ago  script
      x            evil    running                  1h 00m   1h ago  rlm
      "
    `);
  });

  test('no line is wider than the terminal, and colour changes no column', () => {
    const long = { ...run, run: 'r'.repeat(90), name: '検'.repeat(50) };
    for (const line of renderList([long], { ...options, width: 70 })) expect(line.length).toBeLessThanOrEqual(70);
    const colored = renderList([run], { ...options, color: true });
    expect(colored[1]).toContain('\u001b[');
  });

  test('without runs it says how to start one', () => {
    expect(renderList([], options).join()).toContain('braid run');
  });

  test('right-aligned columns', () => {
    expect(
      table(
        [{ title: 'N', side: 'right' }, { title: 'A' }],
        [
          ['1', 'x'],
          ['100', 'y'],
        ],
        40,
      ),
    ).toEqual(['  N  A', '  1  x', '100  y']);
  });
});

describe('plainLine', () => {
  test('a whole run, one line an event', () => {
    const h = new History().start();
    const evil = '\u001b[2Jfirst\nline';
    const id = h.ask(
      tagOf(1, {
        label: evil,
        notes: [
          { kind: 'phase', text: 'Review', at: T0 },
          { kind: 'log', text: 'go', at: T0 },
        ],
      }),
    );
    const second = h.ask(tagOf(2, { phase: null }));
    h.answer(id);
    h.fail(second, 'BRAID_PROVIDER_FAILED', 'HTTP 500');
    h.task();
    h.add({ type: 'completed', result: scriptResult({ status: 'completed_with_failures' }) });
    const events = new EventFeed().next(apply(new ViewBuilder('run-1'), 'run-1', h));
    expect(shown(events.map(plainLine))).toMatchInlineSnapshot(`
      "
      03:04:05  run run-1 started: review, model offline/reviewer
      03:04:05  phase Review
      03:04:05  go
      03:04:06  start  Review › first line
      03:04:07  start  call 2
      03:04:08  done   Review › first line (0s, 120 tokens, $0.0010)
      03:04:09  failed call 2 (0s, 5 tokens, $0.00): BRAID_PROVIDER_FAILED: HTTP 500
      03:04:10  run completed with failures: 1 call, 1 request · 100 tokens in, 20 out · $0.0010
      "
    `);
  });
});
