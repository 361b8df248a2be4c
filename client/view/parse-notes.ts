/** The lines of a run's story as histories hold them; like parse.ts, never throws. */
import { isJsonObject, type Json, type JsonObject } from '../../protocol/json.ts';
import type { GateNote, Note, ReplayedCall } from '../../protocol/model-call.ts';
import { cap, count, list, text } from '../../histories/parse-json.ts';
import { parseSpend } from './parse-spend.ts';

const KINDS: readonly Note['kind'][] = ['phase', 'log', 'warning', 'null', 'replayed', 'gate'];
const CALLS: readonly ReplayedCall['kind'][] = ['agent', 'llm', 'rlm', 'workflow'];
type Closed = NonNullable<GateNote['closed']>;
const ENDS: readonly Closed['how'][] = ['answered', 'timeout', 'cancelled'];

/** A note about a call or a gate that does not tell which one is dropped. */
export function parseNotes(json: Json | undefined): Note[] {
  return list(json).flatMap((item) => {
    if (!isJsonObject(item) || typeof item.text !== 'string') return [];
    const kind = oneOf(KINDS, item.kind);
    if (kind === null) return [];
    const note = { kind, text: item.text, at: count(item.at) };
    if (kind === 'replayed') {
      const call = parseReplayed(item.call);
      return call === null ? [] : [{ ...note, call }];
    }
    if (kind !== 'gate') return [note];
    const gate = parseGate(item.gate);
    return gate === null ? [] : [{ ...note, gate }];
  });
}

function parseReplayed(json: Json | undefined): ReplayedCall | null {
  if (!isJsonObject(json) || typeof json.address !== 'string') return null;
  return {
    address: json.address,
    kind: oneOf(CALLS, json.kind) ?? 'agent',
    label: text(json.label) ?? json.address,
    phase: text(json.phase),
    model: text(json.model),
    from: text(json.from) ?? '',
    usage: parseSpend(json.usage),
  };
}

function parseGate(json: Json | undefined): GateNote | null {
  if (!isJsonObject(json) || typeof json.gate !== 'string') return null;
  const { closed } = json;
  return {
    gate: json.gate,
    kind: json.kind === 'approve' ? 'approve' : 'ask',
    question: text(json.question) ?? '',
    details: text(json.details),
    schema: isJsonObject(json.schema) ? json.schema : null,
    digest: text(json.digest) ?? '',
    expiresAt: cap(json.expiresAt),
    closed: isJsonObject(closed) ? parseClosed(closed) : null,
  };
}

/** A way of ending that this build does not know is an end all the same. */
function parseClosed({ how, value = null, by }: JsonObject): Closed {
  return { how: oneOf(ENDS, how) ?? 'cancelled', value, by: text(by) };
}

function oneOf<T extends string>(known: readonly T[], json: Json | undefined): T | null {
  return known.find((name) => name === json) ?? null;
}
