import { describe, expect, it } from 'vitest';
import { check, refused } from './kit.ts';

describe('DW-05 meta', () => {
  it('is read as data, extra keys too', () => {
    const source = `/* first */ // second
      export const meta = {
        name: 'a', "description": \`template\`, whenToUse: "x",
        phases: [{ title: 'P', detail: 'd', model: 'haiku' }, { title: 'Q' }],
        extra: { 1: -1.5, yes: true, no: false, none: null, list: [], 'with space': +2 },
      };`;
    expect(check(source).meta).toEqual({
      name: 'a',
      description: 'template',
      whenToUse: 'x',
      phases: [{ title: 'P', detail: 'd', model: 'haiku' }, { title: 'Q' }],
      extra: { '1': -1.5, yes: true, no: false, none: null, list: [], 'with space': 2 },
    });
    expect(check(source).warnings).toEqual([]);
  });

  it('names the script', () => {
    expect(check("export const meta = { name: 'from meta', description: 'd' }", 'file.js').name).toBe('from meta');
  });

  it('may follow a directive, and stays a variable of the script', () => {
    const checked = check("'use strict'\nexport const meta = { name: 'n', description: 'd' }\nreturn meta.name");
    expect(checked.source).toBe("'use strict'\n       const meta = { name: 'n', description: 'd' }\nreturn meta.name");
  });

  it.each([
    ['without meta', 'return 1', 'no meta'],
    ['with meta that is not exported', "const meta = { name: 'n' }", 'not exported'],
    ['without description', "export const meta = { name: 'n' }", 'no description'],
    ['with phases that are no list', "export const meta = { name: 'n', description: 'd', phases: 'p' }", 'meta.phases'],
    [
      'with phases without title',
      "export const meta = { name: 'n', description: 'd', phases: [{ t: 1 }] }",
      'meta.phases',
    ],
  ])('%s the script runs with a warning', (_name, source, warning) => {
    expect(check(source).warnings).toEqual([expect.stringContaining(warning)]);
  });

  it.each([
    ['{ name: NAME }', '`meta.name` uses the variable NAME', 'NAME'],
    ["{ name: 'n', phases: [{ title: X }] }", '`meta.phases[0].title` uses the variable X', 'X }'],
    [
      "{ name: 'n', phases: [{ title: 'a' }, { title: `b${c}` }] }",
      '`meta.phases[1].title` interpolates the variable c',
      'c}',
    ],
    ["{ name: 'n', x: `${1 + 1}` }", '`meta.x` interpolates an expression', '1 + 1'],
    ["{ name: 'n', ...rest }", '`meta` spreads another object', '...rest'],
    ["{ name: 'n', x: [...rest] }", '`meta.x[0]` is spread from another list', '...rest'],
    ["{ name: 'n', x: [1, , 2] }", '`meta.x[1]` is a hole', '[1'],
    ["{ name: 'n', ['x']: 1 }", '`meta` has a computed key', '['],
    ["{ name: 'n', x: f() }", '`meta.x` calls a function', 'f()'],
    ["{ name: 'n', x: new Date(0) }", '`meta.x` calls a function', 'new Date'],
    ["{ name: 'n', x: a.b }", '`meta.x` reads a property', 'a.b'],
    ["{ name: 'n', x: () => 1 }", '`meta.x` is a function', '() =>'],
    ["{ name: 'n', x() {} }", '`meta.x` is a function', '() {}'],
    ["{ name: 'n', get x() { return 1 } }", '`meta.x` is a getter', 'get x'],
    ["{ name: 'n', x: /a/ }", '`meta.x` is a regular expression', '/a/'],
    ["{ name: 'n', x: 1n }", '`meta.x` is a BigInt', '1n'],
    ["{ name: 'n', x: undefined }", '`meta.x` uses the variable undefined', 'undefined'],
    ["{ name: 'n', x: !0 }", '`meta.x` is computed', '!0'],
    ["{ name: 'n', x: 'a' + 'b' }", '`meta.x` is computed', "'a' +"],
    ["{ name: 'n', x: a ? 1 : 2 }", '`meta.x` is computed', 'a ?'],
    ["{ name: 'n', x: tag`a` }", '`meta.x` is a tagged template', 'tag`'],
    ["{ name: 'n', x: await y }", '`meta.x` awaits', 'await'],
    ["{ name: 'n', x: -'1' }", '`meta.x` is computed', "-'1'"],
    ["{ name: 'n', name2 }", '`meta.name2` uses the variable name2', 'name2 }'],
    ["{ name: 'n', __proto__: { a: 1 } }", '`meta.__proto__` is not allowed', '__proto__'],
    ["{ name: 'n', '__proto__': { a: 1 } }", '`meta.__proto__` is not allowed', "'__proto__'"],
    ['{}', '`meta` has no name', 'export'],
    ["{ name: '' }", 'must be a non-empty string', 'export'],
    ['{ name: 1 }', '`meta.name` is 1', 'export'],
    [`{ name: '${'n'.repeat(201)}' }`, '201 characters', 'export'],
    ["'text'", '`meta` is no object', "'text'"],
    ['[]', '`meta` is no object', '[]'],
    ['null', '`meta` is no object', 'null'],
    ['defineMeta({})', '`meta` calls a function', 'defineMeta'],
    ["{ name: 'n' }, other = 1", 'declared alone', 'const meta'],
  ])('refuses %s', (literal, message, place) => {
    const source = `export const meta = ${literal}`;
    const error = refused(source);
    expect(error.code).toBe('BRAID_SCRIPT_META');
    expect(error.message).toContain(message);
    expect(error.at?.column).toBe(source.indexOf(place) + 1);
    expect(error.at?.frame).toContain('^');
  });

  it.each([
    ["const x = 1\nexport const meta = { name: 'n' }", 2, 'not the first statement'],
    ["phase('p')\n\nexport const meta = { name: 'n' }", 3, 'not the first statement'],
    ["export let meta = { name: 'n' }", 1, 'by `const`'],
    ["export var meta = { name: 'n' }", 1, 'by `const`'],
    ['const a = 1\nexport const meta = 2', 2, 'not the first statement'],
  ])('refuses meta out of place: %s', (source, line, message) => {
    const error = refused(source);
    expect(error).toMatchObject({ code: 'BRAID_SCRIPT_META', at: { line } });
    expect(error.message).toContain(message);
  });

  it('is not found in strings, comments or inner scopes', () => {
    const source =
      "// export const meta = { name: X }\nconst s = 'export const meta = 1'\nfunction f() { const meta = 1 }";
    expect(check(source)).toMatchObject({ meta: null, warnings: [expect.stringContaining('no meta')] });
  });
});
