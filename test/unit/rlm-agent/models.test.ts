import { createOpenAI, openai } from '@ai-sdk/openai';
import { describe, expect, test } from 'vitest';
import { RLMAgent } from '../../../client/rlm-agent.ts';
import { modelNameOf } from '../../../client/rlm-models.ts';
import { refusal } from '../input/kit.ts';

const name = (model: unknown, env: NodeJS.ProcessEnv = {}) => modelNameOf(model, 'model', env);

describe('models of the AI SDK', () => {
  test('become provider/model; texts are passed on', () => {
    expect(name(openai('gpt-4.1'))).toBe('openai/gpt-4.1');
    expect(name(openai.responses('gpt-4.1-mini'))).toBe('openai/gpt-4.1-mini');
    expect(name(openai.chat('local/model'))).toBe('openai-chat/local/model');
    expect(name('anthropic/x')).toBe('anthropic/x');
  });

  test.each([
    ['another provider', { provider: 'anthropic.messages', modelId: 'claude' }, 'anthropic.messages'],
    ['another kind of model', openai.completion('davinci'), 'openai.completion'],
    ['no model', { modelId: 'x' }, 'neither a text'],
    ['nothing', undefined, 'neither a text'],
    [
      'an address that the worker does not have',
      createOpenAI({ baseURL: 'http://other.test/v1' })('m'),
      'http://other.test',
    ],
  ])('%s is refused with its reason', async (_name, model, why) => {
    const error = await refusal(() => name(model));
    expect(error.code).toBe('BRAID_OPTION');
    expect(error.message).toContain(why);
    expect(error.fix).not.toBe('');
  });

  test('an address that is the environment’s own is no other', () => {
    const model = createOpenAI({ baseURL: 'http://here.test/v1' })('m');
    expect(name(model, { OPENAI_BASE_URL: 'http://here.test/v1/' })).toBe('openai/m');
  });
});

describe('settings', () => {
  test('of both examples that people know are taken', () => {
    const settings = { model: openai('gpt-4.1'), subModel: openai('gpt-4.1-mini') };
    expect(new RLMAgent({ ...settings, maxIterations: 12, maxLLMCalls: 24 })).toBeInstanceOf(RLMAgent);
    expect(new RLMAgent({ ...settings, maxIterations: 20, maxLLMCalls: 40, verbose: false })).toBeInstanceOf(RLMAgent);
  });

  test('that do not exist here are refused, not left out of account', async () => {
    const error = await refusal(() => new RLMAgent({ model: 'a/b', sandboxFactory: () => null } as never));
    expect(error).toMatchObject({ code: 'BRAID_OPTION', message: expect.stringContaining('sandboxFactory') });
  });
});
