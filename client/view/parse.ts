/**
 * Histories hold JSON that some version of Braid wrote: every reader here takes any JSON and gives a whole value or null, and
 * never throws, so that an old or foreign history still shows what it can.
 */
import type { SnapshotInfo } from '../../protocol/activities.ts';
import { isJsonObject, type Json, type JsonObject } from '../../protocol/json.ts';
import type { CallTag, ModelHeartbeat } from '../../protocol/model-call.ts';
import type { ErrorInfo, Outcome, OutcomeReason, RunStatus, Spend, Usage } from '../../protocol/outcome.ts';
import { parsePatch, type Patch } from '../../protocol/overlay.ts';
import type { RunLimits } from '../../protocol/run-input.ts';
import type { ScriptResult } from '../../protocol/script-result.ts';
import { cap, count, list, object, text } from '../../histories/parse-json.ts';
import { parseNotes } from './parse-notes.ts';
import { parseSaved, parseSpend } from './parse-spend.ts';

/** A tag as views use it. */
export interface SeenTag extends Omit<CallTag, 'key'> {
  /** Why the call is not served from the journal of the run that is resumed. */
  why: string | null;
}

export function parseTag(json: Json): SeenTag | null {
  if (!isJsonObject(json) || typeof json.address !== 'string') return null;
  return {
    address: json.address,
    label: text(json.label) ?? json.address,
    phase: text(json.phase),
    model: text(json.model),
    turn: count(json.turn),
    notes: parseNotes(json.notes),
    why: text(object(json.key).live),
  };
}

/** What a view needs of an answered model activity. */
export interface Answer {
  requests: number;
  usage: Spend;
  toolCalls: number;
  /** The provider wants us to wait; the call will ask again. */
  rateLimited: boolean;
  /** A structured output that did not fit its schema, or `none` when nothing was submitted. */
  submit: 'valid' | 'invalid' | 'none';
  text: string;
}

export function parseAnswer(json: Json): Answer {
  const o = object(json);
  const submit = isJsonObject(o.submit) ? (o.submit.valid === true ? 'valid' : 'invalid') : 'none';
  return {
    requests: count(o.requests),
    usage: parseSpend(o.usage),
    toolCalls: list(o.toolCalls).length,
    rateLimited: o.kind === 'rateLimited',
    submit,
    text: text(o.text) ?? '',
  };
}

/** What a view needs of an agent's result. */
export interface AgentEnd {
  ok: boolean;
  error: { reason: OutcomeReason; code: string; message: string } | null;
  usage: Spend;
  requests: number;
  steps: number;
  toolCalls: number;
  model: string | null;
  /** What its requests cost that were served from an earlier run. */
  saved: Spend | null;
  /** Undefined: it may change nothing. */
  patch: Patch | null | undefined;
}

/** An agent child wraps its result together with what it used of its lease. */
export function parseAgentEnd(json: Json): AgentEnd | null {
  if (!isJsonObject(json)) return null;
  if (isJsonObject(json.result) && json.ok === undefined) return parseAgentEnd(json.result);
  if (typeof json.ok !== 'boolean') return null;
  const error = isJsonObject(json.error) ? json.error : {};
  return {
    ok: json.ok,
    error: json.ok
      ? null
      : {
          reason: parseReason(json.reason),
          code: text(error.code) ?? 'BRAID_INTERNAL',
          message: text(error.message) ?? '',
        },
    usage: parseSpend(json.usage),
    requests: count(json.requests),
    steps: count(json.steps),
    toolCalls: count(json.toolCalls),
    model: text(json.model),
    saved: parseSaved(json.replayed),
    patch: json.patch === undefined ? undefined : parsePatch(json.patch),
  };
}

export function parseScriptResult(json: Json): ScriptResult | null {
  if (!isJsonObject(json) || !isRunStatus(json.status)) return null;
  const patch = parsePatch(json.patch);
  return {
    status: json.status,
    value: json.value ?? null,
    error: parseError(json.error),
    usage: parseUsage(json.usage),
    outcomes: list(json.outcomes).flatMap(parseOutcome),
    notes: parseNotes(json.notes),
    unreported: null,
    ...(isJsonObject(json.replayed) ? { replayed: parseSpend(json.replayed) } : {}),
    ...(patch === null ? {} : { patch }),
  };
}

/** The parts of a ScriptInput that views show. */
export interface StartInfo {
  name: string | null;
  file: string | null;
  sourceHash: string | null;
  meta: JsonObject | null;
  args: Json;
  model: string | null;
  limits: RunLimits | null;
  workspaceRoot: string | null;
  resumeFrom: string | null;
}

export function parseStart(json: Json): StartInfo {
  const o = object(json);
  return {
    name: text(o.name),
    file: text(o.file),
    sourceHash: text(o.sourceHash),
    meta: isJsonObject(o.meta) ? o.meta : null,
    args: o.args ?? null,
    model: isJsonObject(o.models) ? text(o.models.main) : null,
    limits: parseLimits(o.limits),
    workspaceRoot: isJsonObject(o.workspace) ? text(o.workspace.root) : null,
    resumeFrom: text(o.resumeFrom),
  };
}

export function parseSnapshot(json: Json): SnapshotInfo | null {
  if (!isJsonObject(json) || typeof json.hash !== 'string') return null;
  return { files: count(json.files), bytes: count(json.bytes), hash: json.hash, ms: count(json.ms) };
}

export function parseHeartbeat(json: Json): ModelHeartbeat | null {
  if (!isJsonObject(json)) return null;
  const { state } = json;
  if (state !== 'sent' && state !== 'streaming' && state !== 'waiting') return null;
  return { state, outputTokens: count(json.outputTokens), requests: count(json.requests) };
}

/** `details[0]` of a model activity's failure: what the failed tries cost. */
export function parseFailureCost(json: Json): { requests: number; usage: Spend } {
  const o = object(json);
  return { requests: count(o.requests), usage: parseSpend(o.usage) };
}

export function parseError(json: Json | undefined): ErrorInfo | null {
  if (!isJsonObject(json) || typeof json.code !== 'string') return null;
  return {
    code: json.code,
    message: text(json.message) ?? '',
    ...(typeof json.fix === 'string' ? { fix: json.fix } : {}),
    ...(typeof json.line === 'number' ? { line: json.line } : {}),
    ...(typeof json.column === 'number' ? { column: json.column } : {}),
    ...(typeof json.frame === 'string' ? { frame: json.frame } : {}),
  };
}

export function parseOutcome(json: Json): Outcome[] {
  if (!isJsonObject(json) || typeof json.address !== 'string') return [];
  return [
    {
      address: json.address,
      label: text(json.label) ?? json.address,
      phase: text(json.phase),
      reason: parseReason(json.reason),
      code: text(json.code) ?? 'BRAID_INTERNAL',
      message: text(json.message) ?? '',
      model: text(json.model),
      attempts: count(json.attempts),
    },
  ];
}

function parseUsage(json: Json | undefined): Usage {
  const o = object(json);
  return {
    calls: count(o.calls),
    requests: count(o.requests),
    replayed: count(o.replayed),
    failed: count(o.failed),
    refused: count(o.refused),
    ...parseSpend(o),
  };
}

function parseLimits(json: Json | undefined): RunLimits | null {
  if (!isJsonObject(json) || typeof json.concurrency !== 'number') return null;
  return {
    concurrency: count(json.concurrency),
    maxCalls: count(json.maxCalls),
    maxRequests: cap(json.maxRequests),
    ...(json.maxInputTokens === undefined ? {} : { maxInputTokens: cap(json.maxInputTokens) }),
    maxOutputTokens: cap(json.maxOutputTokens),
    maxUsd: cap(json.maxUsd),
    maxTimeMs: cap(json.maxTimeMs),
    maxDepth: count(json.maxDepth),
    onLimit: json.onLimit === 'pause' ? 'pause' : 'stop',
  };
}

/** New limits of a signal laid over those there are; what is no number changes nothing. */
export function withLimits(limits: RunLimits | null, json: Json | undefined): RunLimits | null {
  if (limits === null) return null;
  const o = object(json);
  const given = CAPS.flatMap((name): [string, number][] => {
    const value = cap(o[name]);
    return value === null || value < 0 ? [] : [[name, value]];
  });
  return { ...limits, ...Object.fromEntries(given) };
}

const CAPS = ['maxCalls', 'maxRequests', 'maxInputTokens', 'maxOutputTokens', 'maxUsd', 'maxTimeMs'] as const;

const REASONS: readonly string[] = [
  'error',
  'refused',
  'skipped',
  'cancelled',
  'timeout',
  'schema',
] satisfies OutcomeReason[];
const STATUSES: readonly string[] = [
  'running',
  'paused',
  'completed',
  'completed_with_failures',
  'stopped',
  'failed',
  'cancelled',
] satisfies RunStatus[];

function parseReason(json: Json | undefined): OutcomeReason {
  return typeof json === 'string' && REASONS.includes(json) ? (json as OutcomeReason) : 'error';
}

function isRunStatus(json: Json | undefined): json is RunStatus {
  return typeof json === 'string' && STATUSES.includes(json);
}
