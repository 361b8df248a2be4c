import { describe, expect, test } from 'vitest';
import { EventFeed } from '../../../client/view/events.ts';
import { ViewBuilder } from '../../../client/view/reduce.ts';
import type { Json } from '../../../protocol/json.ts';
import type { GateNote } from '../../../protocol/model-call.ts';
import { apply, gateNote, History, scriptResult, SCRIPT_INPUT, T0 } from './histories.ts';

const ANSWERED: GateNote['closed'] = { how: 'answered', value: 'main', by: 'ann' };

function view(history: History) {
  return apply(new ViewBuilder('run-1'), 'run-1', history);
}

describe('gates', () => {
  test('one that opens tells what is asked and which execution takes the answer', () => {
    const schema = { type: 'string', enum: ['main', 'next'] };
    const v = view(new History().start().say(gateNote({ schema, expiresAt: T0 + 60_000 })));
    expect(v.gates).toEqual([
      {
        ...{
          gate: 'ask:1',
          node: 'run-1',
          kind: 'ask',
          question: 'Which branch?',
          details: null,
          schema,
          digest: 'd1',
        },
        ...{ expiresAt: T0 + 60_000, state: 'open', value: null, by: null, openedAt: T0 + 500, closedAt: null },
      },
    ]);
    expect(v.status).toBe('running');
  });

  test.each(['answered', 'timeout', 'cancelled'] as const)('closes as %s, once', (how) => {
    const closed = gateNote({ closed: { how, value: how === 'cancelled' ? null : 'main', by: 'ann' } });
    const late = gateNote({ closed: { how: 'answered', value: 'other', by: 'bob' } });
    const v = view(
      new History()
        .start()
        .say(gateNote())
        .say({ ...closed, at: T0 + 900 })
        .say(late, gateNote()),
    );
    expect(v.gates).toHaveLength(1);
    expect(v.gates[0]).toMatchObject({
      state: how,
      value: how === 'cancelled' ? null : 'main',
      by: 'ann',
      closedAt: T0 + 900,
    });
  });

  test('of a node below the root belong to that node’s workflow, and are given up with it', () => {
    const builder = new ViewBuilder('run-1');
    const h = new History().start();
    const input = { parent: { tag: { address: 'workflow:1', label: 'w' } } };
    const id = h.add({ type: 'childInitiated', workflowId: 'run-1/workflow:1', workflowType: 'script', input });
    h.add({ type: 'childStarted', initiatedId: id });
    apply(builder, 'run-1', h);
    const child = new History(T0 + 1_000).start(SCRIPT_INPUT, 'child').say(gateNote({ gate: 'workflow:1/ask:1' }));
    expect(apply(builder, 'run-1/workflow:1', child).gates).toMatchObject([
      { gate: 'workflow:1/ask:1', node: 'run-1/workflow:1', state: 'open' },
    ]);
    child.add({ type: 'cancelled', details: null });
    expect(apply(builder, 'run-1/workflow:1', child).gates).toMatchObject([{ state: 'cancelled' }]);
  });

  test('nobody is asked for anything by a run that has ended, however it did', () => {
    for (const end of [
      { type: 'terminated', reason: '' },
      { type: 'completed', result: scriptResult() },
    ] as const) {
      const h = new History().start().say(gateNote());
      h.add(end);
      const v = view(h);
      expect(v.gates).toMatchObject([{ state: 'cancelled' }]);
      expect(v.story.map(({ type }) => type)).toEqual(['run.started', 'gate.opened', 'gate.closed', 'run.ended']);
    }
  });

  test('one whose end is in the result’s notes is answered', () => {
    const h = new History().start().say(gateNote());
    h.add({ type: 'completed', result: scriptResult({ notes: [gateNote({ closed: ANSWERED })] as unknown as Json }) });
    expect(view(h).gates).toMatchObject([{ state: 'answered', by: 'ann' }]);
  });

  test('each opens and closes in one event of its own, and is a line of the log', () => {
    const v = view(
      new History().start().say(gateNote({ kind: 'approve', details: 'rm x' }), gateNote({ closed: ANSWERED })),
    );
    const events = new EventFeed().next(v).slice(1);
    expect(events).toMatchObject([
      {
        ...{ type: 'gate.opened', gate: 'ask:1', node: 'run-1', kind: 'approve', question: 'Which branch?' },
        ...{ details: 'rm x', schema: null, digest: 'd1', expiresAt: null },
      },
      { type: 'gate.closed', gate: 'ask:1', node: 'run-1', state: 'answered', value: 'main', by: 'ann' },
    ]);
    expect(v.notes.map(({ kind }) => kind)).toEqual(['gate', 'gate']);
  });

  test('an unknown way of closing is a close; a note that names no gate is none', () => {
    const odd = gateNote({ closed: { how: 'delegated', value: 1, by: null } as never });
    const nameless = { kind: 'gate', text: '', at: 1, gate: { question: 'x' } } as never;
    expect(view(new History().start().say(gateNote(), odd, nameless)).gates).toMatchObject([{ state: 'cancelled' }]);
  });
});
