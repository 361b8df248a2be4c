import type { Note } from '../../protocol/model-call.ts';
import { endStatus, type RunStatus, type Usage } from '../../protocol/outcome.ts';
import type { CallView, RunView, StoryEntry } from '../../protocol/view.ts';
import { nodesOf } from './nodes.ts';
import type { StartInfo } from './parse.ts';
import type { Program } from './program.ts';
import type { RunEnd } from './run-end.ts';
import { countCalls, outcomesOf, phasesOf } from './totals.ts';
import { usageTree } from './usage-tree.ts';

/** What a root's history tells besides its calls. */
export interface RunFacts {
  run: string;
  start: StartInfo | null;
  taskQueue: string | null;
  paused: boolean;
  cancelling: boolean;
  phase: string | null;
  notes: Note[];
  /** Phases in the order in which the script entered them. */
  met: Set<string>;
  workspace: RunView['workspace'];
  sleepingUntil: number | null;
  startedAt: number | null;
  endedAt: number | null;
  end: RunEnd | null;
  /** Why the last workflow task failed; null after one that did not. */
  taskProblem: string | null;
  historyEvents: number;
}

export function noFacts(run: string): RunFacts {
  return {
    run,
    start: null,
    taskQueue: null,
    paused: false,
    cancelling: false,
    phase: null,
    notes: [],
    met: new Set(),
    workspace: null,
    sleepingUntil: null,
    startedAt: null,
    endedAt: null,
    end: null,
    taskProblem: null,
    historyEvents: 0,
  };
}

/** What the histories of a tree tell, one by one. */
export interface TreeFacts {
  calls: CallView[];
  /** The root first. */
  programs: readonly Program[];
  /** Whether a program's own history was read to its end. */
  read: (program: Program) => boolean;
  story: StoryEntry[];
}

/** One view of a run, from the facts of its root and of its tree. */
export function composeView(facts: RunFacts, tree: TreeFacts): RunView {
  const { start, end } = facts;
  const sums = usageTree(tree.calls, tree.programs, tree.read);
  const { calls } = sums;
  const usage = end?.result?.usage ?? sums.total;
  const status = statusOf(facts, usage);
  return {
    run: facts.run,
    kind: tree.programs[0]?.kind ?? 'script',
    name: start?.name ?? facts.run,
    file: start?.file ?? null,
    sourceHash: start?.sourceHash ?? null,
    meta: start?.meta ?? null,
    args: start?.args ?? null,
    model: start?.model ?? null,
    rlm: rlmOf(tree.programs[0]),
    limits: start?.limits ?? null,
    taskQueue: facts.taskQueue,
    status,
    cancelling: facts.cancelling,
    phase: facts.phase,
    phases: phasesOf(start?.meta ?? null, facts.met, calls),
    calls,
    nodes: nodesOf({ name: start?.name ?? facts.run, status }, tree.programs, sums),
    counts: countCalls(calls),
    notes: [...facts.notes],
    story: tree.story,
    usage,
    outcomes: end?.result?.outcomes ?? outcomesOf(calls),
    value: end?.result?.value ?? null,
    large: end?.result?.large ?? null,
    error: end?.error ?? null,
    workspace: facts.workspace,
    sleepingUntil: facts.sleepingUntil,
    startedAt: facts.startedAt,
    endedAt: facts.endedAt,
    historyEvents: facts.historyEvents,
    notices: noticesOf(facts),
    connection: 'ok',
    worker: null,
  };
}

function statusOf({ end, paused }: RunFacts, usage: Usage): RunStatus {
  if (end === null) return paused ? 'paused' : 'running';
  return end.status ?? endStatus({ stoppedByLimit: false, usage });
}

function rlmOf(root: Program | undefined): RunView['rlm'] {
  if (root?.kind !== 'rlm' || root.start === null) return null;
  const { subModel, depth } = root.start;
  return { subModel, depth };
}

function noticesOf({ end, taskProblem }: RunFacts): string[] {
  const notices: string[] = [];
  if (end === null && taskProblem !== null)
    notices.push(`the last workflow task failed and is tried again: ${taskProblem}`);
  if (end !== null && end.status === null)
    notices.push('the result of this run could not be read; its status is derived from its calls');
  return notices;
}
