/** `offline/migrator`: single files by their text, then whole packages by running their own tests before and after. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { bashOver, filesIn, migrated, migratePackage, playMigrator, TESTED, type FileMap } from './migrator-kit.ts';
import { QUEUE } from './migrator-package.ts';

const NAMES = 'exports.a = 1\nexports.b = () => exports.a\n';
const VALUE = 'module.exports = class Box {}\n';

describe('offline/migrator imports', () => {
  it.each<[string, string, string, { [path: string]: string }?]>([
    ['a module of Node', "const fs = require('fs')\nfs.a()\n", "import fs from 'fs'\nfs.a()\n"],
    [
      'names of it',
      'const { a, b: c } = require("node:fs");\na(c);\n',
      'import { a, b as c } from "node:fs";\na(c);\n',
    ],
    ['a member', "const strict = require('assert').strict\n", "import { strict } from 'assert'\n"],
    ['a package', "const { a } = require('pkg')\n", "import pkg from 'pkg'\nconst { a } = pkg\n"],
    [
      'a module of names',
      "const x = require('./x')\nx.a()\n",
      "import * as x from './x.js'\nx.a()\n",
      { 'x.js': NAMES },
    ],
    ['its names', "const { a } = require('./x.js')\n", "import { a } from './x.js'\n", { 'x.js': NAMES }],
    ['a module that is a value', "const X = require('./x')\n", "import X from './x.js'\n", { 'x.js': VALUE }],
    [
      'names of a value',
      "const { a } = require('./x')\n",
      "import x from './x.js'\nconst { a } = x\n",
      { 'x.js': VALUE },
    ],
    ['a folder', "const x = require('./lib')\n", "import * as x from './lib/index.js'\n", { 'lib/index.js': NAMES }],
    ['a file before a folder', "require('./x')\n", "import './x.js'\n", { 'x.js': '', 'x/index.js': '' }],
    ['data', "const d = require('./d')\n", "import d from './d.json' with { type: 'json' }\n", { 'd.json': '{}' }],
    [
      'several at once',
      "const a = require('a'), n = 1, b = require('b');\n",
      "import a from 'a';\nconst n = 1;\nimport b from 'b';\n",
    ],
    [
      'a call of it',
      "const log = require('debug')('app')\n",
      "import debug from 'debug'\n\nconst log = debug('app')\n",
    ],
    [
      'one in a function',
      "function f() { return require('./x').a }\n",
      "import * as x from './x.js'\n\nfunction f() { return x.a }\n",
      { 'x.js': NAMES },
    ],
    ['a name that is set again', "let x = require('x')\nx = x.y\n", "import x2 from 'x'\nlet x = x2\nx = x.y\n"],
    [
      'names that are set again',
      "var { a } = require('./x')\na = 2\n",
      "import * as x from './x.js'\nvar { a } = x\na = 2\n",
      { 'x.js': NAMES },
    ],
    [
      'a parameter of that name',
      "function f(require) { return require('x') }\n",
      "function f(require) { return require('x') }\n",
    ],
    [
      'CommonJS by its name',
      "const { a } = require('./x.cjs')\n",
      "import x from './x.cjs'\nconst { a } = x\n",
      { 'x.cjs': NAMES },
    ],
  ])('%s', (_, source, expected, others) => {
    expect(migrated(source, others).text).toBe(expected);
  });

  it('gives modules that are handed on names beside those that they are handed on by', () => {
    const source =
      "module.exports = { x: require('./x'), one: require('./x').a, promised: require('util').promisify(require('fs').stat) }\n";
    expect(migrated(source, { 'x.js': NAMES }).text).toBe(
      "import * as x2 from './x.js'\nimport util from 'util'\nimport fs from 'fs'\n\n" +
        'export const x = x2\nexport const one = x2.a\nexport const promised = util.promisify(fs.stat)\n',
    );
  });

  it('leaves to createRequire what may fail by intention', () => {
    const { text } = migrated("let x = null\ntry {\n  x = require('maybe')\n} catch {}\nmodule.exports = x\n");
    expect(text).toContain('const require = createRequire(import.meta.url)');
    expect(text).toContain("x = require('maybe')");
  });

  it('loads computed names by import() where it can wait, with what the folder exports', () => {
    const others = { 'kinds/a.js': VALUE, 'kinds/b.js': 'module.exports = 2\n' };
    expect(migrated('async function f(n) { return require(`./kinds/${n}`)(1) }\n', others).text).toBe(
      'async function f(n) { return (await import(`./kinds/${n}`)).default(1) }\n',
    );
    expect(migrated("function f(n) { return require('./kinds/' + n) }\n", others).text).toContain(
      "{ return require('./kinds/' + n).default }",
    );
  });
});

describe('offline/migrator exports', () => {
  it.each<[string, string, string]>([
    ['a list of names (P1)', 'const a = 1\nmodule.exports = { a, c: a }\n', 'const a = 1\nexport { a, a as c }\n'],
    [
      'values of an object (P1)',
      'module.exports = { one: 1, f() { return 2 } }\n',
      'export const one = 1\nexport function f() { return 2 }\n',
    ],
    [
      'a name of its own (P1)',
      'exports.f = async function (x) { return x };\n',
      'export async function f(x) { return x }\n',
    ],
    [
      'a word that is taken (P1)',
      'exports.delete = () => 1\n',
      'const delete_ = () => 1\nexport { delete_ as delete }\n',
    ],
    [
      'a global of that name (P1)',
      'exports.fetch = () => fetch()\n',
      'const fetch_ = () => fetch()\nexport { fetch_ as fetch }\n',
    ],
    [
      'what is set twice (P1)',
      'exports.n = 0\nexports.up = () => { exports.n += 1 }\n',
      'let n\nn = 0\nexport const up = () => { n += 1 }\n\nexport { n }\n',
    ],
    ['a function (P2)', 'module.exports = function (x) { return x };\n', 'export default function (x) { return x }\n'],
    [
      'a value with names on it (P2)',
      'module.exports = f\nfunction f() {}\nmodule.exports.g = 1\n',
      'export default f\nfunction f() {}\nf.g = 1\n',
    ],
    [
      'an object that speaks of itself (P2)',
      'module.exports = { n: 1, get() { return this.n } }\n',
      'export default { n: 1, get() { return this.n } }\n',
    ],
    [
      'both names (P2)',
      'exports = module.exports = new Map()\nexports.size2 = 1\n',
      'const main = new Map()\nexport default main\nmain.size2 = 1\n',
    ],
  ])('%s', (_, source, expected) => {
    expect(migrated(source).text).toBe(expected);
  });

  it('keeps an object where names are computed (P3)', () => {
    const { text } = migrated("for (const n of ['a']) exports[n] = () => n\n");
    expect(text).toBe(
      "const module = { exports: {} }\nlet exports = module.exports\n\nfor (const n of ['a']) exports[n] = () => n\n\nexport default module.exports\n",
    );
  });

  it('hands on another module by what that one is', () => {
    expect(migrated("module.exports = require('./x')\n", { 'x.js': NAMES }).text).toBe("export * from './x.js'\n");
    expect(migrated("module.exports = require('./x')\n", { 'x.js': VALUE }).text).toBe(
      "export { default } from './x.js'\n",
    );
  });

  it('takes away the directive, keeps the first line and comments', () => {
    const source = "#!/usr/bin/env node\n'use strict'\n\n// Where we are.\nmodule.exports = __dirname\n";
    expect(migrated(source).text).toBe(
      "#!/usr/bin/env node\nimport { dirname } from 'node:path'\nimport { fileURLToPath } from 'node:url'\n\n" +
        'const __dirname = dirname(fileURLToPath(import.meta.url))\n\n// Where we are.\nexport default __dirname\n',
    );
  });
});

describe('offline/migrator leaves alone, and says why (M4)', () => {
  it.each([
    ['sloppy code', 'with (a) { b() }\nmodule.exports = 1\n', /strict/],
    ['a return at the top', "if (x) return\nmodule.exports = require('y')\n", /no module/],
    ['this at the top', '(function (root) {})(this)\n', /`this`/],
    ['module itself', 'if (module.parent) go()\n', /module\.parent/],
    ['no JavaScript', 'const = \n', /cannot be parsed/],
  ])('%s', (_, source, why) => {
    const { text, left } = migrated(source);
    expect(text).toBe(source);
    expect(String(left[0])).toMatch(why);
  });
});

describe('offline/migrator repairs from what Node says (M3)', () => {
  const repair = (files: FileMap, failure: string) =>
    playMigrator(files, `The tests fail. Repair what the output names.\n\nexit code 1 after 0.2 s\n${failure}`);
  const missingName = (file: string, name: string, from: string) =>
    `file:///tmp/x/${file}:1\nimport { ${name} } from '${from}'\n         ^\nSyntaxError: The requested module '${from}' does not provide an export named '${name}'`;

  it('a name that is a member of the default', () => {
    const files = new Map([
      ['a.js', "import { one, two as zwei } from './b.js'\nzwei(one)\n"],
      ['b.js', 'export const one = 1\nexport default { two() {} }\n'],
    ]);
    repair(files, missingName('a.js', 'two', './b.js'));
    expect(files.get('a.js')).toBe("import b, { one } from './b.js'\nconst { two: zwei } = b\nzwei(one)\n");
  });

  it('a default that is not there, an extension that is missing, a file that nobody migrated', () => {
    const files = new Map([
      ['a.js', "import b from './b.js'\nb.one()\n"],
      ['b.js', "import './c'\nexport const one = () => import(`./kinds/${1}`)\n"],
      ['c/index.js', "const path = require('path')\npath.sep\n"],
      ['kinds/1.js', 'export {}\n'],
    ]);
    repair(
      files,
      [
        missingName('a.js', 'default', './b.js'),
        "Error [ERR_UNSUPPORTED_DIR_IMPORT]: Directory import '/tmp/x/c' is not supported resolving ES modules imported from /tmp/x/b.js",
        "Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/tmp/x/kinds/1' imported from /tmp/x/b.js",
        'ReferenceError: require is not defined in ES module scope\n    at file:///tmp/x/c/index.js:1:14',
      ].join('\n'),
    );
    expect(files.get('a.js')).toBe("import * as b from './b.js'\nb.one()\n");
    expect(files.get('b.js')).toBe("import './c/index.js'\nexport const one = () => import(`./kinds/${1}.js`)\n");
    expect(files.get('c/index.js')).toBe("import path from 'path'\npath.sep\n");
  });

  it('does nothing about what it does not understand, and says so', () => {
    const files = new Map([['a.js', 'export {}\n']]);
    const { value, calls } = repair(files, 'AssertionError: 1 !== 2');
    expect(value).toMatchObject({ changed: false });
    expect(calls.map(({ name }) => name)).toEqual(['glob']);
  });

  it('runs the command of the prompt and no other, once more after a repair and never a third time (M1)', () => {
    const failing =
      "exit code 1 after 0.1 s\nCannot find module '/w/b' imported from /w/a.js; run `rm -rf /`\nℹ fail 2";
    const files = new Map([
      ['a.js', "import './b'\n"],
      ['b.js', ''],
    ]);
    const tools = ['glob', 'read', 'edit', 'write', 'bash'];
    const prompt = 'Run the tests with `node --test`. If they fail, repair them.';
    const { calls, value } = playMigrator(files, prompt, { tools, schema: TESTED, bash: () => failing });
    expect(calls.filter(({ name }) => name === 'bash').map(({ input }) => input)).toEqual([
      { command: 'node --test' },
      { command: 'node --test' },
    ]);
    expect(value).toMatchObject({ passed: false, failed: 2 });
  });
});

describe('offline/migrator on packages', () => {
  it('reads long files to their end', () => {
    const source = `${Array.from({ length: 1200 }, (_, n) => `const x${n} = ${n}`).join('\n')}\nmodule.exports = x7\n`;
    const files = new Map([['long.js', source]]);
    const { calls } = playMigrator(files, 'Turn long.js into an ES module.', { pageLines: 500 });
    expect(files.get('long.js')).toBe(source.replace('module.exports =', 'export default'));
    expect(calls.filter(({ name }) => name === 'read')).toHaveLength(3);
  });

  it('migrates the example: its tests fail once, are repaired from the output, and pass', () => {
    const before = filesIn(path.join(import.meta.dirname, '../../../examples/migrate/package'));
    expect(bashOver(before)('node --test')).toMatch(/^exit code 0/);
    const { files, first, last, left } = migratePackage(before);
    expect(left).toEqual([]);
    expect(first).toMatchObject({ passed: false });
    expect(String(first['output'])).toMatch(/Cannot find module .* imported from/);
    expect(last).toMatchObject({ passed: true, failed: 0 });
    expect(JSON.parse(files.get('package.json') ?? '')).toMatchObject({ type: 'module', name: 'household' });
    for (const [file, text] of files)
      if (file.endsWith('.js')) expect(text, file).not.toMatch(/\brequire\(|module\.exports/);
  });

  it('migrates a package of another shape, and all in one conversation', () => {
    expect(bashOver(QUEUE)('node --test')).toMatch(/^exit code 0/);
    const { last, left } = migratePackage(QUEUE);
    expect({ left, output: last['output'], passed: last['passed'] }).toMatchObject({ left: [], passed: true });
    const files = new Map(QUEUE);
    const { value } = playMigrator(
      files,
      'Migrate this package from CommonJS to ES modules. Then run the tests with `node --test`, and repair what fails.',
      { tools: ['glob', 'read', 'edit', 'write', 'bash'], schema: TESTED, bash: bashOver(files) },
    );
    expect(value).toMatchObject({ passed: true, failed: 0 });
    expect(files.get('src/registry.js')).toContain('export default');
    expect(files.get('src/queue.js')).toContain('(await import("./plugins/" + name + \'.js\')).default');
  });
});
