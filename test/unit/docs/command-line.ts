/** Commands as they stand in the docs: taken apart as a shell would, parsed by the real command line, never run. */
import { Command } from 'commander';
import { COMMANDS } from '../../../client/cli/commands.ts';

/** The `braid` program with actions that do nothing and errors that throw. */
export function program(): Command {
  const braid = new Command('braid')
    .exitOverride()
    .configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  for (const add of COMMANDS) add(braid);
  for (const command of braid.commands) {
    command
      .copyInheritedSettings(braid)
      .exitOverride()
      .action(() => undefined);
  }
  return braid;
}

/** Commands of a block: a command a line, `$ ` before it in a console block, comments and output left out. */
export function commandsOf(language: string, text: string): string[] {
  const lines = text.split('\n').map((line) => line.trim());
  const typed =
    language === 'console' ? lines.filter((line) => line.startsWith('$ ')).map((line) => line.slice(2)) : lines;
  return typed.filter((line) => line !== '' && !line.startsWith('#'));
}

/** Words of a command line without the variables that are set before it, without `npx`, and without where its output goes. */
export function wordsOf(line: string): string[] {
  const words = [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  );
  while (/^[A-Z_]+=/.test(words[0] ?? '')) words.shift();
  if (words[0] === 'npx') words.shift();
  const output = words.indexOf('>');
  return output === -1 ? words : words.slice(0, output);
}
