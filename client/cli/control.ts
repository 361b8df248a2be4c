/** `braid pause | resume | cancel | limit`: steer a run from any process. */
import type { Command } from 'commander';
import { BraidError } from '../../protocol/errors.ts';
import type { RunHandle } from '../run-handle.ts';

interface LimitFlags {
  maxCalls?: string;
  maxRequests?: string;
  maxOutputTokens?: string;
}

export function addControl(program: Command): void {
  add(
    program,
    'pause',
    'Send no new calls; those in flight go on.',
    (run) => run.pause(),
    'Paused. Go on with: braid resume',
  );
  add(program, 'resume', 'Go on with a paused run.', (run) => run.resume(), 'Resumed. Look: braid watch');
  add(
    program,
    'cancel',
    'Cancel a run and everything it has in flight.',
    (run) => run.cancel(),
    'Cancelling. Look: braid show',
  );
  program
    .command('limit')
    .description('Change the limits of a running run; one that waits at a limit goes on.')
    .argument('<run>')
    .option('--max-calls <n>', 'calls over the life of the run')
    .option('--max-requests <n>', 'requests to providers')
    .option('--max-output-tokens <n>', 'output tokens of the whole run')
    .addHelpText('after', '\nExample:\n  $ braid limit review-3f2a --max-calls 5000')
    .action(async (id: string, flags: LimitFlags) => {
      const limits = limitsOf(flags);
      await steer(
        id,
        (run) => run.limit(limits),
        `Limits changed: ${Object.entries(limits)
          .map(([name, n]) => `${name} ${n}`)
          .join(', ')}. Look: braid watch`,
      );
    });
}

function add(
  program: Command,
  name: string,
  what: string,
  action: (run: RunHandle) => Promise<void>,
  done: string,
): void {
  program
    .command(name)
    .description(what)
    .argument('<run>')
    .addHelpText('after', `\nExample:\n  $ braid ${name} review-3f2a`)
    .action((id: string) => steer(id, action, done));
}

async function steer(id: string, action: (run: RunHandle) => Promise<void>, done: string): Promise<void> {
  const [{ RunHandle }, { say, withSession }] = await Promise.all([import('../run-handle.ts'), import('./common.ts')]);
  await withSession('server', (session) => action(new RunHandle(session.client, id)));
  say(`${done} ${id}`);
}

function limitsOf(flags: LimitFlags): { [name in keyof LimitFlags]?: number } {
  const entries = Object.entries(flags as { [name: string]: string }).map(([name, text]): [string, number] => {
    const n = Number(text);
    if (Number.isInteger(n) && n > 0) return [name, n];
    throw new BraidError('BRAID_USAGE', `${name} must be a whole number above 0, not ${JSON.stringify(text)}.`);
  });
  if (entries.length > 0) return Object.fromEntries(entries);
  throw new BraidError('BRAID_USAGE', 'braid limit needs at least one limit.', {
    fix: 'braid limit RUN --max-calls 5000',
  });
}
