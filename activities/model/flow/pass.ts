/** What a request and its governor say to each other. */
import type { BudgetName } from './rate-headers.ts';

export interface Clock {
  /** Ms that only ever grow. */
  now(): number;
  /** Calls back once; gives the function that prevents it. */
  after(ms: number, call: () => void): () => void;
}

/** What a request takes of each budget. */
export type Need = Readonly<Record<BudgetName, number>>;

export interface Entry {
  /** Id of the root run. */
  run: string;
  /** Asked for only when the provider tells of its budgets. */
  need(): Need;
  signal: AbortSignal;
}

export interface Refusal {
  retryAfterMs: number | null;
  message: string;
  /** For want of credit, not of patience. */
  quota: boolean;
}

/** How a request ended: answered, refused, or in a way that tells nothing of the provider's budgets. */
export type End = { how: 'answered' } | { how: 'failed' } | ({ how: 'refused' } & Refusal);

export type Beginning = Pick<Response, 'ok' | 'headers'>;

/** Leave to send one request. */
export interface Pass {
  kind: 'pass';
  /** The response began. */
  began(response: Beginning): void;
  /** Gives the pass back; a second time does nothing. */
  end(end: End): void;
}

/** The request is not to be sent now. */
export interface Hold {
  kind: 'hold';
  retryAfterMs: number;
  message: string;
  /** As in a ModelResponse. */
  paced: boolean;
  quota: boolean;
}

/** A request on its way: the how-many-th, and since when. */
export interface Sent {
  number: number;
  at: number;
}
