import { expect, test } from 'vitest';
import { CostBook, definitionName } from '../../../workflows/callables/cost-book.ts';

const spend = (outputTokens: number) => ({ inputTokens: 1, outputTokens, usd: 0 });
const call = (address: string, tokens: number, ok = true) => ({ address, ok, spend: spend(tokens) });

test('a script within the execution costs what was called inside, at any depth, and nothing of what stands beside it', () => {
  const book = new CostBook();
  book.scriptBegan('workflow:1', 'outer');
  book.scriptBegan('workflow:1/workflow:1', 'inner');
  book.ended('agent', 'critic', call('workflow:1/workflow:1/agent:1', 5));
  book.ended('agent', null, call('workflow:1/agent:2', 7));
  book.ended('agent', 'critic', call('workflow:10/agent:3', 100, false));
  book.scriptEnded('workflow:1/workflow:1', true);
  book.scriptEnded('workflow:1', false);
  expect(book.sums.of('workflow', 'inner')).toMatchObject({ calls: 1, failed: 0, outputTokens: 5 });
  expect(book.sums.of('workflow', 'outer')).toMatchObject({ calls: 1, failed: 1, outputTokens: 12 });
  expect(book.sums.of('agent', 'critic')).toMatchObject({ calls: 2, failed: 1, outputTokens: 105 });
});

test('an execution that goes on counts on, of scripts that run as well', () => {
  const before = new CostBook();
  expect(before.handover).toBeUndefined();
  before.scriptBegan('workflow:1', 'outer');
  before.ended('agent', 'critic', call('workflow:1/agent:1', 5));
  const after = new CostBook();
  after.continueFrom(JSON.parse(JSON.stringify(before.handover)) as NonNullable<typeof before.handover>);
  after.scriptBegan('workflow:1', 'outer');
  after.ended('agent', 'critic', call('workflow:1/agent:2', 6));
  after.scriptEnded('workflow:1', true);
  expect(after.sums.of('workflow', 'outer')).toMatchObject({ calls: 1, outputTokens: 11 });
  expect(after.sums.of('agent', 'critic')).toMatchObject({ calls: 2, outputTokens: 11 });
});

test('a definition is known by its name, whatever its source', () => {
  expect(definitionName('a (b) c (.braid/agents/x.md)')).toBe('a (b) c');
  expect(definitionName(null)).toBeNull();
});
