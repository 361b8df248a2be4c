/**
 * Reuse of finished work (design §6): what names a call across runs, and the index of calls that an earlier run finished.
 *
 *  J1  A call is served when path, key and ordinal match. Nothing that only people see (label, phase, position) is in a key.
 *  J2  Failures are listed, so that views can tell them, and never served; they change nobody else's ordinal.
 *  J3  An index names all its values by content: it is whole for as long as the store keeps its blobs, whatever becomes of histories.
 */
import type { ReadRecord, SnapshotKey } from './activities.ts';
import type { Json } from './json.ts';
import type { Patch } from './overlay.ts';
import type { LargeValue } from './rlm.ts';
import type { Spend } from './outcome.ts';

/** Stands in every index: a key made by another version never matches. */
export const JOURNAL_VERSION = 1;

/** What names a call across runs. Travels in the {@link import('./model-call.ts').CallTag} of its activities and children. */
export interface CallKey {
  /**
   * Address of the node that asks: empty for the root, else its parent's with `kind:name.ordinal/` behind it. Stable across
   * runs, unlike the numbered addresses that people see.
   */
  path: string;
  /** Hash of all that the providers are sent for this call: 32 hex digits. */
  hash: string;
  /** The how-many-th call with that hash in that node, from 1. */
  ordinal: number;
  /** Hashes of the key's parts, for telling what changed: `prompt:12ab34 model:…`. */
  parts: string;
  /** The how-many-th call of its node it is, whatever its hash: where to look for what it was before an edit. */
  at: number;
  /** Tries of a structured output; null when text is wanted. Tells which answer ends a call that runs in its caller's history. */
  tries: number | null;
  /** Why it is not served from the journal of the run that this one resumes; absent where there is none. */
  live?: string;
}

/** `call`: an `agent()`, `llm_query()`, RLM or script. `request`: one model request of a node's own, an agent's or an RLM's turn. */
export interface JournalEntry extends Omit<CallKey, 'live'> {
  kind: 'call' | 'request';
  label: string;
  /** Place in the order in which the run's calls ended: smaller ended earlier. */
  seq: number;
  /** Code of its failure (J2); null for one that can be served. */
  failed: string | null;
  /** What it read of the workspace is another now: a call is then not served whole, its requests may be. */
  stale: boolean;
  /** Run that paid for it. */
  from: string;
  /** The value of a call, or the ModelResponse of a request. Null for failures. */
  value: Json;
  /** Of an RLM: names a value too large to be here. */
  large: LargeValue | null;
  usage: Spend;
  degraded: boolean;
  ms: number;
  reads: ReadRecord[];
  /** Of an agent that may change files, or of a node below which one did: what was changed, null for nothing. Absent for all others. */
  patch?: Patch | null;
}

/** What a resumed run's node gets to know of the journal. */
export interface JournalRef {
  /** Run whose calls are reused: workflow id. */
  run: string;
  /** Blob that holds the {@link JournalIndex}. */
  blob: string;
}

/** The blob behind a {@link JournalRef}. Entries lie in blobs of their own, each a JSON array of at most 512 KiB. */
export interface JournalIndex {
  version: number;
  run: string;
  calls: number;
  /** By path of the execution that asks; a script's nested workflows stand with it. */
  nodes: { [path: string]: string[] };
  /** Journals (blobs) of nodes that are listed whole, by their path: asked when the whole cannot be served. */
  children?: { [path: string]: string };
  /** What all of a child node's calls read of the workspace: its parent's entry for it depends on that. */
  reads?: ReadRecord[];
}

/** What a run leaves in the store when it closes: enough to resume from it when the server has deleted its histories. */
export interface KeptRun {
  /** Workflow id. */
  run: string;
  /** Id of the execution that closed. */
  runId: string;
  /** Name of its workflow: `script`, `rlm`. */
  workflowType: string;
  /** For people: the script's name, or the question. */
  name: string;
  /** Blob of what it was started with, as JSON. */
  input: string;
  /** Blob of its journal's index, and the version of that. */
  journal: string;
  journalVersion: number;
  /** Ms since 1970. */
  startedAt: number;
  endedAt: number;
}

/** Path of the node that answers a call. */
export function childPath(
  { path, hash, ordinal }: Pick<CallKey, 'path' | 'hash' | 'ordinal'>,
  kind: 'agent' | 'delegate' | 'rlm' | 'script',
): string {
  return `${path}${kind}:${hash.slice(0, 12)}.${ordinal}/`;
}

/** Begins the parts of a key that names a model request of a node's own. */
export const REQUEST_PARTS = 'request ';

export interface OpenJournalRequest {
  run: string;
  /** Key of the new run's snapshot, to see whether what agents read is unchanged; null when the new run has no workspace. */
  snapshot: SnapshotKey | null;
}

export interface OpenJournalResult {
  journal: JournalRef;
  /** Calls that can be served. */
  calls: number;
  /** What could not be read, for the run's log; absent: nothing. */
  notices?: string[];
}

export interface ReadJournalRequest {
  journal: JournalRef;
  path: string;
  /** Which of the path's blobs, from 0. */
  part: number;
}

export interface ReadJournalResult {
  entries: JournalEntry[];
  /** The next part, or null. */
  next: number | null;
}
