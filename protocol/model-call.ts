/** The contract of the `model` activity: one activity = one provider response (design §8). */
import type { PromptText } from './context.ts';
import type { OfferedTool } from './effects.ts';
import type { CallKey } from './journal.ts';
import type { Json, JsonObject } from './json.ts';
import type { Spend } from './outcome.ts';

/** A message of a conversation. Tool calls and their results pair by `id`. */
export type ModelMessage =
  /** References to texts in the store are read by the activity. */
  | { role: 'user'; text: PromptText }
  | {
      role: 'assistant';
      text: string;
      toolCalls: ToolCall[];
      /** Opaque provider parts (reasoning) to send back. */ raw?: Json;
    }
  | { role: 'tool'; results: ToolResult[] };

export interface ToolCall {
  id: string;
  name: string;
  input: Json;
}

export interface ToolResult {
  id: string;
  name: string;
  output: string;
  isError: boolean;
}

export interface ModelRequest {
  /** `provider/model`, resolved. */
  model: string;
  system: string | null;
  messages: ModelMessage[];
  /** Names of Braid tools the model may call, besides `submit`. Their schemas live with their activities. */
  tools: string[];
  /** Those among them that are not Braid's own. */
  toolSpecs?: OfferedTool[];
  /** JSON Schema of the structured output; the model must end by calling `submit` with it. */
  schema: JsonObject | null;
  effort: 'low' | 'medium' | 'high' | 'xhigh' | 'max' | null;
  temperature: number | null;
  maxOutputTokens: number;
  /** Silence of the stream that counts as a stall, in ms. */
  stallMs: number;
  /** Transport tries, the first included. */
  tries: number;
}

/** A finished response, or word that the provider wants us to wait. */
export type ModelResponse =
  | {
      kind: 'message';
      text: string;
      /** Calls of Braid tools. `submit` is not among them. */
      toolCalls: ToolCall[];
      raw?: Json;
      /** Present when `submit` was called: its input, judged against the schema. */
      submit: { valid: true; value: Json } | { valid: false; problem: string; id: string; input: Json } | null;
      finish: 'stop' | 'length' | 'tool-calls' | 'content-filter' | 'error' | 'other';
      usage: Spend;
      requestId: string | null;
      ms: number;
      /** Requests sent to the provider for this response, those of dead attempts included. */
      requests: number;
      /** Notes for people, for example `effort` that the provider does not know. */
      notes: string[];
    }
  | {
      kind: 'rateLimited';
      retryAfterMs: number | null;
      message: string;
      /** 0: nothing was sent, this worker knew that it would be refused. */
      requests: number;
      /** The provider is well, its budget of the minute is used up: waiting for it is no sign of a provider that gave up. */
      paced?: true;
      /** The account has no credit: waiting alone does not help. */
      quota?: true;
      /** How many requests this worker now lets in flight; absent as long as nothing was refused, and from older builds. */
      width?: number;
    };

/** `details[0]` of the ApplicationFailure that a model activity fails with; its `type` is a Braid error code. */
export interface ModelFailureDetails {
  requests: number;
  usage: Spend;
  fix?: string;
}

/** First argument of every activity: who asks, small enough to stay in history so that views need no blob. */
export interface CallTag {
  /** Address of the call in the run's tree, for example `agent:3` or `workflow:1/agent:2`. */
  address: string;
  label: string;
  phase: string | null;
  model: string | null;
  /** How many requests this call has made before this activity: 0 for its first turn. */
  turn: number;
  /** What the script said since the last activity (design §3.5). */
  notes?: Note[];
  /** Names the call across runs; absent for what is never reused. */
  key?: CallKey;
}

/** A line of the run's story, carried by the next thing that is journalled anyway. */
export interface Note {
  kind: 'phase' | 'log' | 'warning' | 'null' | 'replayed' | 'gate';
  text: string;
  /** Workflow time in ms. */
  at: number;
  /** `replayed`: a call that was served from an earlier run; no activity tells of it. */
  call?: ReplayedCall;
  /** `gate`: a place where the run waits for a person, as it opens and as it closes. */
  gate?: GateNote;
}

export interface ReplayedCall {
  address: string;
  kind: 'agent' | 'llm' | 'rlm' | 'workflow';
  label: string;
  phase: string | null;
  model: string | null;
  /** Run that paid for it. */
  from: string;
  /** What it cost then. */
  usage: Spend;
}

/** `closed` is null while it is open. */
export interface GateNote {
  /** Unique in the run: the address of the call. */
  gate: string;
  kind: 'ask' | 'approve';
  question: string;
  /** What is to be approved, as text. */
  details: string | null;
  schema: JsonObject | null;
  /** Hash of all that is shown: an answer is bound to it. */
  digest: string;
  /** Ms since 1970; null: it waits for ever. */
  expiresAt: number | null;
  closed: { how: 'answered' | 'timeout' | 'cancelled'; value: Json; by: string | null } | null;
}

/** Heartbeat details of a model activity, for live views. */
export interface ModelHeartbeat {
  state: 'sent' | 'streaming' | 'waiting';
  outputTokens: number;
  requests: number;
}
