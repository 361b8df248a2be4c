import { expect, test } from 'vitest';
import { childrenOf, refsOf } from '../../../histories/refs.ts';

const bytes = (text: string) => Buffer.from(text);
const [A, B, C] = ['a', 'b', 'c'].map((digit) => digit.repeat(64));

test('every hash in a payload, wherever it stands in an event; nothing else', () => {
  const history = {
    events: [
      {
        activityTaskScheduledEventAttributes: {
          input: {
            payloads: [
              { metadata: { encoding: bytes('json/braid-ref') }, data: bytes(`{"ref":"${A}","preview":"x"}`) },
            ],
          },
        },
      },
      {
        workflowExecutionFailedEventAttributes: {
          failure: {
            applicationFailureInfo: { details: { payloads: [{ data: bytes(`{"manifest":"${B}","also":"${C}"}`) }] } },
          },
        },
      },
      { markerRecordedEventAttributes: { details: { data: { payloads: [{ data: bytes('no hash: abc') }] } } } },
      { workflowTaskStartedEventAttributes: { identity: 'd'.repeat(64) } },
    ],
  };
  expect(refsOf(history)).toEqual(new Set([A, B, C]));
  expect(refsOf({})).toEqual(new Set());
});

test('children that were started, each once', () => {
  const started = (workflowId: string) => ({
    childWorkflowExecutionStartedEventAttributes: { workflowExecution: { workflowId } },
  });
  expect(childrenOf({ events: [started('r/a'), {}, started('r/b'), started('r/a')] })).toEqual(['r/a', 'r/b']);
});
