/** The contract of the `model` activity: one activity = one provider response (design §8). */
import type { PromptText } from './context.ts';
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
  | { kind: 'rateLimited'; retryAfterMs: number | null; message: string; requests: number };

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
}

/** A line of the run's story, carried by the next thing that is journalled anyway. */
export interface Note {
  kind: 'phase' | 'log' | 'warning' | 'null';
  text: string;
  /** Workflow time in ms. */
  at: number;
}

/** Heartbeat details of a model activity, for live views. */
export interface ModelHeartbeat {
  state: 'sent' | 'streaming' | 'waiting';
  outputTokens: number;
  requests: number;
}
