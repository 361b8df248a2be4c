/**
 * The root of a run that a script drives.
 *
 *  S1  The workflow ends by a result or a typed failure; nothing makes a workflow task fail and retry for ever.
 *  S2  A failed run carries its whole result (usage, outcomes, story) in the failure's details.
 */
import {
  ApplicationFailure,
  CancellationScope,
  ContinueAsNew,
  isCancellation,
  workflowInfo,
} from '@temporalio/workflow';
import { ENGINE_HASH } from '../../sandbox/engine/engine-hash.ts';
import { hasScriptEngine } from '../../sandbox/engine/image.ts';
import { endStatus, type ErrorInfo, type RunStatus } from '../../protocol/outcome.ts';
import type { LogEntry } from '../../protocol/handover.ts';
import type { ScriptInput } from '../../protocol/run-input.ts';
import type { ScriptResult } from '../../protocol/script-result.ts';
import { Agents } from '../calls/agents.ts';
import { Nodes } from '../calls/nodes.ts';
import { closeJournal, openJournal } from '../journal/open.ts';
import { scriptError } from './blame.ts';
import { whenLong } from './continue.ts';
import { planError } from './planner.ts';
import { ScriptRecord } from './record.ts';
import { ScriptCalls } from './calls.ts';
import { ScriptHost, type ScriptEnd } from './host.ts';
import { ScriptRlms } from './rlms.ts';
import { Children } from '../tree/children.ts';
import { listen, stopAfter } from '../tree/root.ts';
import { openPrices } from '../tree/prices.ts';
import { changesOf } from '../tree/changes.ts';
import { Tree } from '../tree/tree.ts';
import { Workspace } from '../tree/workspace.ts';

/** `log`: what its guests were told before it continued as new (protocol/handover.ts). */
export async function script(input: ScriptInput, ...log: LogEntry[][]): Promise<ScriptResult> {
  try {
    return await runScript(input, log.flat());
  } catch (error) {
    if (
      error instanceof ContinueAsNew ||
      isCancellation(error) ||
      error instanceof ApplicationFailure ||
      error instanceof EngineMismatch
    )
      throw error;
    // A plain error would fail the workflow task and be retried for ever (facts §2).
    throw ApplicationFailure.create({
      type: 'BRAID_INTERNAL',
      message: String(error),
      nonRetryable: true,
      details: [],
    });
  }
}

async function runScript(input: ScriptInput, log: LogEntry[]): Promise<ScriptResult> {
  checkEngine(input);
  const scope = new CancellationScope();
  const tree = new Tree(input, () => scope.cancel());
  const { handover } = input;
  if (handover !== undefined) {
    tree.continueFrom(handover.tree);
    tree.gates.expect(handover.open.map(({ again }) => again?.address ?? ''));
  }
  const record = new ScriptRecord(handover, log);
  const children = new Children(tree);
  const agents = new Agents(tree, children, new Workspace(tree));
  const rlms = new ScriptRlms(tree, new Nodes(tree, children));
  const calls = new ScriptCalls(
    tree,
    agents,
    rlms,
    { file: input.file, prefix: tree.prefix, path: tree.journal.path, depth: tree.level },
    record,
  );
  const hosted = { ...input, args: input.hasArgs ? input.args : undefined, loaded: null };
  const host = new ScriptHost(tree, hosted, calls, { name: '', record });
  listen(tree, children);
  if (handover === undefined) for (const warning of input.warnings) tree.warn(warning);
  const end = await scope
    .run(async () => {
      await openJournal(tree.journal, input, { snapshot: tree.snapshotKey(), warn: tree.warn });
      await openPrices(tree);
      if (tree.ledger.limitOf('maxTimeMs') !== null) {
        const limit =
          input.parent === undefined ? 'The run used up its --max-time' : 'The script used up its budget.time';
        const stop = (ms: number) => host.stop('BRAID_TIME', `${limit} of ${ms} ms.`);
        void stopAfter(tree, stop).catch(() => undefined);
      }
      return Promise.race([host.run(), whenLong(input, tree, record), scope.cancelRequested]);
    })
    .catch(async (error: unknown) => {
      if (error instanceof ContinueAsNew) throw error;
      if (tree.fatal !== null) return null;
      await children.sayGoodbye(agents);
      throw error;
    });
  // Whatever is still in flight belongs to nobody now; what it cost and how it ended belongs into the result.
  scope.cancel();
  await agents.idle();
  await tree.delivered();
  const patch = await changesOf(tree);
  const journal =
    input.parent !== undefined && input.keepJournal === true ? await closeJournal(input.parent.tag) : undefined;
  return finish(end, input, tree, { ...tree.reuse(journal), ...patch });
}

/**
 * A run replays only on the engine that began it. A new run for another engine fails at once; one that is under way waits, by a
 * task that is retried, for a worker of its build: failing it would lose what it has done.
 */
function checkEngine({ engine }: ScriptInput): void {
  if (hasScriptEngine(engine)) return;
  const message = `The run needs the engine ${engine.slice(0, 12)}; this worker has ${ENGINE_HASH.slice(0, 12)}.`;
  if (workflowInfo().unsafe.isReplaying) throw new EngineMismatch(message);
  throw ApplicationFailure.create({ type: 'BRAID_ENGINE_UNKNOWN', message, nonRetryable: true, details: [] });
}

class EngineMismatch extends Error {}

function finish(
  end: ScriptEnd | null,
  input: ScriptInput,
  tree: Tree,
  beside: Pick<ScriptResult, 'replayed' | 'journal' | 'patch'>,
): ScriptResult {
  const error = end === null || !end.ok ? errorOf(end, input, tree) : planError(input, end.value);
  const usage = tree.usage();
  // Scripts can put any code on an error: only a limit that was reached explains one.
  const reached = { BRAID_BUDGET_EXHAUSTED: usage.refused > 0, BRAID_TIME: tree.timeIsUp };
  const limited = error !== null && error.code in reached && reached[error.code as keyof typeof reached];
  const status: RunStatus =
    error !== null && !limited ? 'failed' : endStatus({ stoppedByLimit: limited || tree.timeIsUp, usage });
  tree.showDetails();
  tree.setState(status);
  const value = end?.ok === true ? end.value : null;
  const { outcomes, unreported } = tree;
  tree.gates.giveUp();
  const notes = tree.story.last();
  const result: ScriptResult = { status, value, error, usage, outcomes, notes, unreported, ...beside };
  if (status !== 'failed' || error === null) return result;
  throw ApplicationFailure.create({ type: error.code, message: error.message, nonRetryable: true, details: [result] });
}

function errorOf(end: ScriptEnd | null, input: ScriptInput, tree: Tree): ErrorInfo {
  if (tree.fatal !== null) return tree.fatal;
  if (end === null || end.ok) return { code: 'BRAID_INTERNAL', message: 'The run ended without a result.' };
  return scriptError(end.error, input.source, workflowInfo().workflowId, tree.outcomes);
}
