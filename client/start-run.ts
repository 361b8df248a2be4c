/** Starts a run, or attaches to the one that is there already under the same id with the same input. */
import { randomBytes } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError, type WorkflowHandle } from '@temporalio/client';
import { BraidError } from '../protocol/errors.ts';
import { hashJson } from '../protocol/hash.ts';
import { JOURNAL_VERSION } from '../protocol/journal.ts';
import { LIMITS } from '../protocol/limits.ts';
import { SEARCH_ATTRIBUTES, WORKFLOWS } from '../protocol/names.ts';
import type { RlmInput } from '../protocol/rlm.ts';
import type { RunInput, ScriptInput } from '../protocol/run-input.ts';
import type { BuiltRlm } from './input/rlm-input.ts';
import type { BuiltInput } from './input/script-input.ts';
import type { Session } from './session.ts';

/** A new run's id: readable, and never taken. */
export function newRunId(name: string): string {
  const slug = name
    .toLowerCase()
    .replace(/\.[a-z]+$/, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  return `${slug === '' ? 'run' : slug}-${randomBytes(4).toString('hex')}`;
}

/** Ids that users give stand in URLs, file names and commands. */
export function checkRunId(id: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/.test(id)) return id;
  throw new BraidError('BRAID_USAGE', `--id ${JSON.stringify(id)} is no run id.`, {
    fix: 'Use letters, digits, dot, dash and underscore, at most 200, starting with a letter or digit.',
  });
}

type Place = Pick<Session, 'client' | 'store' | 'taskQueue'>;

export interface Started {
  handle: WorkflowHandle;
  /** False when the run was there already. */
  fresh: boolean;
}

/** Keeps the script by its hash, then starts. Errors: BRAID_RUN_EXISTS when the id is taken by a run with other input. */
export async function startRun(place: Place, id: string, { input, source }: BuiltInput): Promise<Started> {
  await place.store.put(source);
  const identity = scriptIdentity(input);
  return startOnce(place, id, {
    kind: 'script',
    input,
    identity,
    memo: JOURNALLED,
    taken: takenBy(id, 'script, args'),
  });
}

/** The same for an RLM, whose context is in the store. */
export function startRlm(place: Place, id: string, { input }: BuiltRlm): Promise<Started> {
  const identity = rlmIdentity(input);
  return startOnce(place, id, {
    kind: 'rlm',
    input,
    identity,
    memo: JOURNALLED,
    taken: takenBy(id, 'question, context'),
  });
}

/** Version of the keys of the run's calls: whoever resumes it must know them. */
const JOURNALLED = { braidJournal: JOURNAL_VERSION };

function takenBy(id: string, compared: string): BraidError {
  return new BraidError('BRAID_RUN_EXISTS', `The run ${id} exists with other input (${compared}, models or limits).`);
}

interface Start {
  kind: 'script' | 'rlm' | 'batch';
  input: { name: string };
  /** Hash of what `--id` compares. */
  identity: string;
  /** What else is kept about the run. */
  memo?: Record<string, unknown>;
  /** The error for an id that is taken by other input. */
  taken: BraidError;
}

/** Starts a root workflow, or attaches to the one of the same id and identity. */
export async function startOnce(
  { client, taskQueue }: Pick<Place, 'client' | 'taskQueue'>,
  id: string,
  { kind, input, identity, memo: kept, taken }: Start,
): Promise<Started> {
  try {
    const handle = await client.workflow.start(WORKFLOWS[kind], {
      taskQueue,
      workflowId: id,
      args: [input],
      workflowTaskTimeout: LIMITS.workflowTaskMs,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      workflowIdConflictPolicy: 'FAIL',
      memo: { braidInput: identity, ...kept },
      staticSummary: input.name,
      searchAttributes: {
        [SEARCH_ATTRIBUTES.state]: ['running'],
        [SEARCH_ATTRIBUTES.script]: [input.name.slice(0, 200)],
        [SEARCH_ATTRIBUTES.kind]: [kind],
      },
    });
    return { handle, fresh: true };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const handle = client.workflow.getHandle(id);
    const { memo } = await handle.describe();
    if (memo?.['braidInput'] === identity) return { handle, fresh: false };
    throw taken;
  }
}

/** What `--id` compares (design §5.1): script, args, models, limits, the run it resumes; not the snapshot, not the seed. */
export function scriptIdentity(input: ScriptInput): string {
  const { sourceHash, args, hasArgs, models, limits } = input;
  return hashJson({ sourceHash, args, hasArgs, models, limits, ...resumedOf(input) });
}

/** Question and context by their digests, whatever they were read from. */
export function rlmIdentity(input: RlmInput): string {
  const { question, context, models, limits, rlm, prompts } = input;
  return hashJson({ question, context: context?.of ?? null, models, limits, rlm, prompts, ...resumedOf(input) });
}

/** Absent for a fresh run: the identities of runs that older versions started stay as they are. */
function resumedOf({ resumeFrom }: RunInput): { resumeFrom?: string } {
  return resumeFrom === undefined ? {} : { resumeFrom };
}
