import { describe, expect, it } from 'vitest';
import { askedOnce, questionScript } from '../../../client/save/question.ts';
import type { EarlierRlm } from '../../../client/resume/earlier.ts';
import { playGuest } from '../../../client/play/guest.ts';
import { refusal } from '../input/kit.ts';
import { bookOf, programOf } from '../play/kit.ts';

const EARLIER: EarlierRlm = {
  ...{
    kind: 'rlm',
    run: 'run-1',
    name: 'how',
    seed: 's',
    workspace: null,
    context: null,
    prompts: {},
    toolModule: null,
  },
  models: { main: 'a/b', sub: 'a/b', aliases: {} },
  question: 'How many "*/ ${x}` \u2028complaints?',
  asked: { head: 'How many', length: 8 },
  options: { system: 'Be exact.', schema: { type: 'integer' }, maxIterations: 7, depth: 2 },
};

describe('a question as a workflow', () => {
  it('is asked again, whole, with its options, of the context that the caller gives', () => {
    const asked: unknown[] = [];
    const book = bookOf(({ name, args }) => {
      asked.push(name, ...args);
      return { value: 14 };
    });
    const source = questionScript(EARLIER, 'complaints');
    expect(playGuest(programOf(source, { context: [1, 2] }), book).end).toEqual({ ok: true, value: 14 });
    const opts = { label: 'complaints', iterations: 7, depth: 2, system: 'Be exact.', schema: { type: 'integer' } };
    expect(asked).toEqual(['rlm', EARLIER.question, [1, 2], opts]);
    expect(playGuest(programOf(source), book).end).toEqual({ ok: true, value: 14 });
    expect(asked[6]).toBeNull();
  });

  it('is one call in its structure', () => {
    expect(askedOnce({ run: 'run-1', model: 'a/b' }, 'complaints')).toMatchObject({
      workflow: 'complaints',
      calls: [{ label: 'complaints', kind: 'rlm', count: 1 }],
    });
  });

  it('is refused when it refers to texts of a store', async () => {
    const ref = { manifest: 'ab'.repeat(32), part: 0, start: 0, end: 9 };
    expect((await refusal(() => questionScript({ ...EARLIER, question: ['About ', ref] }, 'x'))).code).toBe(
      'BRAID_USAGE',
    );
    expect(questionScript({ ...EARLIER, question: ['About ', 'this'] }, 'x')).toContain('"About this"');
  });
});
