/**
 * The journal of a whole run, and that of one node which is about to close.
 *
 *  R1  A run that was resumed itself passes on what it inherited, so that resuming it again loses nothing.
 *  R2  Never a silent fresh start (DW-43): what is unknown, foreign, a part of a run or of a build without keys is an error.
 */
import { BraidError } from '../../protocol/errors.ts';
import { childPath, type JournalRef } from '../../protocol/journal.ts';
import { WORKFLOWS } from '../../protocol/names.ts';
import { object, text } from '../parse-json.ts';
import { keyOfNode, kindOf, type ExecutionFacts } from './execution.ts';
import { Gatherer, readFacts, type JournalSources } from './gather.ts';
import { parseJournalRef } from './parse.ts';

export interface RunSources extends JournalSources {
  /** The journal that a run left in the store when it closed; null when it left none. */
  kept(run: string): Promise<JournalRef | null>;
}

/**
 * What `run` finished: from its histories, else from what it left in the store. Errors: BRAID_RUN_UNKNOWN, BRAID_JOURNAL,
 * BRAID_SERVER_UNREACHABLE.
 */
export async function gatherRun(sources: RunSources, run: string, seen: readonly string[] = []): Promise<Gatherer> {
  if (seen.includes(run)) return new Gatherer(sources, { run, workspace: true });
  const facts = await readFacts(sources, run);
  if (facts === null) return gatherKept(sources, run);
  checkRoot(run, facts);
  const gatherer = await gatherNode(sources, run, '', facts);
  const earlier = facts.opened === null ? text(object(facts.input).resumeFrom) : null;
  if (earlier !== null) {
    // It ended before it had opened the journal that it was to begin with.
    const before = await gatherRun(sources, earlier, [...seen, run]);
    for (const found of before.draft.all()) gatherer.draft.add({ ...found, inherited: true });
  }
  const { unnamed } = facts;
  if (unnamed === 0 || gatherer.draft.all().length > 0) return gatherer;
  throw new BraidError(
    'BRAID_JOURNAL',
    `The ${unnamed} calls of ${run} have no names that a later run could find them by: it is of an older version of Braid.`,
  );
}

/** What one node finished, with what it began with; of a root all of that, of others what is theirs. */
export async function gatherNode(
  sources: JournalSources,
  run: string,
  path: string,
  facts: ExecutionFacts,
): Promise<Gatherer> {
  const input = object(facts.input);
  const gatherer = new Gatherer(sources, { run, workspace: input.workspace !== null });
  const began = facts.opened ?? parseJournalRef(input.journal);
  if (began !== null) await gatherer.earlier(began, { inherited: true, at: 0, prefix: path });
  await gatherer.node(facts, path);
  return gatherer;
}

/** Path of the node whose history this is; null when its caller gave it no key. */
export function pathOf({ input, workflowType }: ExecutionFacts): string | null {
  if (object(input).parent === undefined) return '';
  const [key, kind] = [keyOfNode(input), kindOf(workflowType)];
  return key === null || kind === null ? null : childPath(key, kind);
}

async function gatherKept(sources: RunSources, run: string): Promise<Gatherer> {
  const kept = await sources.kept(run);
  if (kept === null) {
    throw new BraidError('BRAID_RUN_UNKNOWN', `There is no run ${run}, neither on this server nor in this store.`);
  }
  const gatherer = new Gatherer(sources, { run, workspace: true });
  await gatherer.earlier(kept, { inherited: false, at: 0, prefix: '' });
  return gatherer;
}

/** R2. */
function checkRoot(run: string, { workflowType, input }: ExecutionFacts): void {
  const wrong = (what: string, fix: string) => new BraidError('BRAID_JOURNAL', `${run} ${what}`, { fix });
  if (![WORKFLOWS.script, WORKFLOWS.rlm, WORKFLOWS.item].some((type) => type === workflowType)) {
    throw wrong(
      `is a workflow of the type ${workflowType}, no script and no recursive language model.`,
      'See `braid list`.',
    );
  }
  if (input === null) {
    const fix =
      'Set BRAID_HOME to the store of that run, or bring the run here with `braid export` and `braid import`.';
    throw wrong('was started with values that are not in this store.', fix);
  }
  if (object(input).parent !== undefined) {
    const [root] = run.split('/');
    throw wrong(`is a part of the run ${root}.`, `Resume from the whole run: --resume-from ${root}`);
  }
}
