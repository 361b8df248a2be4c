/**
 * Looks up the run to resume from, before anything is started.
 *
 *  F1  Never a silent fresh start (DW-43): a run that is not there, is of another kind or cannot be read is an error.
 *  F2  A run whose history is gone from the server is found in the store, as long as that keeps it.
 */
import type { Client } from '@temporalio/client';
import { PayloadReader } from '../../histories/payloads.ts';
import { isLost, runError } from '../../histories/rpc.ts';
import { BraidError, isBraidError } from '../../protocol/errors.ts';
import { JOURNAL_VERSION } from '../../protocol/journal.ts';
import type { Json } from '../../protocol/json.ts';
import { WATCH } from '../../protocol/limits.ts';
import { WORKFLOWS } from '../../protocol/names.ts';
import type { Store } from '../../store/blobs.ts';
import { findKept } from './kept.ts';
import { parseEarlierRlm, parseEarlierScript, type EarlierRlm, type EarlierScript } from './earlier.ts';

/** What is known of a run without reading its history. */
export interface FoundRun {
  workflowType: string;
  /** Null when it cannot be read with this store. */
  input: Json;
  /** Version of the journal that can be made of it; null when it keeps none. */
  journal: number | null;
}

/**
 * The run as it was started. Errors: BRAID_RUN_UNKNOWN, BRAID_USAGE for what cannot be resumed from, BRAID_JOURNAL for a run of another
 * version of Braid, BRAID_BLOB_MISSING when its input is in another store, BRAID_SERVER_UNREACHABLE.
 */
export async function findEarlier(
  { client, store }: { client: Client; store: Store },
  run: string,
): Promise<EarlierScript | EarlierRlm> {
  if (run.includes('/')) {
    throw new BraidError('BRAID_USAGE', `${run} is a part of the run ${run.split('/')[0]}, not a run.`, {
      fix: `Resume from the whole run: --resume-from ${run.split('/')[0]}.`,
    });
  }
  const known = await onServer(client, run);
  // The server may know a run of another store that was imported into this one.
  const found = known === null || known.input === null ? ((await findKept(store, run)) ?? known) : known;
  if (found === null) {
    throw new BraidError('BRAID_RUN_UNKNOWN', `There is no run ${run}, neither on this server nor in ${store.home}.`, {
      fix: 'See `braid list`; a run of another store comes with `braid import`.',
    });
  }
  return earlierOf(run, found);
}

/** Judges what was found (F1). */
export function earlierOf(run: string, { workflowType, input, journal }: FoundRun): EarlierScript | EarlierRlm {
  const read = READERS.get(workflowType);
  if (read === undefined) {
    const batch = workflowType === WORKFLOWS.batch;
    throw new BraidError(
      'BRAID_USAGE',
      `${run} is ${batch ? 'a batch' : `a workflow of the type ${workflowType}`}; only scripts and recursive language models can be resumed.`,
      { fix: batch ? 'Repeat what failed in it with `braid batch --retry-failed`.' : 'See `braid list`.' },
    );
  }
  if (journal !== JOURNAL_VERSION) {
    const made = journal === null ? 'was made by a version of Braid that kept none' : `has the version ${journal}`;
    const fix = 'Start it anew with the same script and args: add --no-cache.';
    throw new BraidError(
      'BRAID_JOURNAL',
      `The journal of ${run} ${made}; this Braid reads the version ${JOURNAL_VERSION}.`,
      { fix },
    );
  }
  if (input === null) {
    throw new BraidError('BRAID_BLOB_MISSING', `What ${run} was started with is not in this store.`, {
      fix: 'Set BRAID_HOME to the store of that run, or bring the run here with `braid export` and `braid import`.',
    });
  }
  const earlier = read(run, input);
  if (earlier !== null) return earlier;
  throw new BraidError('BRAID_JOURNAL', `What ${run} was started with is not understood by this version of Braid.`);
}

const READERS: ReadonlyMap<string, (run: string, input: Json) => EarlierScript | EarlierRlm | null> = new Map<
  string,
  (run: string, input: Json) => EarlierScript | EarlierRlm | null
>([
  [WORKFLOWS.script, parseEarlierScript],
  [WORKFLOWS.rlm, parseEarlierRlm],
]);

/** Null when the server does not know it. */
async function onServer(client: Client, run: string): Promise<FoundRun | null> {
  const execution = { workflowId: run };
  const { namespace } = client.options;
  try {
    return await client.withDeadline(Date.now() + WATCH.longPollMs, async () => {
      const { memo } = await client.workflow.getHandle(run).describe();
      const { history } = await client.workflowService.getWorkflowExecutionHistory({
        namespace,
        execution,
        maximumPageSize: 1,
      });
      const started = history?.events?.[0]?.workflowExecutionStartedEventAttributes;
      const payloads = new PayloadReader(client.options.loadedDataConverter);
      return {
        workflowType: started?.workflowType?.name ?? '',
        input: await payloads.at(started?.input, 0),
        journal: journalOf(memo),
      };
    });
  } catch (error) {
    if (isLost(error)) throw runError(error, run);
    const known = runError(unwrapped(error), run);
    if (isBraidError(known, 'BRAID_RUN_UNKNOWN')) return null;
    throw known;
  }
}

/** The handle's own error for a run that is not there holds the server's. */
function unwrapped(error: unknown): unknown {
  if (error instanceof Error && error.name === 'WorkflowNotFoundError') {
    return new BraidError('BRAID_RUN_UNKNOWN', error.message, { cause: error });
  }
  return error;
}

/** Every start by this Braid writes it down; one without any memo was started by a program's own client. */
function journalOf(memo: { [name: string]: unknown } | undefined): number | null {
  if (memo?.['braidInput'] === undefined) return JOURNAL_VERSION;
  const version = memo['braidJournal'];
  return typeof version === 'number' ? version : null;
}
