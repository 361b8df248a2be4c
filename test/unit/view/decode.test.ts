import { defaultFailureConverter, defaultPayloadConverter, type PayloadCodec } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { EventDecoder } from '../../../histories/decode.ts';
import { PayloadReader } from '../../../histories/payloads.ts';
import { BraidError } from '../../../protocol/errors.ts';

type RawEvent = Parameters<EventDecoder['decode']>[0];

const payload = (value: unknown) => defaultPayloadConverter.toPayload(value);
const payloads = (...values: unknown[]) => ({ payloads: values.map(payload) });
const PLAIN = payload(null).metadata ?? {};

/** Payloads as a codec leaves them, and what such a codec makes of them again: plain ones are not shown to codecs. */
const wrapped = (...values: unknown[]) => ({
  payloads: values.map((value) => ({ ...payload(value), metadata: { encoding: new TextEncoder().encode('test') } })),
});
const unwrap: PayloadCodec['decode'] = async (list) => list.map((one) => ({ ...one, metadata: PLAIN }));

function reader(...payloadCodecs: PayloadCodec[]): PayloadReader {
  return new PayloadReader({
    payloadConverter: defaultPayloadConverter,
    failureConverter: defaultFailureConverter,
    payloadCodecs,
  });
}

/** Event ids and seconds come as Long objects from the wire; anything with that text will do. */
function raw(id: number, attributes: Partial<RawEvent>): RawEvent {
  return { eventId: id as never, eventTime: { seconds: 1_700_000_000 as never, nanos: 250_000_000 }, ...attributes };
}

describe('EventDecoder', () => {
  test('reads only the tag of an activity, however broken its other arguments are', async () => {
    const seen: number[] = [];
    const codec: PayloadCodec = {
      encode: async (list) => list,
      decode: async (list) => {
        seen.push(list.length);
        return unwrap(list);
      },
    };
    const decoder = new EventDecoder(reader(codec));
    const input = wrapped({ address: 'agent:1' }, { prompt: 'huge' });
    const event = await decoder.decode(
      raw(5, {
        activityTaskScheduledEventAttributes: { activityId: 'agent:1#1', activityType: { name: 'model' }, input },
      }),
    );
    expect(event).toEqual({
      id: 5,
      at: 1_700_000_000_250,
      type: 'activityScheduled',
      activity: 'model',
      activityId: 'agent:1#1',
      tag: { address: 'agent:1' },
    });
    expect(seen).toEqual([1]);
  });

  test('reads results of model and snapshot activities, and leaves what tools gave unread', async () => {
    const decoder = new EventDecoder(reader());
    const results = [];
    for (const [id, name] of [
      [1, 'model'],
      [2, 'tool'],
      [3, 'snapshot'],
    ] as const) {
      decoder.note(raw(id, { activityTaskScheduledEventAttributes: { activityType: { name } } }));
      const event = await decoder.decode(
        raw(10 + id, {
          activityTaskCompletedEventAttributes: { scheduledEventId: id as never, result: payloads({ name }) },
        }),
      );
      results.push(event.type === 'activityCompleted' ? event.result : 'wrong');
    }
    expect(results).toEqual([{ name: 'model' }, null, { name: 'snapshot' }]);
  });

  test('keeps the tag of an agent’s input, not its prompt', async () => {
    const input = payloads({ tag: { address: 'agent:2' }, task: { prompt: 'x'.repeat(10_000) } });
    const event = await new EventDecoder(reader()).decode(
      raw(4, {
        startChildWorkflowExecutionInitiatedEventAttributes: {
          workflowId: 'r/agent:2',
          workflowType: { name: 'agent' },
          input,
        },
      }),
    );
    expect(event).toMatchObject({
      type: 'childInitiated',
      workflowId: 'r/agent:2',
      workflowType: 'agent',
      input: { address: 'agent:2' },
    });
  });

  test('reads a local activity’s name and result from its marker, and no other markers', async () => {
    const details = {
      data: payloads({ activity_type: 'note', seq: 1 }),
      result: payloads([{ kind: 'log', text: 'hi', at: 1 }]),
    };
    const decoder = new EventDecoder(reader());
    const marker = await decoder.decode(
      raw(6, { markerRecordedEventAttributes: { markerName: 'core_local_activity', details } }),
    );
    expect(marker).toMatchObject({
      type: 'localActivity',
      activity: 'note',
      result: [{ kind: 'log', text: 'hi', at: 1 }],
    });
    const patched = await decoder.decode(
      raw(7, { markerRecordedEventAttributes: { markerName: 'core_patch', details } }),
    );
    expect(patched.type).toBe('other');
  });

  test('unwraps failures to the cause that tells code and details', async () => {
    const cause = {
      message: 'HTTP 500',
      applicationFailureInfo: { type: 'BRAID_PROVIDER_FAILED', details: payloads({ requests: 3 }) },
    };
    const failure = { message: 'Activity task failed', activityFailureInfo: {}, cause };
    const decoder = new EventDecoder(reader());
    const event = await decoder.decode(
      raw(8, { activityTaskFailedEventAttributes: { scheduledEventId: 5 as never, failure } }),
    );
    expect(event).toMatchObject({
      type: 'activityFailed',
      scheduledId: 5,
      failure: { kind: 'application', code: 'BRAID_PROVIDER_FAILED', message: 'HTTP 500', details: { requests: 3 } },
    });
    const lost = { message: 'activity Heartbeat timeout', timeoutFailureInfo: { timeoutType: 4 } };
    const timedOut = await decoder.decode(
      raw(9, { activityTaskTimedOutEventAttributes: { scheduledEventId: 5 as never, failure: lost } }),
    );
    expect(timedOut).toMatchObject({ failure: { kind: 'timeout', timeout: 'heartbeat' } });
  });

  test('an unreadable payload becomes null and one notice per cause', async () => {
    const gone: PayloadCodec = {
      encode: async (list) => list,
      decode: async () => {
        throw new BraidError('BRAID_BLOB_MISSING', 'no blob');
      },
    };
    const payloadReader = reader(gone);
    const decoder = new EventDecoder(payloadReader);
    for (const id of [1, 2]) {
      const event = await decoder.decode(
        raw(id, { workflowExecutionCompletedEventAttributes: { result: wrapped({ a: 1 }) } }),
      );
      expect(event).toMatchObject({ type: 'completed', result: null });
    }
    expect(payloadReader.notices).toEqual([expect.stringContaining('BRAID_HOME')]);
  });

  test('codecs are undone last first', async () => {
    const order: string[] = [];
    const codec = (name: string): PayloadCodec => ({
      encode: async (list) => list,
      decode: async (list) => {
        order.push(name);
        return name === 'first' ? unwrap(list) : list;
      },
    });
    expect(await reader(codec('first'), codec('last')).at(wrapped(1), 0)).toBe(1);
    expect(order).toEqual(['last', 'first']);
  });
});

describe('steering', () => {
  const decode = (attributes: Partial<RawEvent>) => new EventDecoder(reader()).decode(raw(3, attributes));

  test('the input of a signal is read when it changes limits, and of no other', async () => {
    const signal = (signalName: string) =>
      decode({ workflowExecutionSignaledEventAttributes: { signalName, input: payloads({ maxCalls: 5 }) } });
    expect(await signal('limits')).toMatchObject({ type: 'signaled', signal: 'limits', input: { maxCalls: 5 } });
    expect(await signal('grant')).not.toHaveProperty('input');
  });

  test('the state that an execution writes for lists is read, whether it comes alone or as a list; other attributes are not', async () => {
    const upsert = (indexedFields: { [name: string]: ReturnType<typeof payload> }) =>
      decode({ upsertWorkflowSearchAttributesEventAttributes: { searchAttributes: { indexedFields } } });
    expect(await upsert({ BraidState: payload(['paused']) })).toMatchObject({ type: 'stateChanged', state: 'paused' });
    expect(await upsert({ BraidState: payload('waiting') })).toMatchObject({ type: 'stateChanged', state: 'waiting' });
    expect((await upsert({ Other: payload(['paused']) })).type).toBe('other');
  });

  test('a question of a person counts when it was carried out', async () => {
    const decoder = new EventDecoder(reader());
    const accept = (id: number, name: string) =>
      decoder.decode(
        raw(id, {
          workflowExecutionUpdateAcceptedEventAttributes: {
            acceptedRequest: { input: { name, args: payloads({ gate: 'ask:1', value: 5 }) } },
          },
        }),
      );
    const complete = (id: number, accepted: number, outcome: object) =>
      decoder.decode(
        raw(id, { workflowExecutionUpdateCompletedEventAttributes: { acceptedEventId: accepted as never, outcome } }),
      );
    expect((await accept(5, 'answer')).type).toBe('other');
    await accept(6, 'answer');
    await accept(7, 'theirs');
    expect(await complete(8, 5, { success: payloads(null) })).toMatchObject({
      ...{ type: 'updated', update: 'answer', request: { gate: 'ask:1', value: 5 } },
    });
    expect((await complete(9, 6, { failure: { message: 'closed' } })).type).toBe('other');
    expect((await complete(10, 7, { success: payloads(null) })).type).toBe('other');
    expect((await complete(11, 99, { success: payloads(null) })).type).toBe('other');
  });

  test('a start tells which run of a chain it begins', async () => {
    const attributes = {
      workflowType: { name: 'script' },
      originalExecutionRunId: 'r2',
      input: payloads({ name: 'x' }),
    };
    const event = await decode({ workflowExecutionStartedEventAttributes: attributes });
    expect(event).toMatchObject({ type: 'started', runId: 'r2', input: { name: 'x' } });
  });
});

describe('RLMs', () => {
  const scheduled = (activityType: string, activityId: string, request: unknown) =>
    raw(7, {
      activityTaskScheduledEventAttributes: {
        activityId,
        activityType: { name: activityType },
        input: payloads({ address: 'root' }, request),
      },
    });
  const requestOf = async (decoder: EventDecoder, event: RawEvent) => {
    const decoded = await decoder.decode(event);
    return decoded.type === 'activityScheduled' ? decoded.request : 'wrong';
  };

  test('the request of a step is read when it begins a cell, and prompts only when they are asked for', async () => {
    const decoder = new EventDecoder(reader());
    const request = { turn: { kind: 'cell', code: 'x' } };
    expect(await requestOf(decoder, scheduled('replStep', 'root/cell:1', request))).toEqual(request);
    expect(await requestOf(decoder, scheduled('replStep', 'rlm:2/cell:12~2', request))).toEqual(request);
    expect(await requestOf(decoder, scheduled('replStep', 'root/cell:1.1', request))).toBeUndefined();
    expect(await requestOf(decoder, scheduled('model', 'root#1', { messages: [] }))).toBeUndefined();
    const withPrompts = new EventDecoder(reader(), { prompts: true });
    expect(await requestOf(withPrompts, scheduled('model', 'root#1', { messages: [] }))).toEqual({ messages: [] });
  });

  test('of a program’s input only the members that views use are kept', async () => {
    const input = payloads({
      name: 'q',
      question: 'huge',
      agents: { a: 'x'.repeat(9_000) },
      rlm: { depth: 1 },
      parent: { tag: 1 },
    });
    const event = await new EventDecoder(reader()).decode(
      raw(4, {
        startChildWorkflowExecutionInitiatedEventAttributes: {
          workflowId: 'r/rlm:1',
          workflowType: { name: 'rlm' },
          input,
        },
      }),
    );
    expect(event).toMatchObject({
      type: 'childInitiated',
      input: { name: 'q', rlm: { depth: 1 }, parent: { tag: 1 } },
    });
    expect(JSON.stringify(event)).not.toContain('xxx');
  });
});
