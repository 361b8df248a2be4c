/** Agents that change files: overlays, patches, merges and the head, over a real server. Every run is replayed after its test. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Json } from '../../../protocol/json.ts';
import type { Conflict, Patch } from '../../../protocol/overlay.ts';
import { patchText } from '../../../store/patches/text.ts';
import { promptOf, type ProviderScript } from '../../../testing/provider/index.ts';
import { changesOf, patchOfCall } from '../../../client/run-changes.ts';
import { readRun } from '../../../client/view/read.ts';
import { useHarness } from '../../kit/harness.ts';
import { cell } from '../../kit/play.ts';
import { playingNodes } from '../../kit/play-nodes.ts';
import { childResult, outputsOf, scheduledIn, turnOf } from '../tools/kit.ts';
import { git, tempFolder, tempRepository } from '../../unit/workspace/kit.ts';

const h = useHarness();
const LINES = 'one\ntwo\nthree\nfour\nfive\nsix\nseven\n';

/** An agent whose prompt is `PATH: OLD > NEW, OLD > NEW` edits so, each prompt line a file, and answers `done`. */
const editor: ProviderScript = (request) => {
  if (turnOf(request) > 0) return 'done';
  const edits = promptOf(request)
    .split('\n')
    .flatMap((line) => {
      const [, file = '', changes = ''] = /^(\S+): (.*)$/.exec(line) ?? [];
      return changes
        .split(', ')
        .filter(Boolean)
        .map((change): [string, string, string] => {
          const [from = '', to = ''] = change.split(' > ');
          return [file, from, to];
        });
    });
  return {
    toolCalls: edits.map(([file, old, to]) =>
      old === ''
        ? { name: 'write', input: { path: file, content: `${to}\n` } }
        : { name: 'edit', input: { path: file, old, new: to } },
    ),
  };
};

/** Every file with its bytes and the time of its last change. */
function stateOf(root: string): Json {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .map((name) => path.join(root, name))
    .filter((file) => !file.includes('/.git/') && statSync(file).isFile())
    .map((file) => [file, readFileSync(file, 'utf8'), statSync(file).mtimeMs]);
}

/** The files of `root` after its patch was applied to a copy by git. */
async function applied(root: string, patch: Patch): Promise<(file: string) => string> {
  const files = readdirSync(root).map((name): [string, Uint8Array] => [name, readFileSync(path.join(root, name))]);
  const copy = tempRepository(Object.fromEntries(files));
  const text = await patchText(h.store, patch.overlay);
  const file = path.join(tempFolder({ 'changes.patch': text }), 'changes.patch');
  git(copy, 'apply', file);
  return (name) => readFileSync(path.join(copy, name), 'utf8');
}

describe('isolated agents', () => {
  it('work apart; merge() puts them together by lines, with what does not fit as data; the folder stays as it is', async () => {
    const root = tempFolder({ 'a.txt': LINES, 'b.txt': 'b\n' });
    const before = stateOf(root);
    const source = `
      const patches = await parallel(args.map((prompt, i) => async () => {
        const call = agent(prompt, {isolation: 'worktree', label: 'w' + i})
        const said = await call
        return [String(said), await call.patch]
      }))
      const {patch, conflicts} = await merge(patches.map(([, one]) => one))
      keep(patch)
      return {said: patches.map(([said]) => said), none: patches[3][1], conflicts, files: patch.files}`;
    const { result, handle } = await h.run(source, {
      workspace: root,
      args: [
        'a.txt: two > TWO',
        'a.txt: six > SIX\nnew.txt:  > fresh',
        'a.txt: two > zwei\nb.txt: b > B',
        'a.txt: none > NONE',
      ],
      provider: editor,
      limits: { concurrency: 1 },
    });
    expect(result).toMatchObject({ status: 'completed', error: null });
    const { conflicts, ...value } = result.value as unknown as { conflicts: Conflict[] };
    expect(value).toEqual({
      said: ['done', 'done', 'done', 'done'],
      none: null,
      files: [
        { path: 'a.txt', kind: 'changed', added: 2, removed: 2 },
        { path: 'b.txt', kind: 'changed', added: 1, removed: 1 },
        { path: 'new.txt', kind: 'added', added: 1, removed: 0 },
      ],
    });
    expect(conflicts).toMatchObject([
      { path: 'a.txt', kind: 'content', theirs: 'agent:3', hunks: [{ theirs: 'zwei\n' }] },
    ]);
    const read = await applied(root, result.patch!);
    expect(read('a.txt')).toBe(LINES.replace('two', 'TWO').replace('six', 'SIX'));
    expect([read('b.txt'), read('new.txt')]).toEqual(['B\n', 'fresh\n']);
    expect(stateOf(root)).toEqual(before);
    const view = await readRun(h.client, handle.workflowId);
    expect(view.patch?.files).toHaveLength(3);
    expect(view.calls.map(({ patch }) => patch?.files.map((file) => file.path) ?? null)).toEqual([
      ['a.txt'],
      ['a.txt', 'new.txt'],
      ['a.txt', 'b.txt'],
      null,
    ]);
  });
});

describe('the head', () => {
  it('later agents begin on what those before them changed; at once they are merged, and a conflict is told', async () => {
    const root = tempFolder({ 'a.txt': LINES });
    const opts = `{tools: ['read', 'edit']}`;
    const source = `
      const first = await agent('a.txt: two > TWO', ${opts})
      await agent('a.txt: TWO > Two', ${opts})
      await parallel([() => agent('a.txt: four > FOUR', ${opts}), () => agent('a.txt: four > vier', ${opts})])
      const seen = await agent('look', {on: first, tools: ['read']})
      return [typeof seen, seen]`;
    const outputs: string[] = [];
    const { result, handle } = await h.run(source, {
      workspace: root,
      limits: { concurrency: 1 },
      provider: (request, n) => {
        if (promptOf(request) !== 'look') return editor(request, n);
        outputs.push(...outputsOf(request));
        if (turnOf(request) > 0) return 'seen';
        return {
          toolCalls: [
            { name: 'read', input: { path: 'a.txt', limit: 2 } },
            { name: 'edit', input: { path: 'a.txt', old: 'one', new: '1' } },
          ],
        };
      },
    });
    expect(result).toMatchObject({ status: 'completed', value: ['string', 'seen'] });
    expect(outputs[0]).toMatch(/1\tone\n2\tTWO/);
    expect(outputs[1]).toMatch(/There is no tool edit here/);
    const read = await applied(root, result.patch!);
    expect(read('a.txt')).toBe(LINES.replace('two', 'Two').replace('four', 'FOUR'));
    expect((await h.story(handle)).filter((line) => line.startsWith('conflict: '))).toEqual([
      expect.stringMatching(/a\.txt in 1 place; what agent:4 wants of that file is left out/),
    ]);
    const child = await childResult(h, handle, 'agent:2');
    expect(child.patch).toMatchObject({
      id: 'agent:2',
      from: (await childResult(h, handle, 'agent:1')).patch?.overlay,
    });
    // Only where two changes met.
    expect((await scheduledIn(h, handle.workflowId)).filter((what) => what === 'activity merge')).toHaveLength(1);
  });

  it('survives continue-as-new and goes up from nested scripts', async () => {
    const root = tempFolder({
      'a.txt': LINES,
      'nested.js': `return '' + await agent('a.txt: six > SIX', {tools: ['edit']})`,
    });
    const edit = (to: string) => `await agent('a.txt: ${to}', {tools: ['edit']})`;
    const source = `${edit('one > ONE')}; ${edit('ONE > Eins')}; await sleep(10); ${edit('two > TWO')}
      await workflow({scriptPath: 'nested.js'}); await sleep(10)
      const last = await agent('a.txt: Eins > 1', {tools: ['edit']}); return last.patch.files`;
    const { result } = await h.run(source, { workspace: root, provider: editor, continueEvents: 12 });
    expect(result).toMatchObject({ status: 'completed', value: [{ path: 'a.txt', added: 3, removed: 3 }] });
    expect((await applied(root, result.patch!))('a.txt')).toBe(
      LINES.replace('one', '1').replace('two', 'TWO').replace('six', 'SIX'),
    );
  });
});

describe('nodes below a script', () => {
  it('begin on what was changed above them, and hand what they changed up; merge() in a cell says where it belongs', async () => {
    const root = tempFolder({ 'a.txt': LINES });
    const below = `await agent('a.txt: TWO > Two', {tools: ['edit']}); return 1`;
    const source = `await agent('a.txt: two > TWO', {tools: ['edit']})
      const said = await rlm('look below')
      const last = await agent('a.txt: SIX > Six', {tools: ['edit']})
      return [said, last.patch.files]`;
    const { result } = await h.run(source, {
      workspace: root,
      provider: playingNodes(
        {
          'look below': [
            cell(`await agent('a.txt: six > SIX', {tools: ['edit']}); await workflow({source: ${JSON.stringify(below)}})
              let told; try { merge([]) } catch (error) { told = error.code }`),
            cell('FINAL(told)'),
          ],
        },
        (request) => editor(request, 1),
      ),
    });
    expect(result.outcomes).toEqual([]);
    expect(result).toMatchObject({ status: 'completed' });
    expect(result.value).toEqual([
      'BRAID_SCRIPT_FORBIDDEN',
      [{ path: 'a.txt', kind: 'changed', added: 2, removed: 2 }],
    ]);
    const read = await applied(root, result.patch!);
    expect(read('a.txt')).toBe(LINES.replace('two', 'Two').replace('six', 'Six'));
  });
});

describe('a run that goes on', () => {
  it('tells its changes so far to who asks, and whose are not in them', async () => {
    const root = tempFolder({ 'a.txt': LINES });
    const source = `await agent('a.txt: one > ONE', {tools: ['edit']}); await agent('a.txt: two > TWO', {isolation: 'worktree', label: 'apart'})
      log('both'); await sleep('1h')`;
    const handle = await h.start(source, { workspace: root, provider: editor });
    await vi.waitFor(async () => expect(await h.story(handle)).toContain('both'), { timeout: 20_000, interval: 100 });
    const view = await readRun(h.client, handle.workflowId);
    const { patch, beside } = await changesOf(h.client, view);
    expect(patch?.files).toEqual([{ path: 'a.txt', kind: 'changed', added: 1, removed: 1 }]);
    expect(beside).toEqual(['agent:2']);
    expect(patchOfCall(view, 'apart').id).toBe('agent:2');
    expect(() => patchOfCall(view, 'nobody')).toThrow(/no changes of a call "nobody"/);
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
  });
});

describe('a resumed run', () => {
  it('is served the patches that were paid for, and begins its new agents on them', async () => {
    const root = tempFolder({ 'a.txt': LINES });
    const source = (more: string) => `
      const one = await agent('a.txt: one > ONE', {tools: ['read', 'edit']})
      const two = await agent('a.txt: six > SIX', {isolation: 'worktree', on: one})
      ${more}
      return [one.patch.files.length, '' + one]`;
    const first = await h.run(source(''), { workspace: root, provider: editor });
    expect(first.result).toMatchObject({ status: 'completed', value: [1, 'done'], usage: { requests: 4 } });
    const again = await h.run(source(''), { workspace: root, provider: editor, resumeFrom: first.handle.workflowId });
    expect(again.requests).toHaveLength(0);
    expect(again.result).toMatchObject({ value: [1, 'done'], usage: { requests: 0, replayed: 2 } });
    expect(again.result.patch).toEqual(first.result.patch);
    // Another snapshot: what was served is carried over to it.
    writeFileSync(path.join(root, 'b.txt'), 'new since\n');
    const more = await h.run(source(`await agent('a.txt: ONE > Eins', {tools: ['edit']})`), {
      workspace: root,
      provider: editor,
      resumeFrom: again.handle.workflowId,
    });
    expect(more.requests).toHaveLength(2);
    const read = await applied(root, more.result.patch!);
    expect(read('a.txt')).toBe(LINES.replace('one', 'Eins').replace('six', 'SIX'));
  });
});
