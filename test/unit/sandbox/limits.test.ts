import { describe, expect, test } from 'vitest';
import { isBraidError } from '../../../protocol/errors.ts';
import type { Json } from '../../../protocol/json.ts';
import { codeOf, gave, open, run, type Setup } from './kit.ts';

const small: Setup = { limits: { messagesPerTurn: 10, charsPerTurn: 10_000 } };

describe('output and requests', () => {
  test.each([
    ["for (let i = 0; i < 11; i++) agent('x')", 'BRAID_SANDBOX_REQUESTS'],
    ["for (let i = 0; i < 11; i++) log('x')", 'BRAID_SANDBOX_OUTPUT'],
    ["for (let i = 0; i < 10; i++) log('x'); agent('x')", 'BRAID_SANDBOX_REQUESTS'],
    ["log('x'.repeat(10_000))", 'BRAID_SANDBOX_OUTPUT'],
    ["agent('x'.repeat(10_000))", 'BRAID_SANDBOX_OUTPUT'],
    ["return 'x'.repeat(10_000)", 'BRAID_SANDBOX_OUTPUT'],
    ["for (let i = 0; i < 10; i++) log('x')", null],
    ["for (let i = 0; i < 9; i++) log('x'.repeat(900))", null],
  ])('%j in one turn: %s', (source, code) =>
    expect(codeOf(() => run(`${source}\nawait new Promise(() => {})`, small))).toBe(code),
  );

  test('count anew in each turn', () => {
    const sandbox = open(small);
    sandbox.run("for (let k = 0; k < 5; k++) { for (let i = 0; i < 9; i++) log('x'); await agent('a') }", 's.js');
    for (let id = 1; id < 5; id++)
      expect(sandbox.settle({ id, ok: true, value: gave(1), now: 0, spent: 0 })).toHaveLength(10);
  });
});

describe('gas', () => {
  test('is per turn and in total, and the message says which', () => {
    const loop = 'for (let i = 0; i < 1e5; i++);';
    const setup: Setup = { limits: { gasPerTurn: 3_000_000, gasTotal: 6_000_000 } };
    const sandbox = open(setup);
    sandbox.run(`for (;;) { ${loop} await agent('x') }`, 's.js');
    const thrown = caught(() => {
      for (let id = 1; ; id++) sandbox.settle({ id, ok: true, value: gave(1), now: 0, spent: 0 });
    });
    expect(isBraidError(thrown, 'BRAID_SANDBOX_GAS') && thrown.message).toContain(
      '6,000,000 steps of computing that a whole run has',
    );
    expect(sandbox.gasUsed).toBe(6_000_000);
    const single = caught(() => run('for (;;);', setup));
    expect(isBraidError(single, 'BRAID_SANDBOX_GAS') && single.message).toContain('3,000,000 steps without waiting');
  });
});

describe('memory', () => {
  test('a result that does not fit ends the guest', () => {
    const sandbox = open();
    sandbox.run("return await agent('x')", 's.js');
    const huge = gave('x'.repeat(40_000_000));
    expect(codeOf(() => sandbox.settle({ id: 1, ok: true, value: huge, now: 0, spent: 0 }))).toBe(
      'BRAID_SANDBOX_MEMORY',
    );
    expect(sandbox.closed).toBe(true);
  });

  test('a result of 5 MB passes', () => {
    const sandbox = open();
    sandbox.run("return (await agent('x')).length", 's.js');
    expect(sandbox.settle({ id: 1, ok: true, value: gave('ü'.repeat(5_000_000)), now: 0, spent: 0 })).toEqual([
      { type: 'done', value: 5_000_000 },
    ]);
  });

  test('arguments that do not fit are the same error at once', () => {
    expect(codeOf(() => open({ start: { args: 'x'.repeat(60_000_000) } }))).toBe('BRAID_SANDBOX_MEMORY');
  });

  test('texts of answered calls are freed', () => {
    const sandbox = open();
    sandbox.run("for (;;) await agent('x')", 's.js');
    for (let id = 1; id <= 60; id++)
      sandbox.settle({ id, ok: true, value: gave('x'.repeat(2_000_000)), now: 0, spent: 0 });
    expect(sandbox.closed).toBe(false);
  });
});

test('a result nested too deep becomes an error of its call', () => {
  let deep: Json = [];
  for (let i = 0; i < 5_000; i++) deep = [deep];
  const sandbox = open();
  sandbox.run("try { await agent('x') } catch (e) { return e.code }", 's.js');
  expect(sandbox.settle({ id: 1, ok: true, value: gave(deep), now: 0, spent: 0 })).toEqual([
    { type: 'done', value: 'BRAID_SCRIPT_VALUE' },
  ]);
});

function caught(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
