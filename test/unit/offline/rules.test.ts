import { describe, expect, it } from 'vitest';
import { checkIn, findIn, RULES } from '../../../activities/offline/review/find.ts';
import { parseSource } from '../../../activities/offline/review/source.ts';

function found(code: string, path = 'a.js'): string[] {
  const source = parseSource(path, code.split('\n'));
  if (source === null) throw new Error(`cannot parse:\n${code}`);
  return findIn(source).map(({ rule, line }) => `${rule.id}:${line}`);
}

function doubts(code: string, path = 'a.js'): (string | null)[] {
  const source = parseSource(path, code.split('\n'));
  if (source === null) throw new Error(`cannot parse:\n${code}`);
  return checkIn(source).map(({ doubt }) => doubt);
}

const FS = "import fs, { readFileSync } from 'node:fs';\n";
const CP = "import { exec, spawn } from 'node:child_process';\n";

/** Bad code with the place of the finding, and the same line mended. */
const PAIRS: [rule: string, bad: string, mended: string, line: number][] = [
  ['swallowed-error', 'try {\n  go();\n} catch {}', 'try {\n  go();\n} catch (error) { log(error); }', 3],
  ['swallowed-rejection', 'go()\n  .catch(() => {});', 'go()\n  .catch((error) => { log(error); });', 2],
  [
    'finally-return',
    'function f() {\n  try { go(); } finally {\n    return 1;\n  }\n}',
    'function f() {\n  try { go(); } finally {\n    done();\n  }\n}',
    3,
  ],
  [
    'floating-promise',
    'async function save() { await io(); }\nfunction f() {\n  save();\n}',
    'async function save() { await io(); }\nfunction f() {\n  return save();\n}',
    3,
  ],
  [
    'floating-promise',
    'class A {\n  async save() { await io(); }\n  go() { this.save(); }\n}',
    'class A {\n  async save() { await io(); }\n  go() { void this.save(); }\n}',
    3,
  ],
  [
    'async-callback',
    'items.forEach(async (item) => { await save(item); });',
    'for (const item of items) await save(item);',
    1,
  ],
  [
    'async-executor',
    'new Promise(async (resolve) => { resolve(await io()); });',
    'new Promise((resolve) => { resolve(io()); });',
    1,
  ],
  [
    'unchecked-json',
    `${FS}export const load = (f) => JSON.parse(readFileSync(f, 'utf8'));`,
    `${FS}export const load = (f) => parseJson(readFileSync(f, 'utf8'));`,
    2,
  ],
  [
    'shell-string',
    `${CP}export const f = (name) => exec(\`tar xf \${name}\`);`,
    `${CP}export const f = (name) => spawn('tar', ['xf', name]);`,
    2,
  ],
  ['shell-string', `${CP}spawn('rm ' + name, { shell: true });`, `${CP}spawn('rm ' + name, { shell: false });`, 2],
  [
    'shell-string',
    "const cp = require('child_process');\ncp.execSync('ls ' + dir);",
    "const cp = require('child_process');\ncp.execFileSync('ls', [dir]);",
    2,
  ],
  ['dynamic-code', 'const f = new Function(source);', 'const f = table[source];', 1],
  ['tls-off', 'connect({ host, rejectUnauthorized: false });', 'connect({ host, rejectUnauthorized: true });', 1],
  ['weak-random', 'const token = Math.random().toString(36);', 'const token = randomUUID();', 1],
  [
    'sync-io-in-loop',
    `${FS}for (const f of files) {\n  out.push(readFileSync(f));\n}`,
    `${FS}for (const f of files) {\n  out.push(await readFile(f));\n}`,
    3,
  ],
  ['sync-io-in-loop', `${FS}files.map((f) => fs.statSync(f));`, `${FS}files.map((f) => stat(f));`, 2],
  [
    'quadratic-copy',
    'let all = [];\nfor (const x of xs) {\n  all = [...all, x];\n}',
    'let all = [];\nfor (const x of xs) {\n  all.push(x);\n}',
    3,
  ],
  [
    'quadratic-copy',
    'xs.reduce((all, x) => ({ ...all, [x.id]: x }), {});',
    'xs.reduce((all, x) => Object.assign(all, { [x.id]: x }), {});',
    1,
  ],
];

describe('rules', () => {
  it.each(PAIRS)('%s is found, and gone when its line is mended', (rule, bad, mended, line) => {
    expect(found(bad)).toEqual([`${rule}:${line}`]);
    expect(found(mended)).toEqual([]);
    const [badLines, mendedLines] = [bad.split('\n'), mended.split('\n')];
    const changed = badLines.flatMap((text, index) => (text === mendedLines[index] ? [] : [index + 1]));
    expect(changed.filter((index) => index !== line).length).toBeLessThanOrEqual(
      badLines.length === mendedLines.length ? 0 : 99,
    );
  });

  it('every rule has a pair', () => {
    expect(new Set(PAIRS.map(([rule]) => rule))).toEqual(new Set(RULES.map(({ id }) => id)));
  });

  it.each([
    ['a method named exec of something else', 'const m = /x/.exec(`${name}`);'],
    ['a shell command without variables', `${CP}exec('ls -l');`],
    ['a call of something that is not async', 'function save() {}\nsave();'],
    ['an async name that is shadowed', 'async function save() {}\nfunction f(save) { save(); }'],
    ['a promise that is handled', 'async function save() {}\nsave().catch(report);'],
    ['a fallback value', 'const x = await go().catch(() => undefined);'],
    ['sync I/O outside of loops', `${FS}readFileSync('a');`],
    [
      'sync I/O in a function that a loop only defines',
      `${FS}for (const f of fs) { later(() => { g(); }); }\nreadFileSync('x');`,
    ],
    ['JSON from the program itself', 'const copy = JSON.parse(JSON.stringify(value));'],
    ['guarded JSON', `${FS}try { JSON.parse(readFileSync(f, 'utf8')); } catch (e) { report(e); }`],
    ['randomness that is no secret', 'const delay = Math.random() * 10;'],
    ['words in strings and comments', '// exec(`rm ${x}`) and catch {}\nconst s = "eval(x)";'],
  ])('does not report %s', (_name, code) => {
    expect(found(code)).toEqual([]);
  });

  it.each([
    ['a comment in the catch', 'try { go(); } catch {\n  // the file may be gone already\n}', /may be gone/],
    ['a clean-up', 'try { fs.unlinkSync(f); } catch {}', /only cleans up \(unlinkSync\)/],
    [
      'a fallback after it',
      'function f() {\n  try { return go(); } catch {}\n  return null;\n}',
      /returns another value/,
    ],
    ['a promise that others await', 'const job = go();\njob.catch(() => {});\nawait job;', /"job" is used in/],
    [
      'an async function that never rejects',
      'async function save() { try { await io(); } catch (e) { log(e); } }\nfunction f() { save(); }',
      /catches every error itself/,
    ],
    ['a comment at the call', 'async function save() { await io(); }\n// fire and forget\nsave();', /fire and forget/],
    ['constants in a shell string', `${CP}const port = 80;\nexec(\`fuser -k \${port}\`);`, /constant/],
    ['quoted parts of a shell string', `${CP}exec(\`ls \${shellQuote(dir)}\`);`, /quoted/],
    ['a fixed list', `${FS}for (const f of ['a', 'b']) readFileSync(f);`, /fixed list of 2/],
    ['a command of its own', `#!/usr/bin/env node\n${FS}for (const f of files) readFileSync(f);`, /command of its own/],
    [
      'a file of the package itself',
      `${FS}const pkg = JSON.parse(readFileSync(new URL('../package.json', import.meta.url)));`,
      /part of this package/,
    ],
  ])('the sceptic knows %s', (_name, code, reason) => {
    expect(doubts(code)).toEqual([expect.stringMatching(reason)]);
  });

  it('the sceptic keeps a list that grows', () => {
    expect(doubts(`${FS}const list = ['a'];\nlist.push(b);\nfor (const f of list) readFileSync(f);`)).toEqual([null]);
  });

  it('reads TypeScript at its own lines and columns', () => {
    const code = [
      'enum Color { Red, Green }',
      '@sealed({ deep: (true) })',
      'export class Box<T extends object> {',
      '  constructor(private readonly value: T, /* why */ public name?: string) {}',
      '  async save(): Promise<void> { await io<T>(this.value as T); }',
      '  go(list: readonly T[]): void { this.save(); }',
      '}',
      'const old = <Box<Color>>make();',
      'type Names = keyof Color;',
      'export { Names };',
    ].join('\n');
    expect(found(code, 'a.ts')).toEqual(['floating-promise:6']);
  });

  it('says that it cannot read what it cannot read', () => {
    expect(parseSource('a.js', ['const = ;'])).toBeNull();
    expect(parseSource('a.min.js', [`x=${'1+'.repeat(2000)}1`])).toBeNull();
  });
});
