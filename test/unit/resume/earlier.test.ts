import { describe, expect, it } from 'vitest';
import { parseEarlierRlm, parseEarlierScript } from '../../../client/resume/earlier.ts';
import { earlierOf, type FoundRun } from '../../../client/resume/find.ts';
import { JOURNAL_VERSION } from '../../../protocol/journal.ts';
import type { Json } from '../../../protocol/json.ts';
import { refusal } from '../input/kit.ts';
import { HASH, rlmInput, scriptInput } from './kit.ts';

describe('what a run hands on', () => {
  it('of a script', () => {
    expect(parseEarlierScript('audit-1', scriptInput())).toEqual({
      run: 'audit-1',
      kind: 'script',
      file: 'audit.js',
      sourceHash: HASH,
      args: { n: 1 },
      hasArgs: true,
      models: { main: 'a/main', sub: 'a/sub', aliases: { haiku: 'a/small' } },
      seed: 'feed',
      workspace: { root: '/projects/there', base: 'main' },
    });
  });

  it('of a recursive language model, references and all', () => {
    const input = rlmInput();
    const earlier = parseEarlierRlm('q-1', input);
    expect(earlier).toMatchObject({
      kind: 'rlm',
      name: 'Which one?',
      question: input.question,
      asked: { head: 'Which one?', length: 10 },
      options: { system: 'Be brief.', schema: { type: 'object' }, maxIterations: 7, depth: 2 },
      prompts: { root: 'own' },
      toolModule: { file: '/c/braid.config.ts', tools: [{ name: 't', description: 'd' }] },
    });
    expect(earlier?.context).toEqual(input.context);
  });

  it('keeps a context of pieces', () => {
    const of = { pieces: [{ manifest: HASH, part: 1, start: 2, end: 3, name: 'p' }] };
    const context = { ...(rlmInput().context as object), of } as Json;
    expect(parseEarlierRlm('q-1', rlmInput({ context }))?.context?.of).toEqual(of);
  });

  it.each<[string, Json]>([
    ['nothing', null],
    ['no models', scriptInput({ models: null })],
    ['no seed', scriptInput({ seed: 7 })],
    ['no source', scriptInput({ sourceHash: null })],
  ])('is no script with %s', (_what, input) => expect(parseEarlierScript('x', input)).toBeNull());

  it.each<[string, Json]>([
    ['no question', rlmInput({ question: null })],
    ['a question with a forged piece', rlmInput({ question: ['a', { manifest: '../x', part: 0, start: 0, end: 1 }] })],
    ['an unknown kind of context', rlmInput({ context: { kind: 'soup', of: { manifest: HASH } } })],
    ['a context with a forged piece', rlmInput({ context: { kind: 'text', of: { pieces: [{ manifest: 'x' }] } } })],
  ])('is no recursive language model with %s', (_what, input) => expect(parseEarlierRlm('x', input)).toBeNull());
});

describe('F1: never a silent fresh start', () => {
  const found = (more: Partial<FoundRun>): FoundRun => ({
    ...{ workflowType: 'script', input: scriptInput(), journal: JOURNAL_VERSION },
    ...more,
  });

  it.each<[string, Partial<FoundRun>, string, RegExp]>([
    ['a foreign workflow', { workflowType: 'billing' }, 'BRAID_USAGE', /billing/],
    ['an agent', { workflowType: 'agent' }, 'BRAID_USAGE', /agent/],
    ['a batch', { workflowType: 'batch' }, 'BRAID_USAGE', /batch/],
    ['a run without a journal', { journal: null }, 'BRAID_JOURNAL', /kept none/],
    [
      'a run with another journal',
      { journal: JOURNAL_VERSION + 1 },
      'BRAID_JOURNAL',
      new RegExp(`version ${JOURNAL_VERSION + 1}`),
    ],
    ['an input of another store', { input: null }, 'BRAID_BLOB_MISSING', /not in this store/],
    ['an input that is not understood', { input: { models: {} } }, 'BRAID_JOURNAL', /not understood/],
  ])('%s is refused', async (_what, more, code, message) => {
    const error = await refusal(() => earlierOf('r-1', found(more)));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.fix).not.toBe('');
  });

  it('takes both kinds', () => {
    expect(earlierOf('r-1', found({})).kind).toBe('script');
    expect(earlierOf('r-1', found({ workflowType: 'rlm', input: rlmInput() })).kind).toBe('rlm');
  });
});
