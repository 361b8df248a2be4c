/** The work of `braid diff` and `braid apply`, loaded when it is needed. */
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { BraidError } from '../../protocol/errors.ts';
import type { Patch } from '../../protocol/overlay.ts';
import type { RunView } from '../../protocol/view.ts';
import type { Store } from '../../store/blobs.ts';
import type { ChangedFile } from '../../store/overlaid.ts';
import { openPatch, patchOf } from '../../store/patches/text.ts';
import { checkFiles, type Checked } from '../apply/check.ts';
import { writeSteps } from '../apply/write.ts';
import { resolveWorkspace } from '../input/workspace.ts';
import { fileLines } from '../render/changes.ts';
import { plural } from '../render/format.ts';
import { changesOf, patchOfCall } from '../run-changes.ts';
import { readRun } from '../view/read.ts';
import type { ApplyFlags, DiffFlags } from './changes.ts';
import { printJson, say, withSession } from './common.ts';
import type { Output } from './options.ts';

export async function diff(run: string, flags: DiffFlags, output: Output): Promise<void> {
  await withSession('server', async ({ client, store }) => {
    const view = await readRun(client, run);
    const { patch, beside } =
      flags.call === undefined ? await changesOf(client, view) : { patch: patchOfCall(view, flags.call), beside: [] };
    if (beside.length > 0)
      say(`Not in it yet, as the run goes on: ${beside.join(', ')}. Look: braid diff ${run} --call ADDRESS`);
    if (patch === null) say(`${run} changed nothing${view.endedAt === null ? ' so far' : ''}.`);
    const text =
      patch === null ? new Uint8Array() : await patchOf(store, (await openPatch(store, patch.overlay)).files);
    if (output !== 'text') {
      return printJson({ run, status: view.status, files: patch?.files ?? [], patch: new TextDecoder().decode(text) });
    }
    if (flags.stat === true) return print(fileLines(patch?.files ?? []));
    if (!process.stdout.write(text)) await once(process.stdout, 'drain');
  });
}

export async function apply(run: string, flags: ApplyFlags, output: Output): Promise<void> {
  await withSession('server', async ({ client, store }) => {
    const view = await readRun(client, run);
    const patch = patchToApply(view);
    const root = await folderOf(view, flags);
    const { files } = await openPatch(store, patch.overlay);
    const checked = await checkFiles(root, files);
    refuseStale(run, root, checked);
    const { steps, already } = checked;
    if (already.length > 0) say(`Already so: ${already.join(', ')}`);
    if (steps.length > 0) {
      const names = new Set(steps.map(({ path }) => path));
      const open = files.filter(({ path }) => names.has(path));
      await confirm({ run, root, patch, store, files: open }, flags);
      // Somebody may have thought it over for long.
      refuseStale(run, root, await checkFiles(root, open));
      await writeSteps(root, steps, store);
    }
    if (output !== 'text') return printJson({ run, cwd: root, applied: steps.map(({ path }) => path), already });
    say(
      steps.length === 0
        ? `Nothing is left to change in ${root}.`
        : `Changed ${plural(steps.length, 'file')} in ${root}.`,
    );
  });
}

function patchToApply(view: RunView): Patch {
  const none = (why: string, fix: string) => new BraidError('BRAID_PATCH_NONE', `${view.run} ${why}.`, { fix });
  if (view.endedAt === null) {
    throw none(
      'still runs, so its changes are not whole',
      `Wait: braid watch ${view.run}. What there is: braid diff ${view.run}`,
    );
  }
  if (view.patch !== undefined && view.patch.files.length > 0) return view.patch;
  throw none('changed nothing', `See what it did: braid show ${view.run}`);
}

async function folderOf({ run, workspace }: RunView, { cwd }: ApplyFlags): Promise<string> {
  const folder = cwd ?? workspace?.root;
  const found = folder === undefined ? null : await resolveWorkspace({ cwd: folder }, process.cwd());
  if (found !== null) return found.root;
  throw new BraidError('BRAID_USAGE', `${run} read no folder of this machine.`, {
    fix: `braid apply ${run} --cwd DIR`,
  });
}

function refuseStale(run: string, root: string, { problems }: Checked): void {
  if (problems.length === 0) return;
  const told = problems.map(({ path, why }) => `\n  ${path}: ${why}`).join('');
  throw new BraidError('BRAID_PATCH_STALE', `Nothing of ${run} is applied to ${root}:${told}`);
}

interface Shown {
  run: string;
  root: string;
  patch: Patch;
  store: Store;
  files: readonly ChangedFile[];
}

/** Shows what would change and asks. Throws BRAID_USAGE for no, and where nobody can be asked. */
async function confirm({ run, root, patch, store, files }: Shown, { yes = false }: ApplyFlags): Promise<void> {
  say(new TextDecoder().decode(await patchOf(store, files)));
  for (const line of fileLines(patch.files)) say(line);
  if (yes) return;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new BraidError('BRAID_USAGE', 'There is no terminal to ask at, so nothing was changed.', {
      fix: `braid apply ${run} --yes`,
    });
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await lines.question(`Change ${plural(files.length, 'file')} in ${root}? [y/N] `);
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    lines.close();
  }
  throw new BraidError('BRAID_USAGE', 'Nothing was changed.', { fix: `Look again: braid diff ${run}` });
}

function print(lines: string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}
