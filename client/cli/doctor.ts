/** `braid doctor`: what is reachable, configured, missing; each line with its fix. */
import type { Command } from 'commander';
import { addOutput, outputOf, type Output } from './options.ts';

export function addDoctor(program: Command): void {
  addOutput(program.command('doctor'))
    .description('Tell what is reachable, configured and missing, each with its fix.')
    .addHelpText('after', '\nExample:\n  $ braid doctor')
    .action(async (flags: { output?: Output }) => {
      const { runDoctor } = await import('./run-doctor.ts');
      process.exitCode = await runDoctor(outputOf(flags));
    });
}
