/** Updates of a node: answers to its gates (DW-51), and steering of its calls (DW-52). */
import type { Json } from './json.ts';

/**
 * Refused with BRAID_GATE_UNKNOWN, BRAID_GATE_CLOSED (answered, timed out or given up), BRAID_ANSWER_STALE (the digest is of something
 * else than what the gate shows) or BRAID_ANSWER_INVALID (against its schema; an approval wants true or false).
 */
export interface AnswerRequest {
  /** Address of the gate: see GateNote. */
  gate: string;
  /** Digest of what the person was shown; null: not compared. */
  digest: string | null;
  value: Json;
  /** Who answers, for the record. */
  by: string | null;
}

/** Refused with BRAID_CALL_NOT_OPEN when no such call runs or waits in that node. */
export interface SteerRequest {
  /** Address of the call. */
  address: string;
  /** `skip`: it ends without a value, reason `skipped`. `restart`: what it did is given up and it begins anew. */
  action: 'skip' | 'restart';
}
