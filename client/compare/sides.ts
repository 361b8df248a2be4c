/**
 * Runs both sides, again and again, one run after the other: runs at the same time would share the worker and the provider, and
 * their times would say nothing.
 *
 *  S1  All repetitions of a side are started with the same input, its random seed too: what differs comes from models.
 *  S2  The ids of runs follow from the comparison's: the same command with the same `--id` attaches to what is there, and pays for nothing
 *      twice.
 *  S3  A side that fails is a result. Only what concerns both (the id is taken by something else, no server) ends the comparison.
 */
import type { RunView } from '../../protocol/view.ts';
import { RunHandle } from '../run-handle.ts';
import type { Session } from '../session.ts';
import { startRlm, startRun } from '../start-run.ts';
import { readRun } from '../view/read.ts';
import { askedIn } from './asked.ts';
import { compare, type Compared } from './compare.ts';
import type { Comparison, SideName } from './comparison.ts';
import type { Told } from './determinism.ts';
import { comparedRun } from './facts.ts';
import type { Prepared } from './prepare.ts';

/** What a session gives that starting and reading need. */
export type ComparePlace = Pick<Session, 'client' | 'store' | 'taskQueue'>;

export interface Watching {
  started(run: string, fresh: boolean): void;
  /** Every view of the run, the last one of its end. */
  seen(view: RunView): void;
  /** A person may let go of a run while it is watched, or cancel it; null: nobody will. */
  hold(run: RunHandle): Hold | null;
}

export interface Hold {
  /** Aborts when the run is let go of. */
  signal: AbortSignal;
  /** The person does not want the rest. */
  left(): boolean;
  stop(): void;
}

/** Null when a person let go of a run, or cancelled it: the comparison is not done then. */
export async function runSides(
  place: ComparePlace,
  prepared: Prepared,
  watching: Watching,
): Promise<Comparison | null> {
  const runs: { [side in SideName]: Told[] } = { workflow: [], rlm: [] };
  for (let repetition = 1; repetition <= prepared.compared.repetitions; repetition += 1) {
    for (const side of ['workflow', 'rlm'] as const) {
      const run = runIdOf(prepared.compared, side, repetition);
      const { fresh } = await (side === 'workflow'
        ? startRun(place, run, prepared.workflow)
        : startRlm(place, run, prepared.rlm));
      watching.started(run, fresh);
      if (!(await ended(place, run, watching))) return null;
      runs[side].push(await told(place, run, { text: prepared.text, repetition }));
    }
  }
  return compare(prepared.compared, runs);
}

export function runIdOf({ id }: Pick<Compared, 'id'>, side: SideName, repetition: number): string {
  return `${id}-${side}-${repetition}`;
}

/** False when a person wants no more. A run that was cancelled earlier, or by another hand, is a result like any other. */
async function ended({ client, store }: ComparePlace, run: string, watching: Watching): Promise<boolean> {
  const handle = new RunHandle(client, run, store);
  const hold = watching.hold(handle);
  try {
    for await (const view of handle.watch(hold === null ? {} : { signal: hold.signal })) watching.seen(view);
  } finally {
    hold?.stop();
  }
  return hold === null || !(hold.signal.aborted || hold.left());
}

/** The view of the whole tree, as `braid show` reads it, and what was said in it. */
async function told(
  { client, store }: ComparePlace,
  run: string,
  of: { text: string; repetition: number },
): Promise<Told> {
  const view = await readRun(client, run);
  const asked = await askedIn(client, view, store);
  return { facts: comparedRun(view, asked, of), asked };
}
