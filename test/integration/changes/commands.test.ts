/** `braid diff` and `braid apply` of a real run. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, inject, it, vi } from 'vitest';
import { apply, diff } from '../../../client/cli/run-changes.ts';
import { isBraidError } from '../../../protocol/errors.ts';
import { useHarness } from '../../kit/harness.ts';
import { git, tempFolder, tempRepository } from '../../unit/workspace/kit.ts';
import { turnOf } from '../tools/kit.ts';

const h = useHarness();

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** What a command writes, with the code of the error that ended it. */
async function typed(
  command: () => Promise<void>,
): Promise<{ out: string; err: string; code: string | null; message: string }> {
  vi.stubEnv('TEMPORAL_ADDRESS', inject('temporalAddress'));
  vi.stubEnv('BRAID_HOME', h.store.home);
  const told = { out: '', err: '' };
  const into = (name: 'out' | 'err') => (chunk: string | Uint8Array) => {
    told[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    return true;
  };
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(into('out')),
    vi.spyOn(process.stderr, 'write').mockImplementation(into('err')),
  ];
  try {
    await command();
    return { ...told, code: null, message: '' };
  } catch (error) {
    if (!isBraidError(error)) throw error;
    return { ...told, code: error.code, message: error.message };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

it('one patch on stdout that git applies; applying asks, refuses whole what changed underneath, and can be repeated', async () => {
  const tree = { 'a.txt': 'a\n', 'b.txt': 'b\n', 'c.txt': 'c\n' };
  const root = tempFolder(tree);
  const read = (name: string) => readFileSync(path.join(root, name), 'utf8');
  const calls = [
    { name: 'edit', input: { path: 'a.txt', old: 'a', new: 'A\u001b[31m' } },
    { name: 'write', input: { path: 'new/n.txt', content: 'n\n' } },
    { name: 'delete', input: { path: 'c.txt' } },
  ];
  const source = `await agent('x', {isolation: 'worktree', label: 'one'})`;
  const provider = (request: Parameters<typeof turnOf>[0]) => (turnOf(request) === 0 ? { toolCalls: calls } : 'done');
  const { handle } = await h.run(source, { workspace: root, provider });
  const run = handle.workflowId;

  const shown = await typed(() => diff(run, {}, 'text'));
  const copy = tempRepository(tree);
  git(copy, 'apply', path.join(tempFolder({ p: shown.out }), 'p'));
  expect(git(copy, 'status', '--porcelain').split('\n')).toEqual(['M a.txt', ' D c.txt', '?? new/']);
  expect((await typed(() => diff(run, { stat: true }, 'text'))).out.split('\n')).toEqual([
    'M a.txt  +1 -1',
    'D c.txt  +0 -1',
    'A new/n.txt  +1 -0',
    '',
  ]);
  expect(await typed(() => diff(run, { call: 'one' }, 'text'))).toEqual(shown);
  expect(JSON.parse((await typed(() => diff(run, {}, 'json'))).out)).toMatchObject({ run, patch: shown.out });

  const asked = await typed(() => apply(run, {}, 'text'));
  expect(asked).toMatchObject({ code: 'BRAID_USAGE', message: expect.stringContaining('no terminal') });
  expect(asked.err).toContain('+A');
  expect(asked.err).not.toContain('\u001b[31m');

  writeFileSync(path.join(root, 'c.txt'), 'mine\n');
  expect(await typed(() => apply(run, { yes: true }, 'text'))).toMatchObject({
    code: 'BRAID_PATCH_STALE',
    message: expect.stringMatching(/c\.txt: it was changed since the run began$/),
  });
  expect([read('a.txt'), read('b.txt'), read('c.txt')]).toEqual(['a\n', 'b\n', 'mine\n']);

  writeFileSync(path.join(root, 'c.txt'), 'c\n');
  const applied = await typed(() => apply(run, { yes: true }, 'json'));
  expect(JSON.parse(applied.out)).toEqual({ run, cwd: root, applied: ['a.txt', 'c.txt', 'new/n.txt'], already: [] });
  expect([read('a.txt'), read('new/n.txt')]).toEqual(['A\u001b[31m\n', 'n\n']);
  expect((await typed(() => apply(run, {}, 'text'))).err).toMatch(/Nothing is left to change/);

  const other = await h.run('return 1', { workspace: root });
  expect(await typed(() => diff(other.handle.workflowId, {}, 'text'))).toMatchObject({ out: '', code: null });
  expect((await typed(() => apply(other.handle.workflowId, { yes: true }, 'text'))).code).toBe('BRAID_PATCH_NONE');
});
