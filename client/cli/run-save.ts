/** The work of `braid save`, loaded when it is needed. */
import { resolve } from 'node:path';
import { safeText } from '../render/sanitize.ts';
import { checkSaved, saveRun } from '../save/save.ts';
import { readRun } from '../view/read.ts';
import { printJson, say, withSession } from './common.ts';
import type { Output } from './options.ts';
import type { SaveFlags } from './save.ts';

/** Returns the exit code. */
export function save(run: string, { as, cwd, force, check }: SaveFlags, output: Output): Promise<number> {
  const project = resolve(cwd ?? '.');
  return withSession('server', async ({ client, store }) => {
    const view = await readRun(client, run);
    if (check === true) return tellDifferences(run, await checkSaved(view, { as, project }), output);
    const saved = await saveRun(view, store, { as, project, force: force ?? false });
    if (view.error !== null)
      say(`warning: ${run} failed (${view.error.code}), so that its structure may be cut short.`);
    if (output === 'text') process.stdout.write(`${saved.script}\n${saved.structure}\n`);
    else printJson({ run, ...saved });
    say(`Saved. Run it with: braid run ${as}`);
    return 0;
  });
}

function tellDifferences(run: string, differences: string[], output: Output): number {
  if (output !== 'text') printJson({ run, same: differences.length === 0, differences });
  else for (const line of differences) process.stdout.write(`${safeText(line)}\n`);
  say(differences.length === 0 ? `${run} has the saved structure.` : `${run} differs from the saved structure.`);
  return differences.length === 0 ? 0 : 1;
}
