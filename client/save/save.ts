/**
 * Keeps what a run ran as a saved workflow of a project: `.braid/workflows/NAME.js`, its structure and its recorded calls beside it.
 *
 *  S1  Nothing is written outside the project, also when a folder on the way is a link.
 *  S2  What is there already is only replaced when the caller says so; a link is never written through.
 *  S3  Recorded calls are those of the script beside them: where none can be recorded, earlier ones go.
 */
import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BraidError } from '../../protocol/errors.ts';
import type { Json } from '../../protocol/json.ts';
import { MIB, SAVED } from '../../protocol/limits.ts';
import type { RunView } from '../../protocol/view.ts';
import type { Store } from '../../store/blobs.ts';
import { isInside } from '../../store/inside.ts';
import { scriptOfCells } from '../export/script.ts';
import { ROOT } from '../view/addresses.ts';
import type { EarlierRlm } from '../resume/earlier.ts';
import { askedOnce, questionScript } from './question.ts';
import type { Recorded } from './record.ts';
import { recordingText } from './recorded-file.ts';
import { checkStructure, parseStructure, pinStructure } from './structure.ts';

export interface SaveOptions {
  /** The workflow's name. */
  as: string;
  /** Folder of the project. */
  project: string;
  force?: boolean;
  /** A recursive language model of which the question is kept, to be asked again, not the cells that answered it. */
  question?: EarlierRlm;
  /** Records what the script was told; absent: nothing is recorded. */
  record?: (source: string) => Promise<Recorded>;
}

/** Absolute paths of what was written. */
export interface Saved {
  script: string;
  structure: string;
  /** Null: nothing could be recorded. */
  calls: string | null;
  /** What is to be known of the recorded calls, or why there are none. */
  notice: string | null;
}

/** Errors: BRAID_USAGE for a bad name, a run that goes on, or what is there already; BRAID_BLOB_MISSING, BRAID_FILE_MISSING. */
export async function saveRun(view: RunView, store: Store, options: SaveOptions): Promise<Saved> {
  const { as, project, force = false, question, record } = options;
  checkName(as);
  if (view.endedAt === null) {
    throw new BraidError('BRAID_USAGE', `${view.run} still runs, so that its structure is not known yet.`, {
      fix: `Wait for it: braid result ${view.run}`,
    });
  }
  const source = question === undefined ? await sourceOf(view, store, as) : questionScript(question, as);
  const files = filesIn(await folderIn(project), as);
  const { script, structure, calls } = files;
  if (!force) await refuseExisting([script, structure, calls]);
  const recorded = limited((await record?.(source)) ?? null);
  await replace(script, source);
  const pinned = question === undefined ? pinStructure(view, as) : askedOnce(view, as);
  await replace(structure, `${JSON.stringify(pinned, null, 2)}\n`);
  if (recorded === null || 'problem' in recorded) {
    await rm(calls, { force: true });
    return { script, structure, calls: null, notice: recorded?.problem ?? null };
  }
  await replace(calls, recorded.text);
  return { ...files, notice: recorded.notice };
}

/** What is recorded as it is written; what a test would refuse to read is not. */
function limited(recorded: Recorded | null): { text: string; notice: string | null } | { problem: string } | null {
  if (recorded === null || 'problem' in recorded) return recorded;
  const text = recordingText(recorded.recording);
  const bytes = Buffer.byteLength(text);
  if (bytes <= SAVED.callsBytes) return { text, notice: recorded.notice };
  return { problem: `its calls have ${Math.ceil(bytes / MIB)} MiB, and ${SAVED.callsBytes / MIB} MiB are kept` };
}

/** Keeps a script that no run has run yet, and never replaces one. Gives its path. Errors: BRAID_USAGE, BRAID_FILE_MISSING. */
export async function saveScript(
  source: string,
  { as, project }: Pick<SaveOptions, 'as' | 'project'>,
): Promise<string> {
  await refuseTaken({ as, project });
  const { script } = filesIn(await folderIn(project), as);
  await replace(script, source);
  return script;
}

/** Before anything is paid for what could not be kept. */
export async function refuseTaken({ as, project }: Pick<SaveOptions, 'as' | 'project'>): Promise<void> {
  checkName(as);
  await refuseExisting(Object.values(filesIn(join(project, FOLDER), as)), 'Choose another name, or remove it.');
}

/** Differences between a run and the saved workflow's structure. Errors: BRAID_USAGE, BRAID_WORKFLOW_UNKNOWN. */
export async function checkSaved(
  view: RunView,
  { as, project }: Pick<SaveOptions, 'as' | 'project'>,
): Promise<string[]> {
  checkName(as);
  const { structure } = filesIn(join(project, FOLDER), as);
  const text = await readFile(structure, 'utf8').catch((cause: unknown) => {
    throw new BraidError('BRAID_WORKFLOW_UNKNOWN', `There is no structure of a workflow ${as} (${structure}).`, {
      fix: `Save it from a run: braid save RUN --as ${as}`,
      cause,
    });
  });
  return checkStructure(view, parseStructure(jsonOf(text), structure));
}

const FOLDER = join('.braid', 'workflows');

function filesIn(folder: string, name: string) {
  const file = (end: string) => join(folder, `${name}.${end}`);
  return { script: file('js'), structure: file('test.json'), calls: file('calls.jsonl') };
}

function checkName(name: string): void {
  if (/^[\p{L}\p{N}_][\p{L}\p{N}_-]{0,63}$/u.test(name)) return;
  throw new BraidError('BRAID_USAGE', `${JSON.stringify(name.slice(0, 80))} is no name of a workflow.`, {
    fix: 'Use letters, digits, dash and underscore, at most 64, without a folder or an ending.',
  });
}

async function sourceOf(view: RunView, store: Store, name: string): Promise<string> {
  if (view.kind === 'rlm') return scriptOfCells(view, ROOT, name);
  if (view.kind === 'script' && view.sourceHash !== null) return store.getText(view.sourceHash);
  throw new BraidError('BRAID_USAGE', `The history of ${view.run} does not tell of a script or of cells.`, {
    fix: 'Save a run of `braid run` or `braid rlm`.',
  });
}

async function folderIn(project: string): Promise<string> {
  const root = await realpath(project);
  // Each step by itself: a link on the way must not have a folder made behind it (S1).
  for (const folder of [join(root, '.braid'), join(root, FOLDER)]) {
    await mkdir(folder).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw notWritten(folder, error);
    });
    const real = await realpath(folder).catch(() => null);
    if (real === null || !isInside(root, real)) {
      throw new BraidError('BRAID_USAGE', `${folder} leads out of the project ${root}.`, {
        fix: 'Make it a folder of the project, or choose another --cwd.',
      });
    }
  }
  return join(root, FOLDER);
}

async function refuseExisting(
  files: readonly string[],
  fix = 'Choose another --as, or replace it with --force.',
): Promise<void> {
  for (const file of files) {
    const there = await lstat(file).catch(() => null);
    if (there === null) continue;
    throw new BraidError('BRAID_USAGE', `${file} is there already.`, { fix });
  }
}

/** Whole or not at all, and in the place of a link, not through it (S2). */
async function replace(file: string, text: string): Promise<void> {
  const temp = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeFile(temp, text, { flag: 'wx' });
    await rename(temp, file);
  } catch (error) {
    await rm(temp, { force: true });
    throw notWritten(file, error);
  }
}

function notWritten(file: string, cause: unknown): BraidError {
  const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  return new BraidError('BRAID_FILE_MISSING', `${file} cannot be written (${why}).`, { cause });
}

function jsonOf(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}
