/** `braid dev`: server and worker in the foreground. */
import { Option, type Command } from 'commander';

export interface DevFlags {
  /** False with `--no-worker`. */
  worker: boolean;
  port?: string;
  uiPort?: string;
  stop?: boolean;
  background?: boolean;
}

export function addDev(program: Command): void {
  program
    .command('dev')
    .description('Run a Temporal server (if none is reachable) and a worker in the foreground.')
    .option('--no-worker', 'the server alone')
    .option('--port <n>', 'port of a second, separate server')
    .option('--ui-port <n>', "port of that server's UI")
    .option('--stop', 'end the server and workers that run in the background')
    .addOption(new Option('--background').hideHelp())
    .addHelpText(
      'after',
      '\nExamples:\n  $ braid dev\n  $ braid dev --port 7300 --ui-port 8300 --no-worker\n  $ braid dev --stop',
    )
    .action(async (flags: DevFlags) => {
      const { runDev, stopDev } = await import('./run-dev.ts');
      await (flags.stop === true ? stopDev() : runDev(flags));
    });
}
