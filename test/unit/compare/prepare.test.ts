import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { prepareComparison, type CompareOptions } from '../../../client/compare/prepare.ts';
import { runIdOf } from '../../../client/compare/sides.ts';
import { readContexts } from '../../../client/input/contexts.ts';
import { rlmIdentity, scriptIdentity } from '../../../client/start-run.ts';
import { COMPARE } from '../../../protocol/limits.ts';
import { openStore } from '../../../store/blobs.ts';
import { refusal, testPlace } from '../input/kit.ts';

const store = openStore(mkdtempSync(path.join(tmpdir(), 'braid-compare-')));
const folder = mkdtempSync(path.join(tmpdir(), 'braid-compare-context-'));
writeFileSync(path.join(folder, 'six.txt'), 'one\ntwo\nthree\n');
writeFileSync(path.join(folder, 'short.txt'), 'four');
writeFileSync(path.join(folder, 'empty.txt'), '');
mkdirSync(path.join(folder, 'many'));
writeFileSync(path.join(folder, 'many/a.txt'), 'first text\n');
writeFileSync(path.join(folder, 'many/b.txt'), 'second text');

const reading =
  (...specs: string[]) =>
  () =>
    readContexts(specs, { cwd: folder, stdin: neverRead(), store });
async function* neverRead(): AsyncGenerator<string> {
  yield await Promise.reject(new Error('standard input was read'));
}

const prepare = async (more: Partial<CompareOptions> = {}) =>
  prepareComparison(
    { id: 'c', task: 'How many?', context: reading('six.txt'), flags: { model: 'a/b' }, ...more },
    store,
    await testPlace(),
  );

describe('prepareComparison', () => {
  it('gives both sides the same question, context, models and limits', async () => {
    const { compared, workflow, rlm, text } = await prepare({ flags: { model: 'a/b', maxCalls: '7' }, iterations: 3 });
    expect(compared).toEqual({
      ...{ id: 'c', task: 'How many?', pieces: 6, repetitions: 3, models: { main: 'a/b', sub: 'a/b' } },
      context: { names: ['six.txt'], parts: 1, chars: 14, lines: 3 },
    });
    expect(text).toBe('one\ntwo\nthree\n');
    expect(workflow.input.args).toEqual({ question: 'How many?', text, pieces: 6, pieceModel: null });
    expect(rlm.input).toMatchObject({ question: 'How many?', context: { length: 14 }, rlm: { maxIterations: 3 } });
    for (const { input } of [workflow, rlm])
      expect(input).toMatchObject({
        workspace: null,
        limits: { maxCalls: 7, onLimit: 'stop' },
        models: { main: 'a/b' },
      });
    expect(workflow.input.seed).toBe(rlm.input.seed);
  });

  it('the same command gives the same runs: ids and what they are compared by', async () => {
    const [one, two] = [await prepare(), await prepare()];
    expect(scriptIdentity(one.workflow.input)).toBe(scriptIdentity(two.workflow.input));
    expect(rlmIdentity(one.rlm.input)).toBe(rlmIdentity(two.rlm.input));
    expect(runIdOf(one.compared, 'workflow', 2)).toBe('c-workflow-2');
    const other = await prepare({ pieces: 3 });
    expect(scriptIdentity(other.workflow.input)).not.toBe(scriptIdentity(one.workflow.input));
  });

  it('gives pieces the sub-model, and several texts below their names', async () => {
    const { workflow, compared, text } = await prepare({
      flags: { model: 'a/b', subModel: 'a/small' },
      context: reading('many'),
    });
    expect(workflow.input.args).toMatchObject({ pieceModel: 'a/small' });
    expect(text).toBe('===== many/a.txt =====\nfirst text\n\n===== many/b.txt =====\nsecond text');
    expect(compared.context).toEqual({ names: ['many/a.txt', 'many/b.txt'], parts: 2, chars: text.length, lines: 5 });
  });

  it.each([
    ['no context', { context: async () => ({ context: null, warnings: [] }) }, 'BRAID_USAGE', /needs a context/],
    ['a context that is not there', { context: reading('sox.txt') }, 'BRAID_CONTEXT_MISSING', /sox\.txt/],
    ['an empty context', { context: reading('empty.txt') }, 'BRAID_CONTEXT_UNREADABLE', /empty/],
    ['fewer characters than pieces', { context: reading('short.txt') }, 'BRAID_USAGE', /4 characters, too few for 6/],
    ['a task without a word', { task: ' \n' }, 'BRAID_USAGE', /empty/],
    ['a task file that is not there', { task: '@nowhere.txt' }, 'BRAID_FILE_MISSING', /nowhere/],
    ['one piece', { pieces: '1' }, 'BRAID_USAGE', /--pieces: "1" is below 2/],
    ['pieces that are no number', { pieces: 'six' }, 'BRAID_USAGE', /--pieces: "six" is no number/],
    ['no repetition', { repeat: '0' }, 'BRAID_USAGE', /--repeat: "0" is below 1/],
    ['too many repetitions', { repeat: 21 }, 'BRAID_USAGE', /--repeat: 21 is above 20/],
    ['no model', { flags: {} }, 'BRAID_MODEL_MISSING', /No model is named/],
    ['a model without a provider', { flags: { model: 'gpt' } }, 'BRAID_USAGE', /no provider\/model/],
  ] as const)('refuses %s', async (_name, more, code, message) => {
    const error = await refusal(() => prepare(more));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it('refuses what its pieces could not hold, and says what takes it', async () => {
    writeFileSync(path.join(folder, 'huge.txt'), 'x'.repeat(COMPARE.contextChars + 1));
    const error = await refusal(() => prepare({ context: reading('huge.txt') }));
    expect(error).toMatchObject({
      code: 'BRAID_CONTEXT_TOO_LARGE',
      message: expect.stringMatching(/1,048,577 characters/),
      fix: expect.stringMatching(/braid rlm/),
    });
  });
});
