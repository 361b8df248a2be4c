/** The work of `braid mine`, loaded when it is needed. */
import { resolve } from 'node:path';
import { BraidError } from '../../protocol/errors.ts';
import { listSavedScripts } from '../../store/saved-scripts.ts';
import { groupCode, type CodeGroup } from '../mine/groups.ts';
import { readCode } from '../mine/read-code.ts';
import { safeText } from '../render/sanitize.ts';
import { printJson, say, withSession } from './common.ts';
import type { Output } from './options.ts';
import type { MineFlags } from './saved.ts';

/** Returns the exit code. */
export function mine({ min = '2', cwd }: MineFlags, output: Output): Promise<number> {
  const least = Number(min);
  if (!Number.isSafeInteger(least) || least < 1) {
    throw new BraidError('BRAID_USAGE', `--min ${min} is no number of runs.`, { fix: 'Write --min 3.' });
  }
  const project = resolve(cwd ?? '.');
  return withSession('server', async (session) => {
    const { uses, runs, unreadable } = await readCode(session);
    const groups = groupCode(uses, { min: least, taken: await listSavedScripts({ projects: [project] }) });
    if (output !== 'text') printJson({ runs, unreadable, groups });
    else for (const group of groups) tell(group);
    const left = unreadable === 0 ? '' : `; ${unreadable} could not be read`;
    say(`${runs} runs looked at${left}. ${groups.length} pieces of code recur in ${least} or more.`);
    return 0;
  });
}

function tell({ kind, count, runs, success, median, example, name, save }: CodeGroup): void {
  const usd = median.usd === null ? 'price unknown' : `$${median.usd.toFixed(4)}`;
  const cost = `${median.calls} calls, ${median.tokens.toLocaleString('en')} tokens, ${usd}`;
  const lines = [
    `${name}: a ${kind} of ${count} uses in ${runs} runs, ${Math.round(success * 100)} % ended well; median ${cost}`,
    ...example.split('\n').map((line) => `    ${line}`),
    `  ${save}`,
    '',
  ];
  for (const line of lines) process.stdout.write(`${safeText(line)}\n`);
}
