import { describe, expect, it } from 'vitest';
import { readArgs } from '../../../client/input/args.ts';
import { refusal, testPlace } from './kit.ts';

describe('DW-04 args', () => {
  it.each([
    ['{"a": [1, null]}', { a: [1, null] }],
    ['[1]', [1]],
    ['null', null],
    ['0', 0],
    ['"text"', 'text'],
    ['  true ', true],
    ['\ufeff{"a":1}', { a: 1 }],
  ])('are the JSON value as given: %s', async (given, value) => {
    expect(await readArgs(given, await testPlace())).toEqual({ args: value, hasArgs: true, warnings: [] });
  });

  it('are undefined when omitted, which null is not', async () => {
    expect(await readArgs(undefined, await testPlace())).toEqual({ args: null, hasArgs: false, warnings: [] });
    expect((await readArgs('null', await testPlace())).hasArgs).toBe(true);
  });

  it.each([
    ['"{\\"a\\": 1}"', { a: 1 }],
    ['" [1, 2]"', [1, 2]],
  ])('that are a string with an object or a list are parsed once more: %s', async (given, value) => {
    const read = await readArgs(given, await testPlace());
    expect(read.args).toEqual(value);
    expect(read.warnings).toEqual([expect.stringContaining('parsed once more')]);
  });

  it.each([
    ['"\\"[1]\\""', '"[1]"'],
    ['"[not json"', '[not json'],
    ['"{curly} text"', '{curly} text'],
    ['"12"', '12'],
  ])('that are another string stay one: %s', async (given, value) => {
    expect(await readArgs(given, await testPlace())).toEqual({ args: value, hasArgs: true, warnings: [] });
  });

  it('are parsed only once', async () => {
    const twice = JSON.stringify(JSON.stringify(JSON.stringify({ a: 1 })));
    expect((await readArgs(twice, await testPlace())).args).toBe(JSON.stringify(JSON.stringify({ a: 1 })));
  });

  it('come from the library as a value', async () => {
    expect((await readArgs({ value: { a: 1 } }, await testPlace())).args).toEqual({ a: 1 });
    expect((await readArgs({ value: '@file' }, await testPlace())).args).toBe('@file');
  });

  it('come from a file or from standard input', async () => {
    const place = await testPlace({ stdin: '[2]' });
    await place.put('cwd/data/args.json', '{"from": "file"}');
    expect((await readArgs('@data/args.json', place)).args).toEqual({ from: 'file' });
    expect((await readArgs('@-', place)).args).toEqual([2]);
  });

  it('from a file that is missing or broken name the file', async () => {
    const place = await testPlace();
    await place.put('cwd/bad.json', '{"a": tru}');
    expect(await refusal(() => readArgs('@none.json', place))).toMatchObject({
      code: 'BRAID_FILE_MISSING',
      message: expect.stringContaining('none.json'),
    });
    expect(await refusal(() => readArgs('@bad.json', place))).toMatchObject({
      code: 'BRAID_ARGS_JSON',
      message: expect.stringContaining('bad.json'),
      fix: 'Correct bad.json.',
    });
  });

  it.each([
    ['{key: 1}', 2, '{⟨here⟩key: 1}', 'the shell eats'],
    ['{"a": 1,}', 9, '"a": 1,⟨here⟩}', "--args '{"],
    ['hello', 1, '⟨here⟩hello', `--args '"hello"'`],
    ["{'a': 1}", 2, "{⟨here⟩'a'", "--args '{"],
    ['{"a": 1', 8, '{"a": 1⟨here⟩', "--args '{"],
    ['', 1, 'it is empty', "--args '{"],
    ['12 34', 4, '12 ⟨here⟩34', "--args '{"],
    ['src/a.js', 1, '⟨here⟩src/a.js', `--args '"src/a.js"'`],
  ])('that are no JSON show the place and the fix: %s', async (given, character, shown, fix) => {
    const error = await refusal(async () => readArgs(given, await testPlace()));
    expect(error.code).toBe('BRAID_ARGS_JSON');
    expect(error.message).toContain(`at character ${character}: `);
    expect(error.message).toContain(shown);
    expect(error.fix).toContain(fix);
  });

  it('show only a part of a long text, without control characters', async () => {
    const given = `{"a": "${'x'.repeat(5_000)}", \u001b[31m}`;
    const error = await refusal(async () => readArgs(given, await testPlace()));
    expect(error.message.length).toBeLessThan(200);
    expect(error.message).not.toContain('\u001b');
  });
});
