/** What a journal takes from the nodes below a run (G1 to G4 of histories/journal/gather.ts). */
import { describe, expect, test } from 'vitest';
import { childPath } from '../../../protocol/journal.ts';
import type { Json, JsonObject } from '../../../protocol/json.ts';
import { closeNode } from '../../../histories/journal/close.ts';
import { COUNTS, Events, failure, key, requestKey, said, tag, USAGE, World } from './world.ts';

const A = key('aa');
const AGENT = childPath(A, 'agent');
const RLM = childPath(A, 'rlm');
const READS = [{ kind: 'file' as const, what: 'x.ts', hash: 'h1' }];

function agentResult(extra: JsonObject = {}): JsonObject {
  const base = { ok: true, value: 'v', reason: null, error: null, degraded: false, usage: USAGE, reads: [], notes: [] };
  return { ...base, requests: 2, steps: 2, toolCalls: 1, rateLimited: 0, model: 'm', ...extra };
}

function nodeResult(extra: JsonObject = {}): JsonObject {
  const base = {
    status: 'completed',
    value: 'v',
    large: null,
    partial: null,
    error: null,
    usage: COUNTS,
    outcomes: [],
  };
  return { ...base, notes: [], unreported: null, ...extra };
}

const unwell = (reason: string, code: string) => agentResult({ ok: false, reason, error: { code, message: '' } });

/** An agent with two turns. */
function agentHistory(end?: Json): Events {
  const events = new Events('agent')
    .ask(requestKey('r1', AGENT), said('turn 1'))
    .ask(requestKey('r2', AGENT), said('turn 2'));
  if (end !== undefined) events.add({ type: 'completed', result: end });
  return events;
}

function rlmHistory(): Events {
  const input = { parent: { tag: tag(A), level: 1 } };
  return new Events('rlm', input)
    .ask(requestKey('q1', RLM), said('turn 1'))
    .ask(key('bb', { path: RLM }), said('leaf'));
}

/** A script that has one child, and that child's history. */
function worldOf(
  kind: string,
  child: Events | null,
  end?: (events: Events, id: number) => void,
  input: JsonObject = {},
): World {
  const world = new World();
  const root = new Events('script', input);
  const id = root.child(kind, A, 'run/child');
  end?.(root, id);
  world.runs.set('run', root);
  if (child !== null) world.runs.set('run/child', child);
  return world;
}

const done = (result: Json) => (events: Events, id: number) => void events.childDone(id, result);
const failed = (kind: 'cancelled' | 'terminated') => (events: Events, id: number) =>
  void events.add({ type: 'childFailed', initiatedId: id, failure: failure(kind) });

const TURNS = [`request ${AGENT}r1=turn 1`, `request ${AGENT}r2=turn 2`];

describe('agents', () => {
  test.each<[string, ReturnType<typeof done> | undefined, string[], boolean]>([
    ['G1: one that gave a value is whole, and its history stays unread', done(agentResult()), ['call aa="v"'], false],
    ['degraded', done(agentResult({ degraded: true })), ['call aa="v" degraded'], false],
    ['G2: one at work gives its turns', undefined, TURNS, true],
    ['G2: terminated', failed('terminated'), ['call aa!BRAID_CALL_LOST', ...TURNS], true],
    ['G2: cancelled', failed('cancelled'), ['call aa!BRAID_CALL_CANCELLED', ...TURNS], true],
    [
      'G2: refused by a limit',
      done(unwell('refused', 'BRAID_BUDGET_EXHAUSTED')),
      ['call aa!BRAID_BUDGET_EXHAUSTED', ...TURNS],
      true,
    ],
    ['G3: failed by its own turns', done(unwell('schema', 'BRAID_CALL_SCHEMA')), ['call aa!BRAID_CALL_SCHEMA'], false],
  ])('%s', async (_name, end, expected, read) => {
    const world = worldOf('agent', agentHistory(), end);
    expect((await world.words('run')).toSorted()).toEqual(expected.toSorted());
    expect(world.read.includes('run/child')).toBe(read);
  });

  test('one that ended when its parent was stopped already is whole', async () => {
    const world = worldOf('agent', agentHistory(agentResult()), (events) =>
      events.add({ type: 'terminated', reason: '' }),
    );
    expect(await world.words('run')).toEqual(['call aa="v"']);
  });

  test('its cost is what it spent and what was served in it', async () => {
    const world = worldOf('agent', null, done(agentResult({ replayed: USAGE })));
    expect((await world.entries(await world.open('run')))[0]?.usage).toEqual({
      inputTokens: 20,
      outputTokens: 4,
      usd: 1,
    });
  });

  test('a turn is kept as the provider gave it, without what only held then; waits are none', async () => {
    const events = new Events('agent').ask(requestKey('r1', AGENT), {
      kind: 'rateLimited',
      retryAfterMs: 1,
      message: '',
      requests: 1,
    });
    const {
      ms: _ms,
      notes: _notes,
      ...response
    } = said('x', { toolCalls: [{ id: '1', name: 'read', input: {} }], raw: { opaque: 1 } });
    events.ask(requestKey('r1', AGENT), { ...response, ms: 5, notes: ['n'] }, 1);
    const world = worldOf('agent', events);
    const entries = await world.entries(await world.open('run'));
    expect(entries.map(({ kind, value }) => ({ kind, value }))).toEqual([{ kind: 'request', value: response }]);
  });

  test('restarted: the latest child counts', async () => {
    const world = new World();
    const root = new Events('script');
    const first = root.child('agent', A, 'run/child');
    root.add({ type: 'childFailed', initiatedId: first, failure: failure('cancelled') });
    root.childDone(root.child('agent', A, 'run/child~2'), agentResult());
    world.runs.set('run', root);
    expect(await world.words('run')).toEqual(['call aa="v"']);
  });
});

describe('recursive language models and scripts', () => {
  const INSIDE = [`call ${RLM}bb="leaf"`, `request ${RLM}q1=turn 1`];

  test.each<[string, Json, string[]]>([
    ['clean: whole', nodeResult(), ['call aa="v"']],
    [
      'lost calls on the way',
      nodeResult({ usage: { ...COUNTS, failed: 1 }, outcomes: [{ address: 'x', code: 'BRAID_PROVIDER_FAILED' }] }),
      ['call aa!BRAID_PROVIDER_FAILED', ...INSIDE],
    ],
    [
      'stopped at a limit',
      nodeResult({ partial: 'why', usage: { ...COUNTS, refused: 2 } }),
      ['call aa!BRAID_BUDGET_EXHAUSTED', ...INSIDE],
    ],
    ['gave a partial answer', nodeResult({ partial: 'no turns left' }), ['call aa!BRAID_CALL_STEPS', ...INSIDE]],
    [
      'G3 is for agents only: a failed one gives its turns',
      nodeResult({ status: 'failed', error: { code: 'BRAID_SCRIPT_ERROR', message: '' } }),
      ['call aa!BRAID_SCRIPT_ERROR', ...INSIDE],
    ],
  ])('%s', async (_name, result, expected) => {
    const end = (events: Events, id: number) => {
      const status = (result as JsonObject)['status'];
      if (status !== 'failed') return void events.childDone(id, result);
      events.add({
        type: 'childFailed',
        initiatedId: id,
        failure: failure('application', 'BRAID_SCRIPT_ERROR', result),
      });
    };
    expect((await worldOf('rlm', rlmHistory(), end).words('run')).toSorted()).toEqual(expected.toSorted());
  });

  test('a large value stays a reference', async () => {
    const large = {
      text: { manifest: 'f'.repeat(64), part: 0, start: 0, end: 9 },
      length: 9,
      json: false,
      preview: 'p',
    };
    const world = worldOf('rlm', null, done(nodeResult({ value: null, large })));
    expect((await world.entries(await world.open('run')))[0]).toMatchObject({ value: null, large });
  });

  test('G2: the journal that it left serves when its history is gone', async () => {
    const world = worldOf('rlm', rlmHistory());
    const { journal } = await closeNode({ blobs: world.blobs, history: (id) => world.history(id) }, 'run/child');
    world.runs.delete('run/child');
    done(nodeResult({ partial: 'why', journal: { ...journal } }))(world.runs.get('run') ?? new Events('script'), 2);
    expect((await world.words('run')).toSorted()).toEqual(['call aa!BRAID_CALL_STEPS', ...INSIDE].toSorted());
  });

  test('G2: with neither, what its parent tells is all', async () => {
    expect(await worldOf('rlm', null, done(nodeResult({ partial: 'why' }))).words('run')).toEqual([
      'call aa!BRAID_CALL_STEPS',
    ]);
  });

  test('an agent below it is found by its path', async () => {
    const inner = key('cc', { path: RLM });
    const child = rlmHistory();
    child.childDone(child.child('agent', inner, 'run/child/agent'), agentResult());
    expect(await worldOf('rlm', child).words('run')).toContain(`call ${RLM}cc="v"`);
  });
});

describe('G4: what was read of the workspace', () => {
  const WORKSPACE = { workspace: { root: '/w', base: null } };

  function reader(): Events {
    const events = new Events('script', { ...WORKSPACE, parent: { tag: tag(A), level: 1 } });
    return events.childDone(
      events.child('agent', key('cc', { path: childPath(A, 'script') }), 'run/child/a'),
      agentResult({ reads: READS }),
    );
  }

  test('a clean script depends on all that was read below it', async () => {
    const world = worldOf('script', reader(), done(nodeResult()), WORKSPACE);
    expect((await world.entries(await world.open('run')))[0]?.reads).toEqual(READS);
  });

  test('by its journal, its history is not asked', async () => {
    const world = worldOf('script', reader(), undefined, WORKSPACE);
    const { journal } = await closeNode({ blobs: world.blobs, history: (id) => world.history(id) }, 'run/child');
    world.runs.delete('run/child');
    done(nodeResult({ journal: { ...journal } }))(world.runs.get('run') ?? new Events('script'), 2);
    const [entry] = await world.entries(await world.open('run'));
    expect(entry).toMatchObject({ kind: 'call', failed: null, reads: READS });
  });

  test('when it cannot be known any more, it is not listed whole', async () => {
    const world = worldOf('script', null, done(nodeResult()), WORKSPACE);
    expect(await world.words('run')).toEqual(['call aa!BRAID_JOURNAL']);
  });
});
