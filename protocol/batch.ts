/** A batch: one script over many items, each item a run of its own (`braid batch`). */
import type { CallTag } from './model-call.ts';
import type { Json, JsonObject } from './json.ts';
import type { ErrorInfo, RunStatus, Usage } from './outcome.ts';
import type { LargeValue } from './rlm.ts';
import type { RunLimits, RunModels, ScriptInput } from './run-input.ts';
import type { ScriptResult } from './script-result.ts';

/** Query of a `batch` workflow; answers with {@link BatchProgress}. */
export const BATCH_PROGRESS = 'progress';

/** Workflow id of an item's run. Items are numbered from 1. */
export function itemRun(batch: string, item: number): string {
  return `${batch}/item:${item}`;
}

/**
 * A payload as it stands on the wire, as text: `data` is the JSON of its bytes, or of a reference to them (store/payload-codec.ts).
 * A workflow passes it on without ever holding the value.
 */
export interface EncodedPayload {
  encoding: string;
  data: string;
}

/** Items in the store. */
export interface BatchItems {
  /** Blob that lists the pages (store/batches/items.ts). */
  manifest: string;
  total: number;
  /** Those among them that cannot be run. */
  invalid: number;
}

export interface BatchInput {
  name: string;
  file: string;
  sourceHash: string;
  models: RunModels;
  /** Of each item. */
  limits: RunLimits;
  /** What all items' runs have in common: a {@link ScriptInput} without args. */
  template: EncodedPayload;
  seed: string;
  items: BatchItems;
  /** Items in flight. */
  window: number;
  /** An item whose calls failed is no success. */
  strict: boolean;
  /** The earlier batch whose items are run again where they have no success. `cache`: what those items paid for is reused. */
  retry?: { batch: string; cache: boolean };
  /** When it continues as new: after so many events, and so long after that with what is at work then. */
  renewal: { events: number; drainMs: number };
  /** Where the run before this one left off; absent at the start. */
  state?: BatchState;
}

/** What a batch hands to itself when it continues as new. */
export interface BatchState {
  /** First item that was not begun; null: all were. */
  next: number | null;
  /** See {@link PageRequest}. */
  todo: string | null;
  /** Length of the results file. */
  bytes: number;
  /** Items that were begun by an earlier run of the batch and have not ended. */
  open: number[];
  paused: boolean;
  counts: BatchCounts;
  usage: Usage;
}

/** Items by the status of their line; an item without a line has not ended. */
export interface BatchCounts {
  completed: number;
  completed_with_failures: number;
  stopped: number;
  failed: number;
  cancelled: number;
  /** Of the failed ones: never run, because their line in the items file is bad. */
  invalid: number;
  /** Of all: taken over from the batch that is retried. */
  kept: number;
}

export const NO_COUNTS: BatchCounts = {
  completed: 0,
  completed_with_failures: 0,
  stopped: 0,
  failed: 0,
  cancelled: 0,
  invalid: 0,
  kept: 0,
};

/** Items that have a line. */
export function endedOf({ completed, completed_with_failures, stopped, failed, cancelled }: BatchCounts): number {
  return completed + completed_with_failures + stopped + failed + cancelled;
}

/** What differs from item to item; the rest of an item's {@link ScriptInput} is the template. */
export interface ItemInput extends Pick<ScriptInput, 'args' | 'hasArgs' | 'seed'> {
  resumeFrom?: string;
}

/** What an `item` workflow returns; a failed one carries it as `details[0]` of its failure, as a script does. */
export interface ItemResult extends ScriptResult {
  /** Set instead of `value` when that is too large to pass on. */
  large?: LargeValue;
}

/** One line of a results file. */
export interface ItemLine {
  /** From 1. */
  item: number;
  status: Extract<RunStatus, 'completed' | 'completed_with_failures' | 'stopped' | 'failed' | 'cancelled'>;
  /** `invalid`: its line in the items file is bad, so it was never run. */
  reason?: 'invalid';
  value: Json;
  /** A value that stands in the store: `value` is null then. */
  large?: LargeValue;
  error: ErrorInfo | null;
  usage: Usage;
  /** Workflow id of its run; null when it had none. */
  run: string | null;
}

/** Whether an item need not be run again. */
export function isSuccess({ status }: Pick<ItemLine, 'status'>, strict: boolean): boolean {
  return status === 'completed' || (status === 'completed_with_failures' && !strict);
}

/** Adds one line to the counts. */
export function countLine(counts: BatchCounts, { status, reason }: Pick<ItemLine, 'status' | 'reason'>): void {
  counts[status] += 1;
  if (reason === 'invalid') counts.invalid += 1;
}

export interface BatchProgress {
  total: number;
  counts: BatchCounts;
  running: number;
  paused: boolean;
  usage: Usage;
}

/** What a `batch` workflow returns, in the shape of any program's result; its values are in the results file. */
export interface BatchResult extends ScriptResult {
  value: JsonObject;
}

export interface OpenBatchRequest {
  manifest: string;
  retry: string;
  strict: boolean;
}

export interface OpenBatchResult {
  /** Blob that lists the items to run; see {@link PageRequest}. */
  todo: string;
  /** Length of the results file, which holds the lines of all other items. */
  bytes: number;
  counts: BatchCounts;
}

export interface PageRequest {
  manifest: string;
  /** First item wanted. */
  from: number;
  /** Blob with the items that are to be run ({@link Todo}); null: all. */
  todo: string | null;
  seed: string;
  /** Whether items that had a run before resume it. */
  resume: boolean;
}

/** Items to be run, in rising order, each with its latest run before; null: it never had one. */
export type Todo = [item: number, run: string | null][];

/** `own` is an {@link ItemInput}. */
export type PageItem = { item: number; own: EncodedPayload } | { item: number; invalid: string };

export interface Page {
  items: PageItem[];
  /** First item of the next page; null: there is none. */
  next: number | null;
}

export interface AppendRequest {
  /** Length of the results file before these lines. */
  at: number;
  lines: ItemLine[];
}

/** How an item's run ended that is no child of the batch's present run. */
export interface ItemEnd {
  item: number;
  /** Of a failed one: what its failure carried. Null: it ended without a result. */
  result: Json;
  /** Null for one that completed. */
  failure: { code: string; message: string; cancelled: boolean } | null;
}

/** Activities of batches, implemented in `activities/batch/`. */
export interface BatchActivities {
  /** Begins the results file of a retry with the lines that stay. Errors: BRAID_RUN_UNKNOWN, BRAID_STORE. */
  openBatch(tag: CallTag, request: OpenBatchRequest): Promise<OpenBatchResult>;
  /** Errors: BRAID_BLOB_MISSING, BRAID_BLOB_CORRUPT. */
  batchPage(tag: CallTag, request: PageRequest): Promise<Page>;
  /** Appends to the results file and gives its new length. Doing it again changes nothing. Errors: BRAID_STORE. */
  appendResults(tag: CallTag, request: AppendRequest): Promise<number>;
  /** Waits until some of these items' runs have ended, or a while. */
  awaitItems(tag: CallTag, request: { items: number[] }): Promise<ItemEnd[]>;
  /** Puts a value into the store that is too large to pass on. */
  keepValue(tag: CallTag, request: { value: Json }): Promise<LargeValue>;
}
