/** Where a session's turns are sent (workflows/rlm/session.ts). */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { CallTag } from '../../../protocol/model-call.ts';
import type { ReplOpen, ReplStepRequest, ReplStepResult, ReplTurn } from '../../../protocol/repl.ts';
import { ReplSession } from '../../../workflows/rlm/session.ts';

const sent: { id: string; queue: string | null; request: ReplStepRequest }[] = [];
const results: Partial<ReplStepResult>[] = [];

vi.mock('@temporalio/workflow', async (load) => ({
  ...(await load<object>()),
  workflowInfo: () => ({ workflowId: 'run', firstExecutionRunId: 'r' }),
}));
vi.mock('../../../workflows/activities.ts', () => ({
  activities: {
    replStep: (_tag: CallTag, id: string, queue: string | null, request: ReplStepRequest) => {
      sent.push({ id, queue, request });
      return Promise.resolve(results.shift());
    },
  },
}));

const TAG: CallTag = { address: 'root', label: 'cell 1', phase: null, model: null, turn: 0 };
const TURN = { kind: 'cell', cell: 1, code: '1' } as ReplTurn;
const OPEN = { question: 'q' } as ReplOpen;
const ran = (queue: string, near?: true): Partial<ReplStepResult> => ({
  ...{ kind: 'ran', queue, undone: false, calls: [], faults: [] },
  ...(near === undefined ? {} : { near }),
});

async function take(session: ReplSession, ...given: Partial<ReplStepResult>[]): Promise<void> {
  results.push(...given);
  await session.take(TURN, TAG, `cell:${session.turns.length + 1}`);
}

const places = () => sent.map(({ id, queue, request: { holder, rebuild } }) => [id, queue, holder, rebuild !== null]);

beforeEach(() => {
  sent.length = 0;
  results.length = 0;
});

describe('J4: the place of a turn', () => {
  it("is the session's queue, where nothing else is known", async () => {
    const session = new ReplSession(OPEN);
    await take(session, ran('own'));
    await take(session, ran('own'));
    expect(places()).toEqual([
      ['cell:1', null, undefined, true],
      ['cell:2', 'own', undefined, false],
    ]);
  });

  it('is the queue of all, with the name of the holder, where that leads to the same worker', async () => {
    const session = new ReplSession(OPEN);
    await take(session, ran('own', true));
    await take(session, ran('own', true));
    await take(session, ran('own'));
    await take(session, ran('own'));
    expect(places().slice(1)).toEqual([
      ['cell:2', null, 'own', false],
      ['cell:3', null, 'own', false],
      ['cell:4', 'own', undefined, false],
    ]);
  });

  it("is the session's queue for good, once a turn strayed; nothing is lost or built anew", async () => {
    const session = new ReplSession(OPEN);
    await take(session, ran('own', true));
    await take(session, { kind: 'elsewhere' }, ran('own', true));
    await take(session, ran('own', true));
    expect(places().slice(1)).toEqual([
      ['cell:2', null, 'own', false],
      ['cell:2~2', 'own', undefined, false],
      ['cell:3', 'own', undefined, false],
    ]);
    expect(sent.map(({ request }) => [request.token, request.version])).toEqual([
      ['r.0', 0],
      ['r.0', 1],
      ['r.0', 1],
      ['r.0', 2],
    ]);
  });

  it('is the queue of all, with the journal, when the session was lost', async () => {
    const session = new ReplSession(OPEN);
    await take(session, ran('own', true));
    await take(session, { kind: 'lost', fault: null, crashed: false }, ran('other', true));
    await take(session, ran('other', true));
    expect(places().slice(1)).toEqual([
      ['cell:2', null, 'own', false],
      ['cell:2~2', null, undefined, true],
      ['cell:3', null, 'other', false],
    ]);
  });
});
