/** Both ways in one tree: the dialect's hooks in a cell, recursive models in a script. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRun } from '../../../client/view/read.ts';
import { promptOf, type Reply, type SeenRequest } from '../../../testing/provider/index.ts';
import { useHarness } from '../../kit/harness.ts';
import { playingNodes } from '../../kit/play-nodes.ts';
import { cell } from '../../kit/play.ts';

const h = useHarness();

const priced = (text: string, output: number): Reply => ({ text, usage: { input: 100, output } });

describe('the dialect in a cell, and the other way round', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'braid-rlm-calls-'));
  mkdirSync(path.join(folder, '.braid/workflows'), { recursive: true });
  const script = (name: string, body: string): string =>
    `export const meta = {name: '${name}', description: 'd'}\n${body}`;
  writeFileSync(
    path.join(folder, '.braid/workflows/saved.js'),
    script('saved', "return [args.n, await agent('saved ' + args.n)]"),
  );
  writeFileSync(path.join(folder, 'by-path.js'), script('by-path', "throw new TypeError('broken ' + args)"));
  writeFileSync(path.join(folder, 'a.txt'), 'alpha\n'.repeat(10));
  writeFileSync(path.join(folder, 'b.txt'), 'beta\n'.repeat(20));
  writeFileSync(
    path.join(folder, 'tools.mjs'),
    `export default { rlm: { tools: {
       twice: { description: 'd', run: ({ n }) => ({ n: n * 2, at: 'worker' }) },
       broken: { description: 'd', run() { throw new Error('no luck') } } } } }`,
  );

  it('agent, parallel, pipeline, workflow by source, name and path, tools', async () => {
    const source = script('inline', "return await rlm('below the script', args)");
    const { result, handle } = await h.rlm('root', {
      workspace: folder,
      toolModule: {
        file: path.join(folder, 'tools.mjs'),
        tools: ['twice', 'broken'].map((name) => ({ name, description: 'd' })),
      },
      provider: playingNodes(
        {
          root: [
            cell(`const two = await parallel([() => agent('A', {tools: []}), () => agent('B', {tools: []})])
              const piped = await pipeline([1, 2], (x) => agent('s1 ' + x, {tools: []}), (prev, x) => agent('s2 ' + x + prev, {tools: []}))`),
            cell(`const inline = await workflow(${JSON.stringify(source)}, 'the args')
              const saved = await workflow('saved', {n: 5})
              let broken; try { await workflow({scriptPath: 'by-path.js'}, 7) } catch (e) { broken = e.message }
              let unknown; try { await workflow('nowhere') } catch (e) { unknown = e.code }`),
            cell(`const doubled = await tools.twice({n: 21})
              let failed; try { await tools.broken() } catch (e) { failed = e.code + ' ' + e.message }`),
            cell('FINAL({two, piped, inline, saved, broken, unknown, doubled, failed})'),
          ],
          'below the script': [cell('FINAL(context.toUpperCase())')],
        },
        (request) => `<${promptOf(request)}>`,
      ),
    });
    expect(result.value).toEqual({
      two: ['<A>', '<B>'],
      piped: ['<s2 1<s1 1>>', '<s2 2<s1 2>>'],
      inline: 'THE ARGS',
      saved: [5, '<saved 5>'],
      broken: expect.stringMatching(/broken 7/),
      unknown: 'BRAID_WORKFLOW_UNKNOWN',
      doubled: { n: 42, at: 'worker' },
      failed: expect.stringMatching(/^BRAID_TOOL_FAILED .*no luck/),
    });
    // 6 agents and 4 workflows here; an agent in one script, an RLM in the other.
    expect(result.usage).toMatchObject({ calls: 12, failed: 2, refused: 0, requests: 12 });
    expect(result.outcomes.map(({ address, code }) => `${address} ${code}`)).toEqual([
      'workflow:3 BRAID_SCRIPT_ERROR',
      'workflow:4 BRAID_WORKFLOW_UNKNOWN',
    ]);
    const { calls } = await readRun(h.client, handle.workflowId);
    expect(calls.map(({ address }) => address)).toEqual(
      expect.arrayContaining(['workflow:1/rlm:1', 'workflow:2/agent:1']),
    );
  });

  it('rlm() and agent({rlm}) in a script: file, files, a value, an earlier large result; one total, full addresses', async () => {
    const seen: SeenRequest[] = [];
    const { result, requests } = await h.run(
      `const many = await pipeline(['a', 'b'],
         (name) => agent('count ' + name, {rlm: {iterations: 4}, context: file(name + '.txt'), label: 'counting ' + name}),
         (count, name) => rlm('check ' + count, {name, count}))
       const all = await rlm('all files', files('*.txt'))
       const large = await rlm('make it large', 'x')
       const again = await rlm('of the large one', large)
       const died = await agent('die', {rlm: true, context: 'nothing'})
       return {many, all, again, died, large: typeof large.preview + large.length}`,
      {
        workspace: folder,
        provider: (request) => {
          seen.push(request);
          return playingNodes(
            {
              count: [priced(cell("const inner = await llm_query('leaf')\nFINAL(context.stats().lines)"), 10)],
              check: [priced(cell('FINAL(context.name + context.count)'), 10)],
              'all files': [priced(cell('FINAL(context.map((f) => f.name + f.length).join())'), 10)],
              'make it large': [priced(cell("FINAL('L'.repeat(2000000))"), 10)],
              'of the large one': [priced(cell('FINAL(context.length)'), 10)],
              die: [{ status: 400, body: { error: { message: 'refused by the provider' } } }],
            },
            () => priced('leaf answer', 1),
          )(request, 0);
        },
      },
    );
    expect(result.error).toBeNull();
    expect(result.value).toEqual({
      many: ['a10', 'b20'],
      all: 'a.txt60,b.txt100',
      again: 2_000_000,
      died: null,
      large: 'string2000000',
    });
    // count and check twice with two leaves, all, large, again; the one that died has no tokens.
    expect(requests).toHaveLength(10);
    expect(result.usage).toMatchObject({ calls: 10, requests: 10, failed: 1, inputTokens: 900, outputTokens: 72 });
    expect(result.outcomes).toMatchObject([{ address: 'rlm:8', label: 'die', code: 'BRAID_PROVIDER_BAD_REQUEST' }]);
    expect(seen).toHaveLength(10);
  });
});
