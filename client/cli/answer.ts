/** `braid answer`: give a waiting run what it asks for (DW-51). */
import type { Command } from 'commander';
import { addOutput, outputOf, type Output } from './options.ts';

export interface AnswerFlags {
  /** JSON text, `@file` or `@-`. */
  value?: string;
  yes?: boolean;
  no?: boolean;
  by?: string;
  output?: Output;
}

export function addAnswer(program: Command): void {
  addOutput(
    program
      .command('answer')
      .description(
        'Answer a run that waits for a person. Without an answer it shows the gate and, on a terminal, asks.',
      )
      .argument('<run>')
      .argument('[words...]', 'the gate (when several are open), then the answer as text'),
  )
    .option('--value <json>', 'the answer as JSON, @file.json, or @- for standard input')
    .option('--yes', 'approve')
    .option('--no', 'do not approve')
    .option('--by <name>', "who answers, for the run's record (default: the user of this machine)")
    .addHelpText(
      'after',
      `
See what waits with: braid list --waiting

Examples:
  $ braid answer migrate-3f2a91c0 --yes
  $ braid answer migrate-3f2a91c0 ask:2 only the lib folder
  $ braid answer migrate-3f2a91c0 ask:2 --value '{"paths": ["lib"]}' --by Ada`,
    )
    .action(async (run: string, words: string[], flags: AnswerFlags) => {
      const { answer } = await import('./run-answer.ts');
      await answer(run, words, flags, outputOf(flags));
    });
}
