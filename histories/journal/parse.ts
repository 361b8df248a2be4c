/**
 * What a journal needs of JSON that some version of Braid wrote into a history or a blob: each reader takes any JSON, gives a
 * whole value or null, and never throws.
 */
import { isTextRef } from '../../protocol/context.ts';
import type { CallKey, JournalRef } from '../../protocol/journal.ts';
import { isJsonObject, type Json, type JsonObject } from '../../protocol/json.ts';
import { parsePatch, type Patch } from '../../protocol/overlay.ts';
import type { LargeValue } from '../../protocol/rlm.ts';
import { addSpend, NO_SPEND, type Spend } from '../../protocol/outcome.ts';
import type { ReadRecord } from '../../protocol/activities.ts';
import { count, list, object, text } from '../parse-json.ts';

/** The members of a CallTag that name a call. Null: it is never reused. */
export function parseTag(
  json: Json | undefined,
): { key: CallKey; label: string; address: string; turn: number } | null {
  if (!isJsonObject(json)) return null;
  const key = parseKey(json.key);
  if (key === null) return null;
  const address = text(json.address) ?? '';
  return { key, label: text(json.label) ?? address, address, turn: count(json.turn) };
}

export function parseKey(json: Json | undefined): CallKey | null {
  if (!isJsonObject(json)) return null;
  const { path, hash, ordinal, parts, at, tries } = json;
  if (typeof path !== 'string' || typeof hash !== 'string' || typeof ordinal !== 'number') return null;
  return {
    path,
    hash,
    ordinal,
    parts: text(parts) ?? '',
    at: count(at),
    tries: typeof tries === 'number' ? tries : null,
  };
}

export function parseSpend(json: Json | undefined): Spend {
  if (!isJsonObject(json)) return NO_SPEND;
  const usd = typeof json.usd === 'number' && Number.isFinite(json.usd) ? json.usd : null;
  return { inputTokens: count(json.inputTokens), outputTokens: count(json.outputTokens), usd };
}

/** A finished answer of a model; null for one that asks to wait, and for what cannot be read here. */
export interface Answer {
  text: string;
  /** How many tools it called. */
  tools: number;
  submit: { valid: true; value: Json } | { valid: false } | null;
  finish: string;
  usage: Spend;
  /** The ModelResponse without what only holds for the time it was made: `ms` and `notes`. */
  response: JsonObject;
}

export function parseAnswer(json: Json): Answer | null {
  if (!isJsonObject(json) || json.kind !== 'message' || typeof json.text !== 'string') return null;
  const { ms: _ms, notes: _notes, ...response } = json;
  const submit = isJsonObject(json.submit) ? json.submit : null;
  return {
    text: json.text,
    tools: list(json.toolCalls).length,
    submit:
      submit === null ? null : submit.valid === true ? { valid: true, value: submit.value ?? null } : { valid: false },
    finish: text(json.finish) ?? 'other',
    usage: parseSpend(json.usage),
    response,
  };
}

/** How an agent's or a program's workflow ended. */
export interface ChildEnd {
  /** Code of why it gave no value that can be reused whole; null when it did. */
  failed: string | null;
  /** Why it gave none, as its outcome tells it: `cancelled`, `refused`, … */
  reason: string | null;
  value: Json;
  large: LargeValue | null;
  usage: Spend;
  degraded: boolean;
  reads: ReadRecord[];
  journal: JournalRef | null;
  /** What it changed, null for nothing; undefined: it could not change anything. */
  patch: Patch | null | undefined;
}

/** An AgentResult. Null when it is none. */
export function parseAgentEnd(json: Json): ChildEnd | null {
  if (!isJsonObject(json) || typeof json.ok !== 'boolean') return null;
  return {
    failed: json.ok ? null : (text(object(json.error).code) ?? 'BRAID_INTERNAL'),
    reason: text(json.reason),
    value: json.value ?? null,
    large: null,
    usage: addSpend(parseSpend(json.usage), parseSpend(json.replayed)),
    degraded: json.degraded === true,
    reads: parseReads(json.reads),
    journal: null,
    patch: json.patch === undefined ? undefined : parsePatch(json.patch),
  };
}

/**
 * A ScriptResult or RlmResult. One that ended regularly but lost calls on the way counts as failed: run again it may come to more.
 * Null when it is none.
 */
export function parseNodeEnd(json: Json): ChildEnd | null {
  if (!isJsonObject(json) || !isJsonObject(json.usage) || typeof json.status !== 'string') return null;
  const { usage } = json;
  const refused = count(usage.refused) > 0;
  const clean = !isJsonObject(json.error) && text(json.partial) === null && count(usage.failed) === 0 && !refused;
  const first = text(object(list(json.outcomes)[0]).code);
  const code = text(object(json.error).code) ?? first ?? (refused ? 'BRAID_BUDGET_EXHAUSTED' : 'BRAID_CALL_STEPS');
  return {
    failed: clean ? null : code,
    reason: null,
    value: json.value ?? null,
    large: parseLarge(json.large),
    usage: addSpend(parseSpend(usage), parseSpend(json.replayed)),
    degraded: false,
    reads: [],
    journal: parseJournalRef(json.journal),
    patch: json.patch === undefined ? undefined : parsePatch(json.patch),
  };
}

/** A DelegateResult: a node's, with what the agent itself came to and read. Null when it is none. */
export function parseDelegateEnd(json: Json): ChildEnd | null {
  const end = parseNodeEnd(json);
  const { reason, degraded, reads } = object(object(json).agent);
  return end === null ? null : { ...end, reason: text(reason), degraded: degraded === true, reads: parseReads(reads) };
}

/** Codes of the calls of an ended node that gave no value, by address. */
export function parseOutcomes(json: Json): Map<string, string> {
  return new Map(
    list(object(json).outcomes).flatMap((outcome): [string, string][] => {
      const { address, code } = object(outcome);
      return typeof address === 'string' && typeof code === 'string' ? [[address, code]] : [];
    }),
  );
}

export function parseJournalRef(json: Json | undefined): JournalRef | null {
  const { run, blob } = object(json);
  return typeof run === 'string' && typeof blob === 'string' ? { run, blob } : null;
}

export function parseReads(json: Json | undefined): ReadRecord[] {
  return list(json).flatMap((item): ReadRecord[] => {
    const { kind, what, hash, overlay } = object(item);
    if (typeof what !== 'string' || typeof hash !== 'string' || !isReadKind(kind)) return [];
    return [{ kind, what, hash, ...(typeof overlay === 'string' ? { overlay } : {}) }];
  });
}

export function parseLarge(json: Json | undefined): LargeValue | null {
  if (!isJsonObject(json) || !isTextRef(json.text)) return null;
  const { manifest, part, start, end } = json.text;
  return {
    text: { manifest, part, start, end },
    length: count(json.length),
    json: json.json === true,
    preview: text(json.preview) ?? '',
  };
}

function isReadKind(json: Json | undefined): json is ReadRecord['kind'] {
  return json === 'file' || json === 'list' || json === 'search' || json === 'diff' || json === 'git';
}
