/** The `braid` command. Each command is loaded only when it is asked for: most of a short command's time is loading. */
import { Command, CommanderError } from 'commander';
import { reportError } from './errors.ts';
import { COMMANDS } from './commands.ts';
import { VERSION } from './version.ts';

endWithLauncher();
endWithReader();
await main(process.argv);

async function main(argv: string[]): Promise<void> {
  const program = new Command('braid')
    .description('Runs work that takes many model calls, durably, on Temporal.')
    .version(VERSION)
    .showHelpAfterError('(see: braid --help)')
    .exitOverride()
    .addHelpText(
      'after',
      '\nA first run, free of charge:\n  $ braid run examples/review.js --cwd . --model offline/reviewer\n',
    );
  for (const add of COMMANDS) add(program);
  for (const command of program.commands)
    command.exitOverride().showHelpAfterError(`(see: braid ${command.name()} --help)`);
  try {
    await program.parseAsync(argv);
  } catch (error) {
    process.exitCode = error instanceof CommanderError ? (error.exitCode === 0 ? 0 : 2) : await reportError(error);
  }
}

/** A launcher on an older Node started this process: when it is killed, this process must not live on. */
function endWithLauncher(): void {
  if (process.channel === undefined) return;
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  process.channel.unref();
}

/** `braid show RUN | head` closes the pipe early: that is the reader's right, not an error. */
function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
}
