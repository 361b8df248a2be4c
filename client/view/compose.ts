import type { Note } from '../../protocol/model-call.ts';
import {
  addUsage,
  addSpend,
  endStatus,
  NO_SPEND,
  type Outcome,
  type RunStatus,
  type Usage,
} from '../../protocol/outcome.ts';
import type { RunLimits } from '../../protocol/run-input.ts';
import type { CallView, GateView, RunView, StoryEntry } from '../../protocol/view.ts';
import { nodesOf } from './nodes.ts';
import type { Before } from './parse-handover.ts';
import type { StartInfo } from './parse.ts';
import type { Pauses } from './pauses.ts';
import type { Program } from './program.ts';
import type { RunEnd } from './run-end.ts';
import { countCalls, outcomesOf, phasesOf } from './totals.ts';
import { usageTree } from './usage-tree.ts';

/** What a root's history tells besides its calls. */
export interface RunFacts {
  run: string;
  start: StartInfo | null;
  /** What executions did whose histories are gone. */
  before: Before | null;
  /** Those of the start, with what was changed since. */
  limits: RunLimits | null;
  taskQueue: string | null;
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
    before: null,
    limits: null,
    taskQueue: null,
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
  gates: GateView[];
  pauses: Pauses;
  /** Histories that are not there any more, as far as that was seen. */
  missing: { ended: number; cut: boolean };
}

/** One view of a run, from the facts of its root and of its tree. */
export function composeView(facts: RunFacts, tree: TreeFacts): RunView {
  const { start, end, before } = facts;
  const sums = usageTree(tree.calls, tree.programs, tree.read);
  const { calls } = sums;
  const usage = end?.result?.usage ?? (before === null ? sums.total : addUsage(before.usage, sums.total));
  const pause = end === null ? tree.pauses.view({ notes: facts.notes, limits: facts.limits, usage }) : null;
  const status = pause === null ? statusOf(facts, usage) : 'paused';
  const resumedFrom = start?.resumeFrom ?? null;
  return {
    run: facts.run,
    kind: rootKind(tree.programs[0]?.kind),
    name: start?.name ?? facts.run,
    file: start?.file ?? null,
    sourceHash: start?.sourceHash ?? null,
    meta: start?.meta ?? null,
    args: start?.args ?? null,
    model: start?.model ?? null,
    rlm: rlmOf(tree.programs[0]),
    limits: facts.limits,
    taskQueue: facts.taskQueue,
    // A long run hands its journal to itself.
    resumedFrom: resumedFrom === facts.run ? null : resumedFrom,
    status,
    pause,
    cancelling: facts.cancelling,
    phase: facts.phase,
    phases: phasesOf(start?.meta ?? null, facts.met, calls),
    calls,
    nodes: nodesOf({ name: start?.name ?? facts.run, status }, tree.programs, sums),
    counts: countCalls(calls),
    notes: [...facts.notes],
    story: tree.story,
    usage,
    saved:
      end?.result?.replayed ??
      calls.reduce((sum, { saved }) => addSpend(sum, saved ?? NO_SPEND), before?.saved ?? NO_SPEND),
    gates: tree.gates,
    outcomes: end?.result?.outcomes ?? [...(before?.outcomes ?? []), ...outcomesOf(calls), ...unlisted(calls, tree)],
    value: end?.result?.value ?? null,
    large: end?.result?.large ?? null,
    error: end?.error ?? null,
    workspace: facts.workspace,
    sleepingUntil: facts.sleepingUntil,
    startedAt: facts.startedAt,
    endedAt: facts.endedAt,
    historyEvents: facts.historyEvents,
    ...(end?.result?.patch === undefined ? {} : { patch: end.result.patch }),
    notices: noticesOf(facts, tree.missing),
    connection: 'ok',
    worker: null,
  };
}

/** Failed calls that only the results of programs tell of, because nobody read the histories that list them. */
function unlisted(calls: readonly CallView[], { programs, read }: TreeFacts): Outcome[] {
  const told = programs.flatMap((program) => (read(program) ? [] : (program.end?.outcomes ?? [])));
  if (told.length === 0) return [];
  const listed = new Set(calls.map(({ address }) => address));
  // A program's result holds those of the programs below it.
  return [...new Map(told.map((outcome) => [outcome.address, outcome])).values()].filter(
    ({ address }) => !listed.has(address),
  );
}

function statusOf({ end }: RunFacts, usage: Usage): RunStatus {
  if (end === null) return 'running';
  return end.status ?? endStatus({ stoppedByLimit: false, usage });
}

function rlmOf(root: Program | undefined): RunView['rlm'] {
  if (root?.kind !== 'rlm' || root.start === null) return null;
  const { subModel, depth } = root.start;
  return { subModel, depth };
}

function noticesOf({ end, taskProblem }: RunFacts, missing: TreeFacts['missing']): string[] {
  const notices: string[] = [];
  if (end === null && taskProblem !== null)
    notices.push(`the last workflow task failed and is tried again: ${taskProblem}`);
  if (end !== null && end.status === null)
    notices.push('the result of this run could not be read; its status is derived from its calls');
  if (missing.ended > 0) {
    const whose = missing.ended === 1 ? 'the history of 1 node is' : `the histories of ${missing.ended} nodes are`;
    notices.push(`${whose} gone (the server keeps them for a time): what they did is told by their results alone`);
  }
  if (missing.cut) {
    const what = 'the first part of a history is gone (the server keeps them for a time)';
    notices.push(`${what}: calls that ended there are not listed`);
  }
  return notices;
}

/** An agent is never a run of its own. */
function rootKind(kind: Program['kind'] = 'script'): RunView['kind'] {
  return kind === 'delegate' ? 'script' : kind;
}
