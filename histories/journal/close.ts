/** What a node leaves when it closes: its journal, and of a run's root the entry by which a later run finds that. */
import { BraidError } from '../../protocol/errors.ts';
import { JOURNAL_VERSION, type JournalRef, type KeptRun } from '../../protocol/journal.ts';
import { object, text } from '../parse-json.ts';
import { writeJournal } from './blobs.ts';
import { readFacts, type JournalSources } from './gather.ts';
import { gatherNode, pathOf } from './run.ts';

/**
 * Writes the journal of one node from its history so far. `kept` is null for nodes below a root. Errors: BRAID_RUN_UNKNOWN,
 * BRAID_JOURNAL for a node that no later run could name, BRAID_SERVER_UNREACHABLE, those of the blobs.
 */
export async function closeNode(
  sources: JournalSources,
  workflowId: string,
): Promise<{ journal: JournalRef; kept: KeptRun | null }> {
  const facts = await readFacts(sources, workflowId);
  if (facts === null) throw new BraidError('BRAID_RUN_UNKNOWN', `There is no run ${workflowId} on this server.`);
  const path = pathOf(facts);
  if (path === null) {
    throw new BraidError('BRAID_JOURNAL', `${workflowId} has no name that a later run could find its calls by.`);
  }
  // No run's id has a slash; those of the nodes below it begin with it.
  const run = workflowId.split('/', 1)[0] ?? workflowId;
  const { draft } = await gatherNode(sources, run, path, facts);
  const { journal } = await writeJournal(sources.blobs, run, draft.all(), path === '' ? [] : draft.reads());
  if (path !== '') return { journal, kept: null };
  const kept: KeptRun = {
    run,
    runId: facts.runId,
    workflowType: facts.workflowType,
    name: text(object(facts.input).name) ?? run,
    input: await sources.blobs.put(JSON.stringify(facts.input)),
    journal: journal.blob,
    journalVersion: JOURNAL_VERSION,
    startedAt: facts.startedAt,
    endedAt: facts.end?.at ?? Date.now(),
  };
  return { journal, kept };
}
