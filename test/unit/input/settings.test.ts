import { describe, expect, it } from 'vitest';
import { defineConfig, loadConfig } from '../../../client/input/config.ts';
import { parseConfig } from '../../../client/input/config-schema.ts';
import { loadDotEnv } from '../../../client/input/dotenv.ts';
import { resolveLimits, resolveStrict } from '../../../client/input/limits.ts';
import { resolveModels } from '../../../client/input/models.ts';
import { resolveSettings, type Flags } from '../../../client/input/settings.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { refusal, testPlace } from './kit.ts';

const NO_CONFIG = { values: {}, file: null };
const limits = (flags: Flags, env = {}, detach = false) =>
  resolveLimits(resolveSettings(flags, env, NO_CONFIG), { detach });

describe('resolveSettings', () => {
  const config = { values: { concurrency: 1, maxCalls: 1, maxTime: '1h' }, file: 'braid.config.ts' };

  it('takes flag, then environment, then configuration', () => {
    const settings = resolveSettings({ concurrency: '3' }, { BRAID_CONCURRENCY: '2', BRAID_MAX_CALLS: '2' }, config);
    expect(settings).toEqual({
      concurrency: { value: '3', from: '--concurrency', code: 'BRAID_USAGE' },
      maxCalls: { value: '2', from: 'BRAID_MAX_CALLS', code: 'BRAID_CONFIG' },
      maxTime: { value: '1h', from: 'maxTime in braid.config.ts', code: 'BRAID_CONFIG' },
    });
  });

  it('takes an empty variable as not set', () => {
    expect(resolveSettings({}, { BRAID_CONCURRENCY: '' }, config).concurrency?.value).toBe(1);
  });
});

describe('resolveLimits', () => {
  it('has the documented defaults', () => {
    const defaults = {
      concurrency: 16,
      maxCalls: 1000,
      maxRequests: null,
      maxOutputTokens: null,
      maxUsd: null,
      maxTimeMs: null,
      maxDepth: 8,
    };
    expect(limits({})).toEqual({ ...defaults, onLimit: 'stop' });
    expect(limits({}, {}, true)).toEqual({ ...defaults, onLimit: 'pause' });
  });

  it('reads text and numbers', () => {
    expect(
      limits({
        concurrency: '500',
        maxCalls: 5,
        maxRequests: '1_000',
        maxInputTokens: '3_000_000',
        maxOutputTokens: '200000',
        maxUsd: '1.50',
        maxTime: '1h30m',
        maxDepth: 1,
        onLimit: 'pause',
      }),
    ).toEqual({
      concurrency: 500,
      maxCalls: 5,
      maxRequests: 1000,
      maxInputTokens: 3_000_000,
      maxOutputTokens: 200_000,
      maxUsd: 1.5,
      maxTimeMs: 5_400_000,
      maxDepth: 1,
      onLimit: 'pause',
    });
  });

  it('switches a limit off with none', () => {
    expect(
      limits(
        { maxUsd: 'none', maxTime: 'none', maxInputTokens: 'none' },
        { BRAID_MAX_USD: '1', BRAID_MAX_INPUT_TOKENS: '5' },
      ),
    ).toMatchObject({
      maxInputTokens: null,
      maxUsd: null,
      maxTimeMs: null,
    });
  });

  it.each([
    [{ concurrency: '0' }, '--concurrency: "0" is below 1.'],
    [{ concurrency: LIMITS.maxConcurrency + 1 }, '--concurrency: 501 is above 500.'],
    [{ concurrency: '-1' }, 'is below 1'],
    [{ concurrency: '1.5' }, 'is no whole number'],
    [{ concurrency: 'many' }, '--concurrency: "many" is no number.'],
    [{ concurrency: '0x10' }, 'is no number'],
    [{ concurrency: ' ' }, 'is no number'],
    [{ concurrency: 'none' }, 'is no number'],
    [{ concurrency: Number.NaN }, 'is no number'],
    [{ concurrency: Number.POSITIVE_INFINITY }, 'is no number'],
    [{ concurrency: true }, 'is no number'],
    [{ maxCalls: '1e3' }, 'is no number'],
    [{ maxCalls: '0' }, 'is below 1'],
    [{ maxUsd: '0' }, 'is below'],
    [{ maxUsd: '-5' }, 'is below'],
    [{ maxUsd: '$5' }, 'is no number'],
    [{ maxUsd: '0.000001' }, '--max-usd: "0.000001" is below 0.00001.'],
    [{ maxUsd: 1_000_001 }, '--max-usd: 1000001 is above 1000000.'],
    [{ maxUsd: '1e5' }, 'is no number'],
    [{ maxInputTokens: '0' }, '--max-input-tokens: "0" is below 1.'],
    [{ maxInputTokens: '-7' }, 'is below 1'],
    [{ maxInputTokens: '2.5' }, 'is no whole number'],
    [{ maxInputTokens: 1e13 }, 'is above 1000000000000'],
    [{ maxInputTokens: 'lots' }, 'is no number'],
    [{ maxDepth: '0' }, 'is below 1'],
    [{ maxDepth: '65' }, 'is above 64'],
    [{ onLimit: 'wait' }, 'neither stop nor pause'],
    [{ maxTime: '90' }, '--max-time: "90" has no unit.'],
    [{ maxTime: 90 }, 'has no unit'],
    [{ maxTime: 'soon' }, 'is no duration'],
    [{ maxTime: '' }, 'is no duration'],
    [{ maxTime: '10ms' }, 'is below 1000 ms'],
    [{ maxTime: '400d' }, 'is above'],
    [{ maxTime: '-1h' }, 'is no duration'],
  ])('refuses %j', async (flags: Flags, message) => {
    const error = await refusal(() => limits(flags));
    expect(error.code).toBe('BRAID_USAGE');
    expect(error.message).toContain(message);
  });

  it.each([
    ['2h', 7_200_000],
    ['30m', 1_800_000],
    ['90s', 90_000],
    ['1500ms', 1_500],
    ['1.5h', 5_400_000],
  ])('reads the duration %s', (maxTime, ms) => {
    expect(limits({ maxTime }).maxTimeMs).toBe(ms);
  });

  it('tells how to add a unit', async () => {
    expect((await refusal(() => limits({ maxTime: '90' }))).fix).toBe('Add a unit: 90s, 90m or 90h.');
  });

  it('blames the environment for its values', async () => {
    expect(await refusal(() => limits({}, { BRAID_MAX_CALLS: 'x' }))).toMatchObject({
      code: 'BRAID_CONFIG',
      message: 'BRAID_MAX_CALLS: "x" is no number.',
    });
  });

  it.each([
    [true, true],
    ['1', true],
    ['TRUE', true],
    ['false', false],
    ['0', false],
    [false, false],
  ])('reads strict %j', (value, strict) => {
    expect(resolveStrict({ value, from: '--strict', code: 'BRAID_USAGE' })).toBe(strict);
  });

  it('refuses another strict', async () => {
    expect(
      (await refusal(() => resolveStrict({ value: 'very', from: 'BRAID_STRICT', code: 'BRAID_CONFIG' }))).message,
    ).toContain('neither true nor false');
    expect(resolveStrict(undefined)).toBe(false);
  });
});

describe('DW-16 models', () => {
  const models = (flags: Flags, aliases = {}) => resolveModels(resolveSettings(flags, {}, NO_CONFIG), aliases);

  it('take the main model for sub-calls', () => {
    expect(models({ model: 'openai/gpt-5-mini' })).toEqual({
      main: 'openai/gpt-5-mini',
      sub: 'openai/gpt-5-mini',
      aliases: {},
    });
    expect(models({ model: 'a/b', subModel: 'openai-chat/org/m:free' }).sub).toBe('openai-chat/org/m:free');
  });

  it('go through the alias table', () => {
    const aliases = { haiku: 'openai/small', opus: 'openai/large' };
    expect(models({ model: 'opus', subModel: 'haiku' }, aliases)).toEqual({
      main: 'openai/large',
      sub: 'openai/small',
      aliases,
    });
  });

  it('must be named: there is no silent default', async () => {
    const error = await refusal(() => models({ subModel: 'a/b' }));
    expect(error.code).toBe('BRAID_MODEL_MISSING');
    expect(error.fix).toContain('--model');
  });

  it.each(['haiku', '', 'openai/', '/x', 'open ai/x', 'a/b c', 'toString', '__proto__'])('refuse %j', async (model) => {
    expect(await refusal(() => models({ model }))).toMatchObject({
      code: 'BRAID_USAGE',
      message: expect.stringContaining('--model'),
    });
  });

  it('name the nearest alias, and judge the table itself', async () => {
    expect((await refusal(() => models({ model: 'haku' }, { haiku: 'a/b' }))).fix).toContain('nearest is haiku');
    expect(await refusal(() => models({ model: 'a/b' }, { haiku: 'small' }))).toMatchObject({
      code: 'BRAID_CONFIG',
      message: expect.stringContaining('haiku'),
    });
  });
});

describe('loadConfig', () => {
  it('is empty without a file', async () => {
    expect(await loadConfig((await testPlace()).cwd)).toEqual({ values: {}, file: null });
  });

  it.each([
    ['braid.config.ts', "interface C { model: string }\nexport default { model: 'a/b', concurrency: 4 } as C"],
    ['braid.config.mjs', "export default { model: 'a/b', concurrency: 4 }"],
    ['braid.config.json', '{ "model": "a/b", "concurrency": 4 }'],
  ])('loads %s', async (file, text) => {
    const place = await testPlace();
    await place.put(`cwd/${file}`, text);
    expect(await loadConfig(place.cwd)).toEqual({ values: { model: 'a/b', concurrency: 4 }, file });
  });

  it.each([
    ['braid.config.mjs', 'export default {', 'cannot be loaded'],
    ['braid.config.mjs', 'throw new Error("own trouble")', 'own trouble'],
    ['braid.config.mjs', 'export const model = "a/b"', 'no default export'],
    ['braid.config.json', '{', 'cannot be loaded'],
    ['braid.config.json', '[]', 'braid.config.json'],
    ['braid.config.json', '{ "maxDepth": [] }', 'maxDepth'],
  ])('names the file: %s %s', async (file, text, message) => {
    const place = await testPlace();
    await place.put(`cwd/${file}`, text);
    const error = await refusal(() => loadConfig(place.cwd));
    expect(error.code).toBe('BRAID_CONFIG');
    expect(error.message).toContain(message);
  });

  it('names the nearest known key', async () => {
    expect(await refusal(() => parseConfig({ concurency: 3 }, 'braid.config.ts'))).toMatchObject({
      code: 'BRAID_CONFIG',
      message: 'braid.config.ts has the unknown key "concurency".',
      fix: 'Did you mean concurrency?',
    });
  });

  it('is typed by defineConfig', () => {
    expect(
      parseConfig(defineConfig({ model: 'a/b', aliases: { haiku: 'c/d' }, onLimit: 'pause', strict: true }), 'x'),
    ).toEqual({
      model: 'a/b',
      aliases: { haiku: 'c/d' },
      onLimit: 'pause',
      strict: true,
    });
  });
});

describe('loadDotEnv', () => {
  it('adds what the shell did not set and tells names only', async () => {
    const place = await testPlace();
    await place.put('cwd/.env', '# comment\nOPENAI_API_KEY="from file"\nBRAID_MODEL=a/b\nexport X=1\nbroken line\n');
    const env: { [name: string]: string | undefined } = { BRAID_MODEL: 'c/d' };
    expect(await loadDotEnv(place.cwd, env)).toEqual(['OPENAI_API_KEY', 'X']);
    expect(env).toEqual({ BRAID_MODEL: 'c/d', OPENAI_API_KEY: 'from file', X: '1' });
  });

  it('does nothing without a file', async () => {
    const env = {};
    expect(await loadDotEnv((await testPlace()).cwd, env)).toEqual([]);
    expect(env).toEqual({});
  });
});
