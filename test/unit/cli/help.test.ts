/** Every command explains itself with an example that its own parser takes. */
import { describe, expect, it } from 'vitest';
import type { Command } from 'commander';
import { program, wordsOf } from '../docs/command-line.ts';

/** What `braid NAME --help` prints, the text after the options included. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text;
}

const commands = program().commands.map((command) => [command.name(), command] as const);

describe('help', () => {
  it('is there for the commands of the design', () => {
    const names = commands.map(([name]) => name);
    const wanted = [
      'run',
      'rlm',
      'fork',
      'list',
      'show',
      'watch',
      'result',
      'logs',
      'pause',
      'resume',
      'cancel',
      'limit',
    ];
    expect(names).toEqual(
      expect.arrayContaining([
        ...wanted,
        'answer',
        'skip',
        'restart',
        'save',
        'gc',
        'export',
        'import',
        'dev',
        'worker',
        'doctor',
      ]),
    );
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(commands)('%s has a description and an example', (name, command) => {
    expect(command.description()).not.toBe('');
    expect(helpOf(command)).toMatch(new RegExp(`^ +\\$ .*\\bbraid ${name}\\b`, 'm'));
  });

  const examples = commands.flatMap(([, command]) =>
    [...helpOf(command).matchAll(/^ +\$ (.+)$/gm)].flatMap(([, line = '']) => line.split(/ \| | && /)),
  );

  it.each(examples.filter((line) => line.startsWith('braid ')))('%s', (line) => {
    expect(() => program().parse(wordsOf(line).slice(1), { from: 'user' })).not.toThrow();
  });
});
