/** The work of `braid save`, loaded when it is needed. */
import { resolve } from 'node:path';
import { safeText } from '../render/sanitize.ts';
import type { RunView } from '../../protocol/view.ts';
import { earlierRlm } from '../resume/use.ts';
import { recordRun } from '../save/record.ts';
import { checkSaved, saveRun, type Saved } from '../save/save.ts';
import { readRun } from '../view/read.ts';
import { printJson, say, withSession } from './common.ts';
import type { Output } from './options.ts';
import type { SaveFlags } from './save.ts';

/** Returns the exit code. */
export function save(run: string, { as, cwd, force, check, question }: SaveFlags, output: Output): Promise<number> {
  const project = resolve(cwd ?? '.');
  return withSession('server', async ({ client, store }) => {
    const view = await readRun(client, run);
    if (check === true) return tellDifferences(run, await checkSaved(view, { as, project }), output);
    const place = { client, store };
    const asked = question === true ? await earlierRlm(place, run) : undefined;
    const saved = await saveRun(view, store, {
      ...{ as, project, force: force ?? false },
      ...(asked === undefined ? {} : { question: asked }),
      record: (source) => recordRun(place, view, { source, workflow: as, question: asked }),
    });
    tellSaved(view, saved, output);
    const test = saved.calls === null ? '' : `; test it, free: braid test ${as}`;
    say(`Saved. Run it with: braid run ${as}${test}`);
    return 0;
  });
}

function tellSaved(view: RunView, { notice, ...saved }: Saved, output: Output): void {
  const { run, error } = view;
  if (error !== null) say(`warning: ${run} failed (${error.code}), so that its structure may be cut short.`);
  if (saved.calls === null)
    say(`warning: the calls of ${run} are not recorded, so there is no test: ${notice ?? 'unknown'}.`);
  else if (notice !== null) say(`warning: the recorded calls are not all of the run: ${notice}.`);
  if (output !== 'text') printJson({ run, ...saved, notice });
  else for (const file of Object.values(saved)) if (file !== null) process.stdout.write(`${file}\n`);
}

function tellDifferences(run: string, differences: string[], output: Output): number {
  if (output !== 'text') printJson({ run, same: differences.length === 0, differences });
  else for (const line of differences) process.stdout.write(`${safeText(line)}\n`);
  say(differences.length === 0 ? `${run} has the saved structure.` : `${run} differs from the saved structure.`);
  return differences.length === 0 ? 0 : 1;
}
