/** What a raw history names in the store, without decoding any value of it. */
import type { temporal } from '@temporalio/proto';

type RawHistory = temporal.api.history.v1.IHistory;

const REF = /[0-9a-f]{64}/g;

/**
 * Every hash in the payloads of a history: the references that the payload codec left (store/payload-codec.ts), and those that stand in
 * small values. Some may be no blob's name; none that is one is left out.
 */
export function refsOf(history: RawHistory): Set<string> {
  const refs = new Set<string>();
  const waiting: unknown[] = [history.events ?? []];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (value instanceof Uint8Array) {
      const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1');
      for (const ref of text.match(REF) ?? []) refs.add(ref);
    } else if (typeof value === 'object' && value !== null) {
      for (const member of Object.values(value))
        if (typeof member === 'object' && member !== null) waiting.push(member);
    }
  }
  return refs;
}

/** Workflow ids of the children that an execution started. */
export function childrenOf(history: RawHistory): string[] {
  const ids = (history.events ?? []).map(
    ({ childWorkflowExecutionStartedEventAttributes: started }) => started?.workflowExecution?.workflowId,
  );
  return [...new Set(ids.filter((id) => typeof id === 'string'))];
}
