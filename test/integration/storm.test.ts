/** Limits under everything at once: parallel agents, agents with tools, nested scripts and recursive calls (design §7). */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { RunLimits } from '../../protocol/run-input.ts';
import type { ProviderScript, SeenRequest } from '../../testing/provider/index.ts';
import { useHarness } from '../kit/harness.ts';
import { cell } from '../kit/play.ts';
import { playingNodes } from '../kit/play-nodes.ts';

const h = useHarness();
const [INPUT, OUTPUT] = [50, 30];

const SOURCE = `
  const nested = \`return (await parallel(Array.from({length: 8}, (_, i) => () => agent('inner ' + args + ' ' + i, {tools: []})))).filter(Boolean).length\`;
  const all = await parallel([
    ...Array.from({length: 10}, (_, i) => () => agent('plain ' + i, {tools: []})),
    ...Array.from({length: 6}, (_, i) => () => agent('reader ' + i)),
    () => workflow({source: nested}, 'a'),
    () => workflow({source: nested}, 'b'),
    () => rlm('deep', 'some text', {depth: 2}),
  ]);
  return all.filter((one) => one !== null).length;
`;

const outputOf = ({ maxOutputTokens }: SeenRequest): number => Math.min(OUTPUT, maxOutputTokens ?? OUTPUT);

const storm: ProviderScript = async (request, n) => {
  const reply = await playingNodes({
    deep: [cell("FINAL(await rlm_query_batched([0, 1, 2].map((i) => ['mid ' + i, 'c'])))"), 'deep had to stop'],
    mid: [cell("FINAL(await llm_query_batched([0, 1, 2, 3].map((i) => 'leaf ' + question + i)))"), 'mid had to stop'],
  })(request, n);
  const told = typeof reply === 'string' ? { text: reply } : reply;
  return 'status' in told ? told : { ...told, delayMs: 20, usage: { input: INPUT, output: outputOf(request) } };
};

it.each<[string, Partial<RunLimits>]>([
  ['requests', { maxRequests: 20 }],
  [
    'calls, requests and output tokens, with few slots',
    { maxCalls: 25, maxRequests: 21, maxOutputTokens: 600, concurrency: 3 },
  ],
])('what the provider saw never exceeds a cap on %s', async (_name, limits) => {
  const workspace = mkdtempSync(path.join(tmpdir(), 'braid-storm-'));
  writeFileSync(path.join(workspace, 'a.txt'), 'a');
  const { result, requests } = await h.run(SOURCE, { provider: storm, limits: { maxDepth: 4, ...limits }, workspace });
  const tokens = requests.reduce((sum, request) => sum + outputOf(request), 0);
  const { calls, refused } = result.usage;
  expect(requests.length).toBeLessThanOrEqual(limits.maxRequests ?? Number.POSITIVE_INFINITY);
  expect(tokens).toBeLessThanOrEqual(limits.maxOutputTokens ?? Number.POSITIVE_INFINITY);
  expect(calls - refused).toBeLessThanOrEqual(limits.maxCalls ?? Number.POSITIVE_INFINITY);
  // The cap was met, and most of it was used.
  expect(result.status).toBe('stopped');
  expect(refused).toBeGreaterThan(0);
  expect(requests.length).toBeGreaterThan(9);
  expect(result.usage).toMatchObject({ requests: requests.length, outputTokens: tokens });
});
