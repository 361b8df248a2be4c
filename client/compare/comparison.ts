/**
 * What `braid compare -o json` prints: one task done by a script and by a model in a REPL, from real runs.
 *
 *  C1  Calls, requests, tokens, USD, status and times are those of the runs' views, untouched: `braid show RUN -o json` of a run that is
 *      named here says the same.
 *  C2  What models saw is read from the same histories, as `braid show RUN --trajectory` reads it: answered requests, with all that was
 *      sent of text.
 *  C3  Fields are only ever added; a change of meaning changes `v`. Times are ms since 1970, or ms since the run began where it says so.
 */
import type { Json } from '../../protocol/json.ts';
import type { ErrorInfo, RunStatus, Usage } from '../../protocol/outcome.ts';
import type { CallKind, CallState, NodeView } from '../../protocol/view.ts';

export interface Comparison {
  v: 1;
  /** Names the comparison: its runs are `ID-workflow-1`, `ID-rlm-1` and so on. */
  id: string;
  task: string;
  context: ComparedContext;
  /** Into how many the script cuts the context. */
  pieces: number;
  repetitions: number;
  models: { main: string; sub: string };
  /** Those of the models that are rule programs of Braid's own, and no language models. */
  offline: string[];
  workflow: Side;
  rlm: Side;
  /** Whether all answers, of both sides, are the same; null when there are not two to compare. */
  sameAnswer: boolean | null;
}

export interface ComparedContext {
  names: string[];
  /** How many texts it has. */
  parts: number;
  /** Characters and lines, as the script got them: several texts in one, each below its name. */
  chars: number;
  lines: number;
}

export type SideName = 'workflow' | 'rlm';

export interface Side {
  side: SideName;
  /** One for each repetition, in order. */
  runs: ComparedRun[];
  determinism: Determinism;
}

export interface ComparedRun {
  run: string;
  /** From 1. */
  repetition: number;
  status: RunStatus;
  error: ErrorInfo | null;
  /** Why the answer of an RLM is no regular final; null when it is. */
  partial: string | null;
  /** The answer; of one that is too large to be in a history its start, which is what is compared then. */
  answer: Json;
  usage: Usage;
  startedAt: number | null;
  endedAt: number | null;
  ms: number | null;
  /** Names what planned the run: the script's source, or the code of all cells. */
  plan: string;
  /** The root first, then what each node asked for, in the order of asking. */
  tree: TreeEntry[];
  /** What happened when, in the order in which it began. */
  timeline: Step[];
  /** Addresses of calls as they got their answers. */
  answered: string[];
  saw: Saw;
}

export interface TreeEntry {
  /** `root`, or the address of a call. */
  address: string;
  kind: NodeView['kind'] | CallKind;
  label: string;
  phase: string | null;
  /** Address of the node that asked for it; null for the root. */
  parent: string | null;
  depth: number;
  state: CallState;
  model: string | null;
}

export interface Step {
  /** Of the node whose turn or cell it is, or of the call. */
  address: string;
  what: 'turn' | 'cell' | 'call';
  /** Number of the turn or of the cell; null for a call. */
  n: number | null;
  label: string;
  /** Ms since the run began; `to` is null for what has not ended. */
  from: number;
  to: number | null;
}

/** What models were sent. `root`: the loop of the RLM's root; a script's root is code, which no model sees. `leaves`: all other requests. */
export interface Saw {
  root: Seen;
  leaves: Seen;
  requests: PromptSize[];
}

export interface Seen {
  /** Answered requests. */
  requests: number;
  /** Characters of all of them together, and of the largest. */
  chars: number;
  largest: number;
  /** Characters of the context that stand in any of them, and in the one that holds most of it; as a part of the context, 0 to 1. */
  share: number;
  largestShare: number;
}

export interface PromptSize {
  address: string;
  /** From 1: which request of this address. */
  n: number;
  by: 'root' | 'leaf';
  chars: number;
  /** Characters of the context that stand in it. */
  contextChars: number;
}

/** `order`: of asking, in each node. `arrival`: the order of answers, which hangs on providers and machines as well. */
export const ASPECTS = ['plan', 'tree', 'calls', 'order', 'prompts', 'answers', 'result', 'arrival'] as const;
export type Aspect = (typeof ASPECTS)[number];

export interface Determinism {
  /** How many repetitions were compared: those that did not fail. */
  compared: number;
  /** Whether each was the same in all of them; null when fewer than two were compared. */
  same: { [aspect in Aspect]: boolean | null };
  /** Where the first of the other repetitions that differs begins to do so; null when none does but in arrival. */
  first: Difference | null;
}

export interface Difference {
  /** The repetition that differs, and the one it was compared with. */
  run: string;
  from: string;
  what: Aspect;
  /** Request or call that differs: its address, and which request of it; null where it is the whole run. */
  address: string | null;
  n: number | null;
  /** What stands there in each, around the first character that differs; null: it is not there. */
  here: string | null;
  there: string | null;
}
