import { describe, expect, test } from 'vitest';
import { RlmStream, type RlmGenerateResult, type RlmStreamEvent } from '../../../client/rlm-stream.ts';
import { stepsOf } from '../../../client/rlm-steps.ts';
import { ViewBuilder } from '../../../client/view/reduce.ts';
import { BraidError } from '../../../protocol/errors.ts';
import type { RunView } from '../../../protocol/view.ts';
import { message } from '../view/histories.ts';
import { RlmHistory, rlmResult, tag } from '../view/rlm-histories.ts';

/** Views after every event of a run of two turns. */
function views(): RunView[] {
  const h = new RlmHistory().open().turn('I look first.\n```js\nprint(context.length)\n```\nThen I see.');
  h.cell('print(context.length)', { output: '1200000', outputChars: 7 });
  const call = h
    .turn('Now I ask.\n~~~js\nFINAL(await llm_query("q"))\n~~~')
    .cell('FINAL(await llm_query("q"))', { state: 'waiting' })
    .ask(tag('llm:1'));
  h.answer(call, message({ text: 'auth' }));
  h.task();
  h.settle(1, { final: { ok: true, value: 'auth' } });
  h.add({ type: 'completed', result: rlmResult({ value: 'auth' }) });
  const builder = new ViewBuilder('run-1');
  return h.events.map((event) => {
    builder.apply('run-1', event);
    return builder.view();
  });
}

const RESULT: RlmGenerateResult = {
  ...{
    text: `auth ${'x'.repeat(3_000)}`,
    value: 'auth',
    partial: null,
    iterations: 2,
    llmCallCount: 3,
    steps: [],
    run: 'run-1',
  },
  usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3, usd: null },
};

async function all<T>(stream: ReadableStream<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of stream) found.push(one);
  return found;
}

describe('steps', () => {
  test('are the turns that are over: words, code, output and sub-calls', () => {
    const [first, second] = stepsOf(views().at(-1)!);
    expect(first).toEqual({
      iteration: 1,
      reasoning: 'I look first.\n\nThen I see.',
      code: 'print(context.length)',
      output: '1200000',
      subCalls: [],
    });
    expect(second).toMatchObject({
      ...{ iteration: 2, reasoning: 'Now I ask.', code: 'FINAL(await llm_query("q"))' },
      subCalls: [{ address: 'llm:1', kind: 'llm', state: 'done', usage: { inputTokens: 100 }, error: null }],
    });
  });

  test('a step is never taken back, and none is told before its last cell has ended', () => {
    let known: string[] = [];
    for (const view of views()) {
      const steps = stepsOf(view).map((step) => JSON.stringify(step));
      expect(steps.slice(0, known.length)).toEqual(known);
      known = steps;
    }
    expect(known).toHaveLength(2);
  });

  test('an error is part of the output', () => {
    const error = { name: 'TypeError', message: 'no', code: null, line: 1, column: 1, frame: '' };
    const h = new RlmHistory().open().turn('x').cell('a', { output: 'before', error });
    h.turn('y');
    const builder = new ViewBuilder('run-1');
    for (const event of h.events) builder.apply('run-1', event);
    expect(stepsOf(builder.view())[0]?.output).toBe('before\nTypeError: no');
  });
});

describe('RlmStream', () => {
  test('textStream joined is the text, whoever reads when (T1, T3)', async () => {
    const stream = new RlmStream('run-1');
    for (const view of views()) stream.take(view);
    stream.finish(RESULT);
    const pieces = await all(stream.textStream);
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.join('')).toBe(RESULT.text);
    expect([await stream.text, await stream.iterations, await stream.llmCallCount, await stream.usage]).toEqual([
      RESULT.text,
      2,
      3,
      RESULT.usage,
    ]);
  });

  test('events come once and in order, whether views are many or one (T2)', async () => {
    const brief = (event: RlmStreamEvent) =>
      'iteration' in event
        ? `${event.type} ${event.iteration}`
        : event.type === 'finish-step'
          ? `finish-step ${event.step.iteration}`
          : event.type;
    const expected = [
      ...['start', 'start-step 1', 'reasoning-delta 1', 'cell 1', 'finish-step 1'],
      ...['start-step 2', 'reasoning-delta 2', 'cell 2', 'finish-step 2'],
      ...['text-delta', 'text-delta', 'text-delta', 'finish'],
    ];
    for (const some of [views(), views().slice(-1)]) {
      const stream = new RlmStream('run-1');
      for (const view of some) stream.take(view);
      stream.finish(RESULT);
      expect((await all(stream.fullStream)).map(brief)).toEqual(expected);
      expect(stream.steps.map((step) => step.iteration)).toEqual([1, 2]);
    }
  });

  test('a failed run ends both streams with its error, also when nobody listens (T3)', async () => {
    const stream = new RlmStream('run-1');
    stream.fail(new BraidError('BRAID_PROVIDER_REFUSED', 'again and again'));
    await expect(all(stream.textStream)).rejects.toThrow('again and again');
    expect((await all(stream.fullStream)).at(-1)).toMatchObject({ type: 'error' });
    await expect(stream.text).rejects.toThrow('again and again');
    await expect(stream.result).rejects.toThrow('again and again');
  });

  test('a reader that lets go does not stop the run’s own end', async () => {
    const stream = new RlmStream('run-1');
    await stream.textStream.cancel();
    await stream.fullStream.cancel();
    for (const view of views()) stream.take(view);
    stream.finish(RESULT);
    expect((await stream.result).text).toBe(RESULT.text);
  });
});
