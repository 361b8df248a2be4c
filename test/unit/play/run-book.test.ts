import { describe, expect, it } from 'vitest';
import { playGuest, type Played } from '../../../client/play/guest.ts';
import { NotRecorded, RunBook, type RunCall, type RunFacts } from '../../../client/play/run-book.ts';
import { hashJson } from '../../../protocol/hash.ts';
import type { Json } from '../../../protocol/json.ts';
import type { Outcome } from '../../../protocol/outcome.ts';
import { gave } from '../sandbox/kit.ts';
import { NOW, programOf } from './kit.ts';

const EMPTY: RunFacts = { calls: [], facts: [], scripts: [], outcomes: [], seed: 's' };
let at = NOW;

function called(part: 'prompt' | 'question', asked: string, value: Json, more: Partial<RunCall> = {}): RunCall {
  at += 10;
  const parts = `model:123456 ${part}:${hashJson(asked).slice(0, 6)}`;
  const key = { path: '', parts, prompt: '', hash: `${at}`, ordinal: 1, own: true };
  return { ...key, order: at, at, settled: { ok: true, value: gave(value) }, ...more };
}

const fact = (address: string, label: string, value: Json) => ({
  ...{ address, label, at: NOW + 5 },
  settled: { ok: true as const, value },
});

function play(source: string, run: Partial<RunFacts>, args?: Json): Played {
  return playGuest(programOf(source, args), new RunBook({ ...EMPTY, ...run }));
}

describe('the answers of a run', () => {
  it('R1: finds calls by their prompts, whatever the order of asking', () => {
    const calls = [called('prompt', 'b', 2), called('prompt', 'a', 1), called('question', 'q', 3)];
    const source = `return Promise.all([agent('a'), agent('b', { label: 'x' }), rlm('q', 'text'), ask('sure?'), call('half', 4)])`;
    const facts = [fact('ask:1', 'ask', true), fact('tool:1', 'half', 2)];
    expect(play(source, { calls, facts }).end).toEqual({ ok: true, value: [1, 2, 3, true, 2] });
  });

  it('R1: of a resumed run, its own answers come before those that it did not take over, in the order of asking', () => {
    const calls = [
      called('prompt', 'v', 'of another model', { own: false, hash: 'old' }),
      called('prompt', 'v', 'second', { hash: 'new', ordinal: 2 }),
      called('prompt', 'v', 'first', { own: false, hash: 'new', ordinal: 1 }),
    ];
    expect(play(`return [await agent('v'), await agent('v')]`, { calls }).end).toMatchObject({
      value: ['first', 'second'],
    });
  });

  it('R1: a context is part of the prompt that was sent', () => {
    const calls = [called('prompt', 'p\n\n<context>\nmore\n</context>', 'yes')];
    expect(play(`return agent('p', { context: 'more' })`, { calls }).end).toEqual({ ok: true, value: 'yes' });
  });

  it('R1: of cells by the words that were sent, else in order where these are not known', () => {
    const calls = [
      called('prompt', 'a reference', 'one', { prompt: 'long text 1' }),
      called('prompt', 'another', 'two', { prompt: 'long text 2' }),
      called('prompt', 'a third', 'three', { prompt: null }),
    ];
    const source = `return [await agent('long text 2'), await agent('long text 1'), await agent('long text 3')]`;
    expect(play(source, { calls }).end).toEqual({ ok: true, value: ['two', 'one', 'three'] });
  });

  it('plays a workflow that ran in the same execution, with its own calls', () => {
    const scripts = [
      {
        address: 'workflow:1',
        name: 'inner',
        source: `return 'in ' + (await agent('a'))`,
        file: 'inner.js',
        beganAt: NOW,
        endedAt: NOW + 9_999,
      },
    ];
    const calls = [called('prompt', 'a', 'inside', { path: 'workflow:inner.1/' }), called('prompt', 'a', 'outside')];
    const source = `return [await workflow('inner'), await agent('a'), now()]`;
    expect(play(source, { calls, scripts }).end).toMatchObject({
      ok: true,
      value: ['in inside', 'outside', NOW + 9_999],
    });
  });

  it('finds the workflow of a cell by its args', () => {
    const parts = `args:${hashJson([true, { n: 1 }]).slice(0, 6)} model:1 script:2`;
    const calls = [called('prompt', 'x', 'one', { parts })];
    expect(play(`return workflow('w', { n: 1 })`, { calls }).end).toEqual({ ok: true, value: 'one' });
  });

  it('gives a call without a value what its outcome tells', () => {
    const outcome: Outcome = {
      ...{ address: 'agent:1', label: 'x', phase: null, reason: 'refused', code: 'BRAID_BUDGET_EXHAUSTED' },
      ...{ message: 'no more', model: 'a/b', attempts: 0 },
    };
    const source = `try { await agent('p', { label: 'x' }) } catch (e) { return [e.code, outcomes().length] }`;
    expect(play(source, { outcomes: [outcome] }).end).toEqual({ ok: true, value: ['BRAID_BUDGET_EXHAUSTED', 1] });
  });

  it('R2: guesses nothing', () => {
    const calls = [called('prompt', 'a', 1)];
    expect(() => play(`return agent('b')`, { calls })).toThrow(NotRecorded);
    expect(() => play(`return ask('sure?')`, {})).toThrow('the run has no ask "sure?"');
  });
});
