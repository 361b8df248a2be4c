import type { ReadRecord } from './activities.ts';
import type { Json } from './json.ts';
import type { Outcome, Spend } from './outcome.ts';
import type { Patch } from './overlay.ts';

/** How one agent call ended: the result of an `agent` child, and what an inline call comes to as well. */
export interface AgentResult {
  ok: boolean;
  value: Json;
  /** Why there is no value. */
  reason: Outcome['reason'] | null;
  error: { code: string; message: string } | null;
  /** True when the structured output came on the last try (DW-13). */
  degraded: boolean;
  usage: Spend;
  /** Requests sent to providers. */
  requests: number;
  /** Model turns that gave a response. */
  steps: number;
  toolCalls: number;
  /** 429 and overload answers met. */
  rateLimited: number;
  /** How many requests a worker let in flight since then; absent: none were refused, and in results of older builds. */
  width?: number;
  /** What its requests cost that were served from an earlier run; absent: none were. */
  replayed?: Spend;
  reads: ReadRecord[];
  notes: string[];
  model: string;
  /** Of an agent that may change files and gave a value: what it changed, null for nothing. Absent for all others. */
  patch?: Patch | null;
}
