import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cellsOf, renderCells } from '../../../client/render/cells.ts';
import { renderFinal } from '../../../client/render/final.ts';
import { firstLine } from '../../../client/render/live-tree.ts';
import { renderView } from '../../../client/render/screen.ts';
import { renderShow } from '../../../client/render/show.ts';
import { widthOf } from '../../../client/render/width.ts';
import { ViewBuilder } from '../../../client/view/reduce.ts';
import type { RunView } from '../../../protocol/view.ts';
import { apply, History, T0 } from '../view/histories.ts';
import { RlmHistory, rlmInput, rlmResult, tag, usageJson } from '../view/rlm-histories.ts';

const NOW = T0 + 200_000;
const screen = { width: 100, height: 24, color: false, now: NOW, tick: 3, uiUrl: null, hint: 'Ctrl+C detaches' };
const plain = { width: 100, color: false, now: NOW };
const shown = (lines: string[]) => `\n${lines.join('\n')}\n`;
const parent = (address: string, label: string) => ({ tag: tag(address, { label }), level: 1 });

/** A root that has asked two leaves and two RLMs: one is over, one asks a leaf of its own. */
function running(evil = ''): RunView {
  const root = new RlmHistory()
    .open()
    .turn('First I look.')
    .cell('// sizes\nprint(context.length)', { output: '1200000', outputChars: 7 });
  root
    .turn('Now I ask.')
    .cell(`const parts = context.chunks(50000)${evil}\nawait Promise.all(parts.map(ask))`, { state: 'waiting' });
  root.answer(root.ask(tag('llm:1', { label: 'errors of part 1' })));
  root.begin(root.ask(tag('llm:2', { label: `errors of part 2${evil}` })));
  const one = root.child(
    'rlm:1',
    rlmInput({ parent: parent('rlm:1', 'part 1'), asked: { head: `Count the errors${evil}`, length: 16 } }),
  );
  root.child('rlm:2', rlmInput({ parent: parent('rlm:2', `part 2${evil}`) }));
  const low = new RlmHistory('rlm:2', T0 + 60_000)
    .open(rlmInput({ parent: parent('rlm:2', 'part 2') }))
    .turn('Deeper.');
  low.cell(`const found = context.grep(/error/)${evil}`, { state: 'waiting' });
  low.fail(low.ask(tag('rlm:2/llm:1', { label: `a leaf${evil}` })), 'BRAID_PROVIDER_FAILED', `HTTP 500${evil}`);
  root.add({
    type: 'childCompleted',
    initiatedId: one,
    result: rlmResult({ usage: usageJson({ calls: 3, requests: 4, inputTokens: 900, usd: 0.01 }) }),
  });
  const builder = new ViewBuilder('run-1');
  apply(builder, 'run-1', root);
  return apply(builder, 'run-1/rlm:2', low);
}

describe('the live tree', () => {
  test('shows nodes at work with their turn and cell, calls in flight, and what is over as numbers', () => {
    expect(shown(renderView(running(), screen))).toMatchInlineSnapshot(`
      "
      Which module has the most errors?  run-1  running  3m 20s
      2 running, 2 done, 1 failed
      ⠸ Which module has the most error…  turn 2/20 · cell 2 waits for its calls: const parts = c…  3m 20s
        calls: 1 running, 1 done
        ⠸ errors of part 2                                    openai/leaf                 3m 08s quiet 3m
        ⠸ part 2  turn 1/20 · cell 1 waits for its calls: const found = context.grep(/error/)  3m 06s
          calls: 1 failed
        1 ended
      11 requests · 1.3k tokens in, 80 out · $0.01
      Ctrl+C detaches
      "
    `);
  });

  test('when there is little room, nodes stay and calls give way', () => {
    const lines = renderView(running(), { ...screen, height: 6 });
    expect(lines).toHaveLength(6);
    expect(lines.join('\n')).toContain('part 2');
    expect(lines.at(-1)).toContain('more line');
  });

  test('never more lines than the terminal has, never a line wider than it is', () => {
    const views = [running(), running('\u001b[2J\u202e検\n\r\u2028')];
    fc.assert(
      fc.property(
        fc.constantFrom(...views),
        fc.integer({ min: 20, max: 200 }),
        fc.integer({ min: 1, max: 40 }),
        (view, width, height) => {
          const lines = renderView(view, { ...screen, width, height });
          expect(lines.length).toBeLessThanOrEqual(height);
          for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('below a script it stands under the phases', () => {
    const h = new History().start();
    const id = h.add({
      type: 'childInitiated',
      workflowId: 'run-1/rlm:1',
      workflowType: 'rlm',
      input: rlmInput({ parent: parent('rlm:1', 'deep look') }),
    });
    h.add({ type: 'childStarted', initiatedId: id });
    const builder = new ViewBuilder('run-1');
    apply(builder, 'run-1', h);
    const view = apply(
      builder,
      'run-1/rlm:1',
      new RlmHistory('rlm:1', T0 + 9_000).open().turn('x').cell('print(1)', { state: 'waiting' }),
    );
    const text = renderView(view, screen).join('\n');
    expect(text).toContain('Verify');
    expect(text).toMatch(/deep look +turn 1\/20 · cell 1 waits for its calls: print\(1\)/);
  });

  test('the line of a cell is its first line of code', () => {
    expect(firstLine('\n// why\n\n  const a = 1\nb')).toBe('const a = 1');
    expect(firstLine('// only words')).toBe('// only words');
    expect(firstLine('')).toBe('');
  });
});

describe('braid show', () => {
  test('question, context, and the tree with turns, calls, tokens and reasons', () => {
    expect(shown(renderShow(running(), plain))).toMatchInlineSnapshot(`
      "
      Which module has the most errors?  running  3m 20s
      run       run-1
      question  Which module has the most errors?
      context   text, 1,200,000 characters in 30,000 lines
      turns     2/20
      sub-model openai/leaf
      model     openai/root
      workspace /src/app (not read yet)
      started   2026-01-02T03:04:05.000Z
      calls     8: 2 running, 2 done, 1 failed, 3 not listed
      usage     11 requests · 1.3k tokens in, 80 out · $0.01
      history   38 events

      tree  3 nodes
        ● root                          running   turn 2/20    2 cells   8 calls 1.4k tok    $0.01  3m 20s
          calls: 2 llm: 1 running, 1 done
          ✓ rlm:1 part 1                done      turn 2/20    0 cells   3 calls  900 tok    $0.01      4s
            “Count the errors”
            over text, 1,200,000 characters in 30,000 lines
          ● rlm:2 part 2                running   turn 1/20     1 cell    1 call  125 tok  $0.0010  3m 06s
            “Which module has the most errors?”
            over text, 1,200,000 characters in 30,000 lines
            calls: 1 llm: 1 failed
            ✗ rlm:2/llm:1 a leaf: error: BRAID_PROVIDER_FAILED: HTTP 500
      "
    `);
  });

  test('a partial answer is said to be one', () => {
    const h = new RlmHistory().open().turn('x');
    h.add({
      type: 'completed',
      result: rlmResult({ status: 'stopped', partial: 'the limit of 20 iterations is reached' }),
    });
    const view = apply(new ViewBuilder('run-1'), 'run-1', h);
    expect(renderFinal(view, plain).join('\n')).toContain('partial answer: the limit of 20 iterations');
    expect(renderShow(view, plain).join('\n')).toContain('partial: the limit of 20 iterations');
  });
});

describe('braid show --cells', () => {
  test('every cell in the order of its begin: code, output, calls and their cost', () => {
    const view = running();
    expect(shown(renderCells(view, cellsOf(view, null), plain))).toMatchInlineSnapshot(`
      "
      root · cell 1 · turn 1  done · 5 ms of computing · 1.0k gas
        // sizes
        print(context.length)
        │ 1200000

      root · cell 2 · turn 2  waiting · 5 ms of computing · 1.0k gas · 8 calls · 1.1k tok · $0.01
        const parts = context.chunks(50000)
        await Promise.all(parts.map(ask))
        ✓ llm:1 errors of part 1  done · 120 tok · $0.0010 · 0s
        ● llm:2 errors of part 2  running · no tokens · 3m 08s
        ✓ rlm:1 part 1  done · 900 tok · $0.01 · 3 calls below · 3s
        ● rlm:2 part 2  running · 125 tok · $0.0010 · 1 call below · 3m 05s

      rlm:2 · cell 1 · turn 1  waiting · 5 ms of computing · 1.0k gas · 1 call · 5 tok · $0.00
        const found = context.grep(/error/)
        ✗ rlm:2/llm:1 a leaf  failed · 5 tok · $0.00 · 0s · BRAID_PROVIDER_FAILED: HTTP 500
      "
    `);
  });

  test('of one node only', () => {
    const cells = cellsOf(running(), 'rlm:2');
    expect(cells.map(({ node, cell }) => [node.address, cell.cell])).toEqual([['rlm:2', 1]]);
    expect(renderCells(running(), [], plain)).toEqual(['no cells in run-1']);
  });

  test('an error shows its place, a final is named, a cut output says how long it was', () => {
    const frame = '> 1 | nope()\n    | ^';
    const error = { name: 'ReferenceError', message: 'nope is not defined', code: null, line: 1, column: 1, frame };
    const h = new RlmHistory()
      .open()
      .turn('x')
      .cell('nope()', { error, hints: ['Cells are JavaScript.'] });
    h.cell('FINAL(1)', { output: 'head … tail', outputChars: 1_000_000, final: { ok: true, value: 1 } });
    const view = apply(new ViewBuilder('run-1'), 'run-1', h);
    const text = renderCells(view, cellsOf(view, null), plain).join('\n');
    for (const part of [
      'ReferenceError: nope is not defined (line 1)',
      '> 1 | nope()',
      'hint: Cells are JavaScript.',
      '1,000,000 characters in all',
      'gave the final answer',
    ])
      expect(text).toContain(part);
  });

  test('nothing of it can write to the terminal', () => {
    const evil = '\u001b[2J\u001b]0;owned\u0007\u202e\u009b31m';
    const view = running(evil);
    const text = [
      ...renderCells(view, cellsOf(view, null), plain),
      ...renderShow(view, plain),
      ...renderView(view, screen),
    ].join('\n');
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    expect(text).toContain('context.grep(/error/)');
  });
});
