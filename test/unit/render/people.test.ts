import { describe, expect, test } from 'vitest';
import { plainLine } from '../../../client/render/plain.ts';
import { renderView } from '../../../client/render/screen.ts';
import { renderLogs, renderShow } from '../../../client/render/show.ts';
import { renderList } from '../../../client/render/tables.ts';
import { EventFeed } from '../../../client/view/events.ts';
import { ViewBuilder } from '../../../client/view/reduce.ts';
import type { GateView, PauseView, RunSummary, RunView } from '../../../protocol/view.ts';
import { apply, gateNote, History } from '../view/histories.ts';
import { callView, T0, viewOf } from './views.ts';

const NOW = T0 + 62_000;
const plain = { width: 90, color: false, now: NOW };
const screen = { ...plain, height: 24, tick: 0 };
const shown = (lines: string[]) => `\n${lines.join('\n')}\n`;

function gate(extra: Partial<GateView> = {}): GateView {
  return {
    ...{ gate: 'ask:1', node: 'review-3f2a', kind: 'ask', question: 'Which branch?', details: null, schema: null },
    ...{ digest: 'd', expiresAt: null, state: 'open', value: null, by: null, openedAt: T0 + 2_000, closedAt: null },
    ...extra,
  };
}

const APPROVE = gate({
  ...{ gate: 'workflow:1/approve:1', kind: 'approve', question: 'Delete 2 files?', details: 'src/a.ts\nsrc/b.ts' },
  expiresAt: NOW + 120_000,
});

function waiting(gates: GateView[], extra: Partial<RunView> = {}): RunView {
  return viewOf([callView(1, 'done')], { gates, ...extra });
}

describe('a run that waits for a person', () => {
  test('on the live screen: what is asked, and what to type', () => {
    expect(shown(renderView(waiting([gate(), APPROVE]), screen))).toMatchInlineSnapshot(`
      "
      review  review-3f2a  waiting  1m 02s
      1 done
      ? ask:1 waits for a person: Which branch?
        braid answer review-3f2a ask:1 --value …
      ? workflow:1/approve:1 waits for a person: Delete 2 files? (2m 00s left)
        braid answer review-3f2a workflow:1/approve:1 --value true (or false)
      Review  1 done
        ✓ call 1                                    offline/reviewer  1.5k tok     14s
      Verify  not begun
      1 request · 1.2k tokens in, 340 out · $0.0012
      "
    `);
  });

  test('more questions than fit are counted', () => {
    const lines = renderView(waiting([1, 2, 3, 4].map((n) => gate({ gate: `ask:${n}` }))), screen);
    expect(lines).toContain('? 2 more questions: braid show review-3f2a');
  });

  test('braid show: all of it, whole, with the command; and how others ended', () => {
    const schema = { type: 'object', properties: { branch: { enum: ['main', 'next'] } } };
    const over = [
      gate({ gate: 'ask:2', state: 'answered', value: 'main', by: 'ann' }),
      gate({ gate: 'ask:3', state: 'timeout', value: { branch: 'next' } }),
      gate({ gate: 'ask:4', state: 'cancelled' }),
    ];
    const lines = renderShow(waiting([gate({ schema }), APPROVE, ...over]), plain);
    expect(shown(lines.slice(lines.findIndex((line) => line.startsWith('people'))))).toMatchInlineSnapshot(`
      "
      people  2 of 5 gates open
        ? ask:1  ask  waits for 1m 00s
          │ Which branch?
          schema {"type":"object","properties":{"branch":{"enum":["main","next"]}}}
          braid answer review-3f2a ask:1 --value …
        ? workflow:1/approve:1  approve  waits for 1m 00s, 2m 00s left
          │ Delete 2 files?
          │ src/a.ts
          │ src/b.ts
          braid answer review-3f2a workflow:1/approve:1 --value true (or false)
        ✓ ask:2  ask  answered by ann: "main"
          Which branch?
        – ask:3  ask  timed out: {"branch":"next"}
          Which branch?
        – ask:4  ask  given up
          Which branch?

      Review  1 done
        ✓ call 1                                    done               1.5k tok  $0.0012     14s

      Verify  no calls
      "
    `);
  });

  test('an ended run waits for nobody', () => {
    const v = waiting([gate({ state: 'cancelled' })], { endedAt: NOW, status: 'completed' });
    expect(renderView(v, screen).join('\n')).not.toContain('waits');
    expect(renderShow(v, plain).join('\n')).not.toContain('braid answer');
  });

  test('plain lines and logs', () => {
    const closed = { how: 'answered', value: 'main', by: 'ann' } as const;
    const h = new History().start().say(gateNote(), gateNote({ closed }));
    const v = apply(new ViewBuilder('run-1'), 'run-1', h);
    expect(new EventFeed().next(v).slice(1).map(plainLine)).toEqual([
      '03:04:05  ask:1 waits for a person: Which branch?: braid answer run-1 ask:1 --value …',
      '03:04:05  ask:1 answered by ann: "main"',
    ]);
    expect(renderLogs(v, { color: false })).toEqual([
      '03:04:05  ask:1 waits for a person: Which branch?',
      '03:04:05  ask:1 answered by ann: "main"',
    ]);
  });

  test('what a script or a model asks, and what a person answers, cannot write to the terminal', () => {
    const evil = '\u001b[2J\u001b]0;owned\u0007a\u202e\r\nb';
    const schema = { description: evil };
    const gates = [
      gate({ gate: evil, question: evil, details: evil, schema }),
      gate({ gate: 'ask:2', question: evil, state: 'answered', value: evil, by: evil }),
    ];
    const v = waiting(gates);
    for (const lines of [renderView(v, screen), renderShow(v, plain)]) {
      expect(lines.join('')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
    }
    const h = new History()
      .start()
      .say(
        gateNote({ question: evil, gate: evil }),
        gateNote({ gate: evil, closed: { how: 'answered', value: evil, by: evil } }),
      );
    for (const line of new EventFeed().next(apply(new ViewBuilder('run-1'), 'run-1', h)).map(plainLine))
      expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
  });

  test('a long question is cut to the screen, never the frame broken', () => {
    const lines = renderView(waiting([gate({ question: '長い質問 '.repeat(400) })]), {
      ...screen,
      width: 40,
      height: 8,
    });
    expect(lines.length).toBeLessThanOrEqual(8);
    expect(lines[2]).toMatch(/^\? ask:1 waits for a person: 長い.*…$/);
  });

  test('braid list says `waiting`, painted without moving a column', () => {
    const run: RunSummary = {
      ...{ run: 'r', kind: 'batch', name: 'n', status: 'running' },
      ...{ waiting: true, startedAt: T0, endedAt: null },
    };
    const options = { width: 80, color: false, now: T0 + 60_000 };
    expect(shown(renderList([run, { ...run, waiting: false }], options))).toMatchInlineSnapshot(`
      "
      RUN  NAME  STATUS     TIME  STARTED  KIND
      r    n     waiting  1m 00s   1m ago  batch
      r    n     running  1m 00s   1m ago  batch
      "
    `);
    expect(renderList([run], { ...options, color: true })[1]).toMatch(/\u001b\[\d+mwaiting/);
  });
});

describe('a paused run says why, and with which command it goes on', () => {
  const paused = (extra: Partial<PauseView>): RunView => {
    const pause = { reason: 'limit', limit: null, text: null, since: T0, ...extra } as const;
    return viewOf([], { status: 'paused', pause });
  };

  test.each([
    [
      { reason: 'limit', limit: 'maxCalls' },
      'waits for a higher limit maxCalls: `braid limit review-3f2a --max-calls N`',
    ],
    [{ reason: 'limit', limit: 'maxUsd' }, '`braid limit review-3f2a --max-usd N`'],
    [{ reason: 'limit' }, 'waits for a higher limit: `braid limit review-3f2a --max-…`'],
    [{ reason: 'quota' }, 'paused: quota: the quota of a provider is used up'],
    [
      { reason: 'quota', text: 'openai says\u001b[2J no' },
      'paused: quota: openai says no; add credit, then `braid resume review-3f2a`',
    ],
    [{ reason: 'quota', text: 'paused: quota: no credit; then: x' }, 'paused: quota: no credit; then: x'],
    [{ reason: 'person' }, 'continue with `braid resume review-3f2a`'],
    [{ reason: 'unknown' }, 'continue with `braid resume review-3f2a`'],
  ] satisfies [Partial<PauseView>, string][])('%j', (pause, text) => {
    expect(renderShow(paused(pause), plain).join('\n')).toContain(text);
    expect(renderView(paused(pause), { ...screen, width: 120 }).join('\n')).toContain(text);
  });

  test('as a plain line', () => {
    const h = new History().start();
    h.add({ type: 'signaled', signal: 'pause' });
    const lines = new EventFeed().next(apply(new ViewBuilder('run-1'), 'run-1', h)).map(plainLine);
    expect(lines[1]).toBe('03:04:06  run paused, what is in flight goes on; continue with `braid resume run-1`');
  });
});
