import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandsOf, program, wordsOf } from './command-line.ts';
import { blocksOf, codeIn, pages, ROOT } from './kit.ts';

const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};
const NPM_OWN = ['ci', 'install', 'test'];

const typed = blocksOf('sh', 'console').flatMap(({ page, line, language, text }) =>
  commandsOf(language, text).map((command) => ({ place: `${page}:${line}`, command })),
);

describe('commands in blocks', () => {
  it('are there', () => expect(typed.length).toBeGreaterThan(15));

  it.each(typed)('$place $command', ({ command }) => {
    const [first, ...rest] = wordsOf(command);
    if (first === 'braid') checkBraid(rest);
    else checkNpm(first, rest);
  });
});

/** `braid dev --stop`, `braid show RUN` in running text: part of a command, so only its names are judged. */
describe('commands in running text', () => {
  const named = pages().flatMap(({ name, prose }) =>
    codeIn(prose).flatMap((code) => (/^(npx )?braid [a-z]/.test(code) ? [`${name}: ${code}`] : [])),
  );

  it('are there', () => expect(named.length).toBeGreaterThan(15));

  it.each([...new Set(named)])('%s', (text) => {
    const [, name, ...rest] = wordsOf(text.slice(text.indexOf(': ') + 2));
    const command = program().commands.find((one) => one.name() === name);
    expect(command, `there is no braid ${name}`).toBeDefined();
    const known = command!.options.flatMap(({ short, long }) => [short, long]);
    for (const word of rest.filter((one) => one.startsWith('-') && one !== '-')) expect(known).toContain(word);
  });
});

describe('options in running text', () => {
  const known = new Set(program().commands.flatMap(({ options }) => options.flatMap(({ long }) => long ?? [])));
  /** Of other programs, or of designs that are named as missing. */
  const others = new Set(['--help', '--version', '--check', '--write', '--end-of-options']);
  const used = pages().flatMap(({ name, prose }) =>
    codeIn(prose).flatMap((code) => (code.startsWith('--') ? [`${name}: ${code.split(/[\s=]/)[0]}`] : [])),
  );

  it.each([...new Set(used)])('%s', (text) => {
    const option = text.slice(text.indexOf(': ') + 2);
    expect(known.has(option) || others.has(option) || option === '--', `no command has ${option}`).toBe(true);
  });
});

describe('the check itself', () => {
  it('refuses what the command line refuses', () => {
    expect(() => checkBraid(['show'])).toThrow(/missing required argument/);
    expect(() => checkBraid(['run', 'x.js', '--frobnicate'])).toThrow(/unknown option/);
    expect(() => checkBraid(['fly'])).toThrow(/unknown command/);
  });
});

function checkBraid(words: string[]): void {
  expect(words.length).toBeGreaterThan(0);
  program().parse(words, { from: 'user' });
}

function checkNpm(first: string | undefined, [verb = '', script = '']: string[]): void {
  expect(first, 'only braid and npm commands are checked').toBe('npm');
  expect([...NPM_OWN, ...Object.keys(scripts).map((name) => `run ${name}`)]).toContain(`${verb} ${script}`.trim());
}
