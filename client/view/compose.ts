import type { Note } from '../../protocol/model-call.ts';
import { endStatus, type RunStatus, type Usage } from '../../protocol/outcome.ts';
import type { CallView, RunView, StoryEntry } from '../../protocol/view.ts';
import type { StartInfo } from './parse.ts';
import type { RunEnd } from './run-end.ts';
import { countCalls, outcomesOf, phasesOf, usageOf } from './totals.ts';

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

/** One view of a run, from the facts of its root and its calls. */
export function composeView(facts: RunFacts, calls: CallView[], story: StoryEntry[]): RunView {
  const { start, end } = facts;
  const usage = end?.result?.usage ?? usageOf(calls);
  return {
    run: facts.run,
    name: start?.name ?? facts.run,
    file: start?.file ?? null,
    sourceHash: start?.sourceHash ?? null,
    meta: start?.meta ?? null,
    args: start?.args ?? null,
    model: start?.model ?? null,
    limits: start?.limits ?? null,
    taskQueue: facts.taskQueue,
    status: statusOf(facts, usage),
    cancelling: facts.cancelling,
    phase: facts.phase,
    phases: phasesOf(start?.meta ?? null, facts.met, calls),
    calls,
    counts: countCalls(calls),
    notes: [...facts.notes],
    story,
    usage,
    outcomes: end?.result?.outcomes ?? outcomesOf(calls),
    value: end?.result?.value ?? null,
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

function noticesOf({ end, taskProblem }: RunFacts): string[] {
  const notices: string[] = [];
  if (end === null && taskProblem !== null)
    notices.push(`the last workflow task failed and is tried again: ${taskProblem}`);
  if (end !== null && end.status === null)
    notices.push('the result of this run could not be read; its status is derived from its calls');
  return notices;
}
