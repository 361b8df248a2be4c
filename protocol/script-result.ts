import type { JournalRef } from './journal.ts';
import type { Json } from './json.ts';
import type { Note } from './model-call.ts';
import type { ErrorInfo, Outcome, RunStatus, Spend, Usage } from './outcome.ts';
import type { Patch } from './overlay.ts';

/** What a `script` workflow returns; a failed one carries it as `details[0]` of its ApplicationFailure. */
export interface ScriptResult {
  status: RunStatus;
  value: Json;
  error: ErrorInfo | null;
  usage: Usage;
  outcomes: Outcome[];
  /** What was said since the last activity. */
  notes: Note[];
  /** What a child's parent has not been charged yet; null where nothing is capped (workflows/ledger/child-lease.ts, C2). */
  unreported: { requests: number; spend: Spend } | null;
  /** What was served from an earlier run cost then; absent: nothing was. */
  replayed?: Spend;
  /** The node's own journal, kept beyond its history; absent for runs of older builds and when it could not be written. */
  journal?: JournalRef;
  /** All that its agents changed and the script kept; absent: nothing. */
  patch?: Patch;
}
