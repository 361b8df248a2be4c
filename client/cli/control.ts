/** `braid pause | resume | cancel | limit | skip | restart`: steer a run from any process (DW-52). */
import type { Command } from 'commander';
import type { RunHandle } from '../run-handle.ts';

interface LimitFlags {
  maxCalls?: string;
  maxRequests?: string;
  maxOutputTokens?: string;
  maxInputTokens?: string;
  maxUsd?: string;
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
    .option('--max-input-tokens <n>', 'input tokens of the whole run')
    .option('--max-usd <n>', 'what the whole run may cost, in USD')
    .addHelpText(
      'after',
      `
A limit below what is spent already is taken: nothing more is sent then.

Examples:
  $ braid limit review-3f2a --max-calls 5000
  $ braid limit review-3f2a --max-usd 2.50 --max-output-tokens 2_000_000`,
    )
    .action(async (id: string, flags: LimitFlags) => (await import('./run-limit.ts')).limit(id, flags));
  addSteer(program, 'skip', 'Give up one call of a run: it ends without a value, and the run goes on without it.');
  addSteer(program, 'restart', 'Begin one call of a run anew: what it did so far is given up.');
}

function addSteer(program: Command, name: 'skip' | 'restart', what: string): void {
  program
    .command(name)
    .description(what)
    .argument('<run>')
    .argument('<call>', 'its address, such as agent:3, or its label when no other open call has that')
    .addHelpText(
      'after',
      `\nExamples:\n  $ braid ${name} review-3f2a agent:3\n  $ braid ${name} review-3f2a 'review security'`,
    )
    .action(async (id: string, call: string) => {
      const { steerCall } = await import('./run-steer.ts');
      await steerCall(id, call, name);
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
