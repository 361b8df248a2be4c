import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readingProgress } from '../../../client/input/reading-progress.ts';
import { buildRlmInput, nameOf, type RlmInputOptions } from '../../../client/input/rlm-input.ts';
import { openLibraryContext } from '../../../client/input/library-context.ts';
import { largeText, withLargeValue } from '../../../client/large-value.ts';
import { rlmIdentity } from '../../../client/start-run.ts';
import type { TextRef } from '../../../protocol/context.ts';
import { CONTEXT, MIB, REPL, RLM } from '../../../protocol/limits.ts';
import type { RunResult } from '../../../protocol/outcome.ts';
import { openStore } from '../../../store/blobs.ts';
import { textRefOf } from '../../../store/contexts/refs.ts';
import { refusal, testPlace } from './kit.ts';

const store = openStore(mkdtempSync(join(tmpdir(), 'braid-rlm-input-')));

const options = (more: Partial<RlmInputOptions> = {}): RlmInputOptions => ({
  question: 'How many errors are there?',
  context: async () => ({ context: null, warnings: [] }),
  run: 'run-1',
  engine: 'e1',
  flags: { model: 'a/b' },
  ...more,
});

async function textOf(large: { text: TextRef }): Promise<string> {
  let text = '';
  for await (const piece of largeText(large, store)) text += piece;
  return text;
}

describe('buildRlmInput', () => {
  test('puts everything together', async () => {
    const place = await testPlace();
    const schema = { type: 'object', properties: { n: { type: 'integer' } } };
    const { input } = await buildRlmInput(
      options({
        depth: '2',
        iterations: 7,
        schema: JSON.stringify(schema),
        system: 'Be brief.',
        flags: { model: 'a/b', subModel: 'c/d' },
      }),
      store,
      place,
    );
    expect(input).toMatchObject({
      name: 'How many errors are there?',
      question: 'How many errors are there?',
      asked: { head: 'How many errors are there?', length: 26 },
      context: null,
      rlm: {
        model: 'a/b',
        subModel: 'c/d',
        depth: 2,
        maxIterations: 7,
        schema,
        system: 'Be brief.',
        compactChars: RLM.compactChars,
      },
      models: { main: 'a/b', sub: 'c/d' },
      workspace: { root: place.cwd },
      toolModule: null,
      prompts: {},
    });
    expect(input.parent).toBeUndefined();
  });

  test('loop, prompts and tools come from the configuration; a flag is stronger', async () => {
    const place = await testPlace();
    await place.put(
      'cwd/braid.config.mjs',
      `export default { rlm: { iterations: 5, depth: 0, compact: false, prompts: { leaf: 'L' },
        tools: { find: { description: 'finds', run: () => 1 } } } }`,
    );
    const { input } = await buildRlmInput(options({ iterations: '9' }), store, place);
    expect(input.rlm).toMatchObject({ maxIterations: 9, depth: 0, compactChars: null });
    expect(input.prompts).toEqual({ leaf: 'L' });
    expect(input.toolModule).toEqual({
      file: join(place.cwd, 'braid.config.mjs'),
      tools: [{ name: 'find', description: 'finds' }],
    });
    const wrong = await refusal(() => buildRlmInput(options({ depth: '65' }), store, place));
    expect(wrong).toMatchObject({ code: 'BRAID_USAGE', message: expect.stringContaining('--depth: "65" is above 64') });
  });

  test('a question of 300 KB comes from a file, travels by reference, and shows its start', async () => {
    const place = await testPlace();
    const question = 'Which of these? '.repeat(20_000);
    await place.put('cwd/q.txt', question);
    const { input } = await buildRlmInput(options({ question: '@q.txt' }), store, place);
    expect(JSON.stringify(input).length).toBeLessThan(60_000);
    expect(input.asked).toEqual({ head: question.slice(0, RLM.questionChars), length: question.length });
    const [ref] = input.question as TextRef[];
    expect(await textOf({ text: ref! })).toBe(question);
    const short = await buildRlmInput(options({ question: { text: 'x'.repeat(REPL.inlineChars) } }), store, place);
    expect(typeof short.input.question).toBe('string');
  });

  test('a question from standard input; a text of the library is never read as a file', async () => {
    const place = await testPlace({ stdin: 'From outside?' });
    expect((await buildRlmInput(options({ question: '-' }), store, place)).input.name).toBe('From outside?');
    expect((await buildRlmInput(options({ question: { text: '@home' } }), store, place)).input.question).toBe('@home');
  });

  test.each([
    ['an empty question', { question: ' \n' }, 'BRAID_USAGE'],
    ['a question file that is not there', { question: '@none.txt' }, 'BRAID_FILE_MISSING'],
    ['a schema that is no JSON', { schema: '{a}' }, 'BRAID_ARGS_JSON'],
    ['a schema that is none', { schema: '[]' }, 'BRAID_OPTION'],
    ['no model', { flags: {} }, 'BRAID_MODEL_MISSING'],
    ['a depth that is no number', { depth: 'deep' }, 'BRAID_USAGE'],
    ['a limit of nothing', { flags: { model: 'a/b', maxUsd: '0' } }, 'BRAID_USAGE'],
  ] satisfies [string, Partial<RlmInputOptions>, string][])(
    '%s is refused before the context is read',
    async (_name, more, code) => {
      const place = await testPlace();
      let read = false;
      const context: RlmInputOptions['context'] = async () => {
        read = true;
        return { context: null, warnings: [] };
      };
      expect((await refusal(() => buildRlmInput(options({ ...more, context }), store, place))).code).toBe(code);
      expect(read).toBe(false);
    },
  );

  test('messages about a schema name its option', async () => {
    const place = await testPlace();
    const { message, fix } = await refusal(() => buildRlmInput(options({ schema: '{a: 1}' }), store, place));
    expect(message).toContain('--schema is no JSON');
    expect(fix).toContain('--schema');
  });

  test('a name is one short line', () => {
    expect(nameOf('a\n\tb\u001b[2J')).toBe('a b [2J');
    expect(nameOf('x'.repeat(500))).toHaveLength(80);
  });
});

describe('what --id compares', () => {
  const identity = async (more: Partial<RlmInputOptions> = {}) => {
    const place = await testPlace();
    return rlmIdentity((await buildRlmInput(options({ workspace: false, ...more }), store, place)).input);
  };
  const over = (text: string) => async () => openLibraryContext(text, store, () => undefined);

  test('question, context, models, limits and the loop; not the run’s own id', async () => {
    const first = await identity({ context: over('abc') });
    expect(await identity({ context: over('abc'), run: 'other' })).toBe(first);
    const others = await Promise.all([
      identity({ context: over('abd') }),
      identity(),
      identity({ context: over('abc'), question: 'Another?' }),
      identity({ context: over('abc'), depth: 3 }),
      identity({ context: over('abc'), flags: { model: 'a/c' } }),
      identity({ context: over('abc'), flags: { model: 'a/b', maxCalls: 3 } }),
    ]);
    expect(new Set([first, ...others]).size).toBe(7);
  });
});

describe('a context of the library', () => {
  const open = (context: Parameters<typeof openLibraryContext>[0]) =>
    openLibraryContext(context, store, () => undefined);

  test('texts, values, files and nothing', async () => {
    const place = await testPlace();
    const file = await place.put('cwd/a.txt', 'from a file');
    expect((await open('just text')).context).toMatchObject({ kind: 'text', length: 9 });
    expect((await open({ a: [1, 2] })).context).toMatchObject({ kind: 'json' });
    expect((await open({ file })).context).toMatchObject({ kind: 'text', length: 11, head: 'from a file' });
    expect((await open({ files: [file] })).context).toMatchObject({ length: 11 });
    expect((await open({ file: 'x', other: 1 })).context).toMatchObject({ kind: 'json' });
    expect((await open(undefined)).context).toBeNull();
    expect((await refusal(() => open({ file: join(place.cwd, 'none.txt') }))).code).toBe('BRAID_CONTEXT_MISSING');
  });

  test('progress is told for what takes long, and not more often', () => {
    const said: string[] = [];
    let now = 0;
    const tell = readingProgress(
      (line) => said.push(line),
      () => now,
    );
    for (let bytes = 0; bytes < 100; bytes += 1) {
      now += 100;
      tell({ bytes: bytes * MIB, total: bytes < 50 ? 100 * MIB : null });
    }
    expect(said).toHaveLength(5);
    expect(said[0]).toBe('Reading the context: 19 of 100 MiB.');
    expect(said.at(-1)).toBe('Reading the context: 99 MiB.');
  });
});

describe('a large value', () => {
  const result = (large?: RunResult['large']): RunResult => ({
    ...{ run: 'r', status: 'completed', value: null, error: null, outcomes: [], startedAt: null, endedAt: null },
    usage: { calls: 0, requests: 0, replayed: 0, failed: 0, refused: 0, inputTokens: 0, outputTokens: 0, usd: 0 },
    ...(large === undefined ? {} : { large }),
  });

  test('is put in place from the store, a part of a text as well, over chunks', async () => {
    const text = 'häßlich😀'.repeat(700_000);
    const ref = await textRefOf(store, text);
    const whole = await withLargeValue(result({ text: ref, length: text.length, json: false, preview: '' }), store);
    expect(whole.value === text).toBe(true);
    const part = { ...ref, start: 5, end: text.length - 3 };
    expect((await textOf({ text: part })) === text.slice(5, -3)).toBe(true);
    expect((await withLargeValue(result(), store)).value).toBeNull();
  });

  test('that is too large for one string stays a reference', async () => {
    const text = { manifest: 'a'.repeat(64), part: 0, start: 0, end: CONTEXT.stringChars + 1 };
    const kept = await withLargeValue(
      result({ text, length: CONTEXT.stringChars + 1, json: false, preview: 'p' }),
      store,
    );
    expect(kept).toMatchObject({ value: null, large: { json: false, preview: 'p' } });
  });
});
