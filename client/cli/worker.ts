/** `braid worker`: a worker alone, for a server that runs elsewhere or in another terminal. */
import { Option, type Command } from 'commander';

export function addWorker(program: Command): void {
  program
    .command('worker')
    .description('Run a worker: takes the runs of this store from the server. Holds the provider keys.')
    .addOption(new Option('--background').hideHelp())
    .addHelpText('after', '\nExample:\n  $ OPENAI_API_KEY=… TEMPORAL_ADDRESS=127.0.0.1:7233 braid worker')
    .action(async (flags: { background?: boolean }) => {
      const { runWorker } = await import('./run-worker.ts');
      await runWorker(flags.background === true ? 'background' : 'foreground');
    });
}
