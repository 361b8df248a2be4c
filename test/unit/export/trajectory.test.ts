/** Against what the `rlms` logger writes: rlm/core/types.py `to_dict`, rlm/logger, and the types of its visualiser. */
import type { Client } from '@temporalio/client';
import { defaultFailureConverter, defaultPayloadConverter } from '@temporalio/common';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { trajectoryLines } from '../../../client/export/trajectory.ts';
import { ViewBuilder } from '../../../client/view/reduce.ts';
import type { DecodedEvent } from '../../../histories/decoded.ts';
import { openStore } from '../../../store/blobs.ts';
import { textRefOf } from '../../../store/contexts/refs.ts';
import type { RunView } from '../../../protocol/view.ts';
import { apply, message, T0 } from '../view/histories.ts';
import { RlmHistory, rlmInput, rlmResult, tag } from '../view/rlm-histories.ts';

const store = openStore(mkdtempSync(join(tmpdir(), 'braid-trajectory-')));
const payloads = (...values: unknown[]) => ({
  payloads: values.map((value) => defaultPayloadConverter.toPayload(value)),
});

/** The wire's form of the events that exports read. */
function wire(event: DecodedEvent) {
  const time = { seconds: Math.floor(event.at / 1000), nanos: (event.at % 1000) * 1e6 };
  const base = { eventId: event.id, eventTime: time };
  switch (event.type) {
    case 'activityScheduled': {
      const { activity, activityId } = event;
      return {
        ...base,
        activityTaskScheduledEventAttributes: {
          activityId,
          activityType: { name: activity },
          input: payloads(event.tag, event.request),
        },
      };
    }
    case 'activityCompleted':
      return {
        ...base,
        activityTaskCompletedEventAttributes: { scheduledEventId: event.scheduledId, result: payloads(event.result) },
      };
    case 'childInitiated':
      return {
        ...base,
        startChildWorkflowExecutionInitiatedEventAttributes: {
          workflowId: event.workflowId,
          workflowType: { name: event.workflowType },
          input: payloads(event.input),
        },
      };
    case 'childCompleted':
      return {
        ...base,
        childWorkflowExecutionCompletedEventAttributes: {
          initiatedEventId: event.initiatedId,
          result: payloads(event.result),
        },
      };
    default:
      return base;
  }
}

function clientOf(histories: { [workflowId: string]: RlmHistory }): Client {
  return {
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
      getWorkflowExecutionHistory: async ({ execution }: { execution: { workflowId: string } }) => ({
        history: { events: histories[execution.workflowId]?.events.map(wire) ?? [] },
        nextPageToken: null,
      }),
    },
  } as unknown as Client;
}

/** A model request with its prompt, answered. */
function say(h: RlmHistory, id: number, request: unknown, answer: ReturnType<typeof message>): void {
  Object.assign(h.events[id - 1]!, { request });
  h.answer(id, answer);
  h.task();
}

async function example() {
  const long = 'A long part. '.repeat(1_000);
  const ref = await textRefOf(store, long);
  const root = new RlmHistory().open(
    rlmInput({ rlm: { model: 'openai/root', subModel: 'openai/leaf', maxIterations: 20, depth: 2 } }),
  );
  const first = [{ role: 'user', text: 'Question and context.' }];
  say(
    root,
    root.turnAsked(),
    { system: 'You are in a REPL.', messages: first },
    message({ text: 'I ask.\n```js\nawait ask()\n```' }),
  );
  root.cell('await ask()', { state: 'waiting' });
  say(
    root,
    root.ask(tag('llm:1', { label: 'part 1' })),
    { system: null, messages: [{ role: 'user', text: ['Sum up: ', ref] }] },
    message({ text: 'short' }),
  );
  const tool = root.add({ type: 'activityScheduled', activity: 'userTool', activityId: 'tool:1', tag: tag('tool:1') });
  root.add({ type: 'activityCompleted', scheduledId: tool, result: null });
  const child = root.child(
    'rlm:1',
    rlmInput({
      parent: { tag: tag('rlm:1', { model: 'openai/root' }), level: 1 },
      asked: { head: 'Deeper?', length: 7 },
    }),
  );
  const low = new RlmHistory('rlm:1', T0 + 60_000).open();
  say(low, low.turnAsked(), { system: null, messages: [{ role: 'user', text: 'Deeper?' }] }, message({ text: 'done' }));
  low.cell('FINAL({n: 3})', { final: { ok: true, value: { n: 3 } } });
  low.add({ type: 'completed', result: rlmResult({ value: { n: 3 } }) });
  root.add({ type: 'childCompleted', initiatedId: child, result: rlmResult({ value: { n: 3 } }) });
  root.settle(1, {
    output: 'asked',
    outputChars: 5,
    error: { name: 'TypeError', message: 'x', code: null, line: 1, column: 1, frame: '> 1' },
    variables: [{ name: 'a', type: 'string', size: 1, preview: '"b"' }],
  });
  const second = [
    ...first,
    { role: 'assistant', text: 'I ask.', toolCalls: [{ id: '1', name: 'run', input: { code: 'await ask()' } }] },
    { role: 'tool', results: [{ id: '1', name: 'run', output: 'asked', isError: false }] },
  ];
  say(root, root.turnAsked(), { system: 'You are in a REPL.', messages: second }, message({ text: 'Now.' }));
  root.cell('FINAL("auth")', { final: { ok: true, value: 'auth' } });
  root.add({ type: 'completed', result: rlmResult({ value: 'auth' }) });
  const builder = new ViewBuilder('run-1');
  apply(builder, 'run-1', root);
  const view = apply(builder, 'run-1/rlm:1', low);
  return { view, client: clientOf({ 'run-1': root, 'run-1/rlm:1': low }), long };
}

async function linesOf({ view, client }: { view: RunView; client: Client }, address = 'root') {
  const lines: { [key: string]: unknown }[] = [];
  for await (const line of trajectoryLines(client, view, address, store)) lines.push(JSON.parse(JSON.stringify(line)));
  return lines;
}

describe('a trajectory in the format of rlms', () => {
  test('the first line is about the run', async () => {
    const [metadata, ...rest] = await linesOf(await example());
    expect(metadata).toEqual({
      ...{
        type: 'metadata',
        timestamp: '2026-01-02T03:04:05.000Z',
        root_model: 'openai/root',
        max_depth: 2,
        max_iterations: 20,
      },
      ...{
        backend: 'openai',
        backend_kwargs: { model_name: 'root' },
        environment_type: 'quickjs',
        environment_kwargs: {},
        other_backends: null,
      },
    });
    expect(rest.map((line) => [line.type, line.iteration])).toEqual([
      ['iteration', 1],
      ['iteration', 2],
    ]);
  });

  test('an iteration has the members that the logger writes, times in seconds', async () => {
    const [, first, second] = await linesOf(await example());
    expect(Object.keys(first!)).toEqual([
      'type',
      'iteration',
      'timestamp',
      'prompt',
      'response',
      'code_blocks',
      'final_answer',
      'iteration_time',
    ]);
    expect(first!.prompt).toEqual([
      { role: 'system', content: 'You are in a REPL.' },
      { role: 'user', content: 'Question and context.' },
    ]);
    expect(first).toMatchObject({
      response: expect.stringContaining('I ask.'),
      final_answer: null,
      iteration_time: expect.any(Number),
    });
    const [block] = first!.code_blocks as { code: string; result: { [key: string]: unknown } }[];
    expect(block).toMatchObject({
      code: 'await ask()',
      result: { stdout: 'asked', stderr: 'TypeError: x\n> 1', locals: { a: '"b"' }, final_answer: null },
    });
    expect(Object.keys(block!.result)).toEqual([
      'stdout',
      'stderr',
      'locals',
      'execution_time',
      'rlm_calls',
      'final_answer',
    ]);
    expect(second).toMatchObject({
      final_answer: 'auth',
      code_blocks: [{ result: { final_answer: 'auth', stderr: '' } }],
    });
    expect(second!.prompt).toMatchObject([
      {},
      {},
      { role: 'assistant', content: 'I ask.\n\n```js\nawait ask()\n```' },
      { role: 'user', content: 'asked' },
    ]);
  });

  test('sub-calls carry prompt, answer and usage; of texts by reference the text', async () => {
    const wanted = await example();
    const [, first] = await linesOf(wanted);
    const calls = (first!.code_blocks as { result: { rlm_calls: { [key: string]: unknown }[] } }[])[0]!.result
      .rlm_calls;
    expect(calls).toHaveLength(2);
    expect(calls[0]).toEqual({
      root_model: 'openai/leaf',
      prompt: `Sum up: ${wanted.long}`,
      response: 'short',
      usage_summary: {
        model_usage_summaries: {
          'openai/leaf': { total_calls: 1, total_input_tokens: 100, total_output_tokens: 20, total_cost: 0.001 },
        },
        total_cost: 0.001,
      },
      ...{ prompt_tokens: 100, completion_tokens: 20, execution_time: expect.any(Number) },
    });
  });

  test('a recursive call carries its own trajectory', async () => {
    const [, first] = await linesOf(await example());
    const calls = (first!.code_blocks as { result: { rlm_calls: { [key: string]: unknown }[] } }[])[0]!.result
      .rlm_calls;
    expect(calls[1]).toMatchObject({
      prompt: 'Deeper?',
      response: '{"n":3}',
      metadata: {
        run_metadata: { root_model: 'openai/root' },
        iterations: [{ iteration: 1, response: 'done', final_answer: '{"n":3}' }],
      },
    });
  });

  test('of a node below, by its address; of none that is not there', async () => {
    const wanted = await example();
    expect((await linesOf(wanted, 'rlm:1')).map((line) => line.type)).toEqual(['metadata', 'iteration']);
    await expect(linesOf(wanted, 'llm:1')).rejects.toThrow('no RLM at llm:1');
  });
});
