import { describe, expect, it } from 'vitest';
import { compare, type Compared } from '../../../client/compare/compare.ts';
import { renderComparison } from '../../../client/compare/render.ts';
import { timeText } from '../../../client/compare/render-run.ts';
import { widthOf } from '../../../client/render/width.ts';
import { COMPARE } from '../../../protocol/limits.ts';
import { call, RLM_SAID, rlmView, said, TEXT, told, WORKFLOW_SAID, workflowView } from './kit.ts';

const WHAT: Compared = {
  ...{ id: 'c', task: 'How many animals are there?', pieces: 2, repetitions: 2 },
  context: { names: ['animals.txt'], parts: 1, chars: TEXT.length, lines: 2 },
  models: { main: 'offline/rlm', sub: 'offline/rlm' },
};
const workflow = [1, 2].map((n) => told(workflowView(n), WORKFLOW_SAID, n));
const answering = (n: number, answer: string) =>
  told(rlmView(n, { value: Number(answer) }), [RLM_SAID[0]!, said('llm:1', 'how many?', answer)], n);
const failed = {
  status: 'failed',
  value: null,
  error: { code: 'BRAID_MODEL_UNKNOWN', message: 'There is no model "offline/rlx".' },
} as const;

const lines = (comparison: ReturnType<typeof compare>, width = 120) =>
  renderComparison(comparison, { width, color: false });

describe('renderComparison', () => {
  it('puts both sides beside each other', () => {
    const found = compare(WHAT, { workflow, rlm: [answering(1, '1'), answering(2, '7')] });
    expect(lines(found).join('\n')).toMatchInlineSnapshot(`
      "compare c
      task      How many animals are there?
      context   animals.txt · 92 characters, 2 lines · 2 pieces
      models    offline/rlm
      note      offline/rlm is a rule program of Braid's own and no language model: this shows how work flows, not how well a
                model plans or answers, and a rule program gives the same answer every time.

      runs
        RUN           STATUS     CALLS  REQUESTS  TOKENS IN  TOKENS OUT    USD   TIME
        c-workflow-1  completed      3         3      1,234          56  $0.00  2.0 s
        c-workflow-2  completed      3         3      1,234          56  $0.00  2.0 s
        c-rlm-1       completed      3         3      1,234          56  $0.00  2.5 s
        c-rlm-2       completed      3         3      1,234          56  $0.00  2.5 s

      what each did: c-workflow-1 and c-rlm-1
                        DYNAMIC WORKFLOW                RECURSIVE LANGUAGE MODEL
        the plan        a script, there before the run  by the model, in 2 turns with 2 cells
        prompts         3 prompts of leaves             1 prompt of the root, 1 prompt of leaves
        largest prompt  65 characters                   58 characters
        all prompts     151 characters                  67 characters
        root saw        no model is at the root         20.7 % of the context
        leaves saw      98.9 % of the context           0.0 % of the context
        one leaf saw    at most 52.2 % of the context   at most 0.0 % of the context

      tree
        ✓ script                                                    ✓ rlm
          ✓ agent:1 piece 1                                           ✓ llm:1 how many?
          ✓ agent:2 piece 2
          ✓ agent:3 combine

      order in time
        1.9 s          0                                    2.5 s   2.5 s          0                                    2.5 s
        piece 1        ██████████████                               turn 1         ████████
        piece 2        ██████████                                   cell 1                 ███████████████
        combine                       ████████████████              how many?               ████████████
                                                                    turn 2                                  ████████
                                                                    cell 2                                          ██

      2 repetitions
                          DYNAMIC WORKFLOW  RECURSIVE LANGUAGE MODEL
        plan              same              same
        tree              same              same
        calls             same              same
        order of asking   same              same
        prompts           same              same
        models' answers   same              differs
        result            same              differs
        order of answers  same              same

        c-rlm-2 first differs from c-rlm-1: llm:1#1 models' answers
          first  1
          here   7

      answers
        c-workflow-1: 2
        c-workflow-2: 2
        c-rlm-1: 1
        c-rlm-2: 7
        they are not all the same"
    `);
  });

  it('shows the side that worked, with the reason why the other did not', () => {
    const rlm = [1, 2].map((n) => told(rlmView(n, { ...failed, nodes: [], calls: [] }), [], n));
    const text = lines(compare(WHAT, { workflow, rlm })).join('\n');
    expect(text).toMatch(/c-workflow-2 +completed +3 +3 /);
    expect(text).toContain('c-rlm-1: BRAID_MODEL_UNKNOWN: There is no model "offline/rlx".');
    expect(text).toContain('not compared: 0 did not fail');
    expect(text).toContain('not both sides gave an answer');
  });

  it('says how many rows it leaves out, and where they are', () => {
    const calls = Array.from({ length: 100 }, (_, i) => call(`agent:${i + 1}`, `piece ${i + 1}`, i, i + 10));
    const many = told(workflowView(1, { calls }), [], 1);
    const text = lines(compare({ ...WHAT, repetitions: 1 }, { workflow: [many], rlm: [answering(1, '1')] })).join('\n');
    expect(text).toContain(`… ${101 - COMPARE.rows + 1} more: braid show c-workflow-1`);
    expect(text).toContain('one repetition, so nothing to compare');
  });

  it.each([40, 60, 80, 100, 160])('stays within %i columns', (width) => {
    const found = compare(WHAT, { workflow, rlm: [answering(1, '1'), answering(2, '7')] });
    for (const line of lines(found, width)) expect(widthOf(line), line).toBeLessThanOrEqual(width);
  });

  it('shows nothing that moves the cursor', () => {
    const hostile = 'a\u001b[2Jb\nc\u0007';
    const view = rlmView(1, { value: hostile, calls: [call('llm:1', hostile, 0, 10, { kind: 'llm' })] });
    const found = compare(
      { ...WHAT, task: hostile },
      { workflow, rlm: [told(view, [said('llm:1', hostile, '1')]), answering(2, '7')] },
    );
    expect(lines(found).join('\n')).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });
});

describe('timeText', () => {
  it('takes short times seriously', () => {
    expect([null, 0, 340.4, 999, 2_449, 59_900, 185_000].map(timeText)).toEqual([
      ...['', '0 ms', '340 ms', '999 ms', '2.4 s', '59.9 s', '3m 05s'],
    ]);
  });
});
