import { describe, expect, test } from 'vitest';
import type { Client } from '@temporalio/client';
import { defaultFailureConverter, defaultPayloadConverter } from '@temporalio/common';
import { readRun } from '../../../client/view/read.ts';
import { ViewBuilder } from '../../../client/view/reduce.ts';
import type { Json } from '../../../protocol/json.ts';
import { apply, History, SCRIPT_INPUT, scriptResult, tagOf } from './histories.ts';
import { rlmResult, usageJson } from './rlm-histories.ts';

const OUTCOME = {
  ...{
    address: 'rlm:1/llm:4',
    label: 'x',
    phase: null,
    reason: 'error',
    code: 'BRAID_PROVIDER_FAILED',
    message: 'HTTP 500',
  },
  ...{ model: null, attempts: 3 },
};
const BELOW = usageJson({
  calls: 20,
  requests: 25,
  replayed: 4,
  failed: 1,
  inputTokens: 900,
  outputTokens: 90,
  usd: 0.5,
});

/** A script that asked for one call of its own and for an RLM that has ended. */
function parent(): History {
  const h = new History().start();
  h.answer(h.ask(tagOf(2)));
  const input: Json = { parent: { tag: { address: 'rlm:1', label: 'deep' } }, asked: { head: 'why?', length: 4 } };
  const id = h.add({ type: 'childInitiated', workflowId: 'run-1/rlm:1', workflowType: 'rlm', input });
  h.add({ type: 'childStarted', initiatedId: id });
  h.add({ type: 'childCompleted', initiatedId: id, result: rlmResult({ usage: BELOW, outcomes: [OUTCOME] }) });
  h.task();
  return h;
}

describe('the history of a child that has ended is gone', () => {
  function gone(h: History) {
    const builder = new ViewBuilder('run-1');
    apply(builder, 'run-1', h);
    builder.missing('run-1/rlm:1', 'all');
    return { builder, v: builder.view() };
  }

  test('while the run goes on, totals and failures are those of its result', () => {
    const { builder, v } = gone(parent());
    expect(v.usage).toEqual({
      ...{ calls: 22, requests: 26, replayed: 4, failed: 1, refused: 0 },
      ...{ inputTokens: 1_000, outputTokens: 110, usd: 0.501 },
    });
    expect(v.nodes[1]).toMatchObject({
      address: 'rlm:1',
      state: 'done',
      iteration: 2,
      usage: { calls: 20, requests: 25 },
    });
    expect(v.outcomes).toEqual([OUTCOME]);
    expect(v.notices).toEqual([expect.stringContaining('the history of 1 node is gone')]);
    // It is not asked for again.
    expect(builder.openChildren()).toEqual([]);
  });

  test('when the run has ended, the same, and the failed call is shown', () => {
    const h = parent();
    const usage = usageJson({
      calls: 22,
      requests: 26,
      replayed: 4,
      failed: 1,
      inputTokens: 1_000,
      outputTokens: 110,
      usd: 0.501,
    });
    h.add({
      type: 'completed',
      result: scriptResult({ status: 'completed_with_failures', usage, outcomes: [OUTCOME] }),
    });
    const { builder } = gone(h);
    builder.finish();
    const v = builder.view();
    expect(v.usage).toEqual(usage);
    expect(v.outcomes).toEqual([OUTCOME]);
    expect(v.calls.find(({ address }) => address === 'rlm:1/llm:4')).toMatchObject({ state: 'failed' });
    expect(v.nodes[1]?.usage).toMatchObject({ calls: 20, requests: 25 });
  });

  test('only its first part: what the rest does not explain is in its result', () => {
    const builder = new ViewBuilder('run-1');
    apply(builder, 'run-1', parent());
    const rest = new History().start({ ...SCRIPT_INPUT, name: 'r' }, 'later');
    rest.answer(rest.ask({ ...tagOf(9), address: 'rlm:1/llm:9' }));
    rest.task();
    rest.add({ type: 'completed', result: rlmResult({ usage: BELOW, outcomes: [OUTCOME] }) });
    builder.missing('run-1/rlm:1', 'cut');
    const v = apply(builder, 'run-1/rlm:1', rest);
    expect(v.usage).toMatchObject({ calls: 22, requests: 26, inputTokens: 1_000 });
    expect(v.nodes[1]?.usage).toMatchObject({ calls: 20, requests: 25 });
  });
});

test('readRun asks for a child’s history, finds it gone, and says so', async () => {
  const server = new Map([
    [
      'run-1',
      [
        {
          workflowExecutionStartedEventAttributes: { workflowType: { name: 'script' }, input: payloads(SCRIPT_INPUT) },
        },
        {
          startChildWorkflowExecutionInitiatedEventAttributes: {
            workflowId: 'run-1/rlm:1',
            workflowType: { name: 'rlm' },
            input: payloads({ parent: { tag: { address: 'rlm:1', label: 'deep' } } }),
          },
        },
        { childWorkflowExecutionStartedEventAttributes: { initiatedEventId: 2 } },
        {
          childWorkflowExecutionCompletedEventAttributes: {
            initiatedEventId: 2,
            result: payloads(rlmResult({ usage: BELOW, outcomes: [OUTCOME] })),
          },
        },
      ],
    ],
  ]);
  const client = {
    options: {
      namespace: 'default',
      loadedDataConverter: {
        payloadConverter: defaultPayloadConverter,
        failureConverter: defaultFailureConverter,
        payloadCodecs: [],
      },
    },
    withDeadline: (_: number, ask: () => Promise<unknown>) => ask(),
    workflowService: {
      getWorkflowExecutionHistory: async ({ execution }: { execution: { workflowId: string } }) => {
        const events = server.get(execution.workflowId);
        if (events === undefined)
          throw Object.assign(new Error('rpc'), { code: 5, details: 'not found', metadata: {} });
        return { history: { events: events.map((event, i) => ({ eventId: i + 1, ...event })) } };
      },
    },
  } as unknown as Client;
  const v = await readRun(client, 'run-1');
  expect(v.usage).toMatchObject({ calls: 21, requests: 25, failed: 1 });
  expect(v.notices).toEqual([expect.stringContaining('gone')]);
});

function payloads(value: unknown) {
  return { payloads: [defaultPayloadConverter.toPayload(value)] };
}

describe('a batch', () => {
  const started = { type: 'started', workflowType: 'batch', taskQueue: 'braid-test', input: { name: 'all' } } as const;

  function batch(): { builder: ViewBuilder; h: History } {
    const h = new History();
    h.add({ ...started, runId: 'first' });
    for (const item of [1, 2, 3]) {
      const id = h.add({ type: 'childInitiated', workflowId: `run-1/item:${item}`, workflowType: 'item', input: null });
      h.add({ type: 'childStarted', initiatedId: id });
      if (item === 1) h.add({ type: 'childCompleted', initiatedId: id, result: scriptResult() });
    }
    return { builder: new ViewBuilder('run-1'), h };
  }

  test('shows its items, which are no calls, by their results; their histories are not read', () => {
    const { builder, h } = batch();
    const v = apply(builder, 'run-1', h);
    expect(v).toMatchObject({ kind: 'batch', name: 'all' });
    expect(v.nodes[0]?.kind).toBe('batch');
    expect(v.calls.map(({ address, kind, state }) => [address, kind, state])).toEqual([
      ['item:1', 'workflow', 'done'],
      ['item:2', 'workflow', 'running'],
      ['item:3', 'workflow', 'running'],
    ]);
    expect(v.usage).toMatchObject({ calls: 1, requests: 1, inputTokens: 100 });
    expect(builder.openChildren()).toEqual([]);
  });

  test('items that outlive a part of it end as the next part was told', () => {
    const { builder, h } = batch();
    h.add({ type: 'continuedAsNew', runId: 'second' });
    apply(builder, 'run-1', h);
    const next = new History();
    next.add({ ...started, runId: 'second' });
    const tag = { address: 'batch', label: 'batch' };
    const id = next.add({ type: 'activityScheduled', activity: 'awaitItems', activityId: 'wait', tag });
    const failure = { code: 'BRAID_SCRIPT_ERROR', message: 'boom', cancelled: false };
    const ends = [
      { item: 2, result: scriptResult(), failure: null },
      { item: 3, result: null, failure },
      { item: 99, result: null, failure },
      'nonsense',
    ];
    next.add({ type: 'activityCompleted', scheduledId: id, result: ends });
    const v = apply(builder, 'run-1', next);
    expect(v.calls.map(({ state }) => state)).toEqual(['done', 'done', 'failed']);
    expect(v.calls[2]?.error).toEqual({ reason: 'error', code: 'BRAID_SCRIPT_ERROR', message: 'boom' });
    expect(v.usage).toMatchObject({ calls: 2, requests: 2 });
  });
});
