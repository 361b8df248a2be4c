import { readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import { createEffectActivities } from '../../../activities/effects/index.ts';
import { findSandbox } from '../../../activities/effects/sandbox/find.ts';
import type { ToolResponse } from '../../../protocol/activities.ts';
import type { EffectRequest } from '../../../protocol/effects.ts';
import type { Json } from '../../../protocol/json.ts';
import type { OverlayRef } from '../../../protocol/overlay.ts';
import { readOverlay } from '../../../store/overlays.ts';
import { keyOf, tempFolder, tempStore, type Tree } from '../workspace/kit.ts';

const TAG = { address: 'agent:1', label: 'fix', phase: null, model: null, turn: 0 };
const { kind } = await findSandbox();

function shellOver(tree: Tree) {
  const root = tempFolder(tree);
  const store = tempStore();
  const { effect } = createEffectActivities({ store });
  let calls = 0;
  const call = async (input: Json, more: Partial<EffectRequest> = {}): Promise<ToolResponse> => {
    const shell = { network: false, readOnly: [], seconds: 20 };
    const request = {
      key: `call ${(calls += 1)}`,
      tool: 'bash',
      input,
      snapshot: keyOf(root),
      overlay: null,
      shell,
      ...more,
    };
    const response = (await new MockActivityEnvironment().run(effect, TAG, request)) as Awaited<
      ReturnType<typeof effect>
    >;
    if ('unknown' in response) throw new Error('unknown');
    return response;
  };
  const run = (command: string, overlay: OverlayRef | null = null) => call({ command }, { overlay });
  const changes = async (ref: OverlayRef | undefined) =>
    ref === undefined ? null : (await readOverlay(store, ref)).changes;
  return { root, store, call, run, changes };
}

describe.runIf(kind === null)('without a sandbox', () => {
  it('a command is not run; the error is coded and says what to install', async () => {
    const { run } = shellOver({ 'a.txt': 'a' });
    await expect(run('touch b')).rejects.toMatchObject({ type: 'BRAID_SHELL_UNAVAILABLE' });
  });
});

describe.skipIf(kind === null)('bash', () => {
  it('B1: what a command changes comes back as an overlay, and the folder stays as it is', async () => {
    const { root, store, run, changes } = shellOver({ 'a.txt': 'one\n', 'gone.txt': 'x', 'src/b.txt': 'b' });
    const first = await run(
      'sed -i s/one/two/ a.txt && rm gone.txt && echo new > src/new.sh && chmod +x src/new.sh && cat src/b.txt',
    );
    expect(first).toMatchObject({ isError: false, overlay: expect.any(String) });
    expect(first.output).toMatch(/^exit code 0 after [\d.]+ s\nb\nchanged: a.txt, gone.txt, src\/new.sh$/);
    const changed = await changes(first.overlay);
    expect(changed).toMatchObject({ 'a.txt': { size: 4 }, 'gone.txt': null, 'src/new.sh': { mode: 0o755 } });
    expect(await store.getText(changed?.['a.txt']?.hash ?? '')).toBe('two\n');
    expect(readFileSync(path.join(root, 'a.txt'), 'utf8')).toBe('one\n');

    const second = await run('cat a.txt; ls; echo three >> a.txt', first.overlay ?? null);
    expect(second.output).toContain('two\na.txt\nsrc\nchanged: a.txt');
    expect(await changes(second.overlay)).toMatchObject({ 'gone.txt': null, 'src/new.sh': { mode: 0o755 } });
  });

  it('a command that changes nothing gives no overlay; its exit code is told', async () => {
    const { run } = shellOver({ 'a.txt': 'a' });
    const response = await run('echo out; echo err >&2; exit 3');
    expect(response).toMatchObject({
      isError: true,
      output: expect.stringMatching(/^exit code 3 after [\d.]+ s\nout\nerr$/),
    });
    expect(response).not.toHaveProperty('overlay');
  });

  it('what is no regular file in the workspace does not come back, and is told', async () => {
    const { run, changes } = shellOver({ 'a.txt': 'a' });
    const response = await run(
      'ln -s /etc/passwd out; ln -s ../../.. up; mkfifo pipe; echo ok > ok; mkdir -p .git/hooks; echo evil > .git/hooks/post-commit; rm a.txt; ln -s /etc/hosts a.txt',
    );
    expect(Object.keys((await changes(response.overlay)) ?? {})).toEqual(['ok']);
    for (const name of ['out', 'up', 'pipe', 'a.txt'])
      expect(response.output).toMatch(new RegExp(`not kept: .*${name} \\(`));
  });

  it('folders of the workspace are shown read-only, unless they lead elsewhere by a link', async () => {
    const { root, call } = shellOver({
      'node_modules/x/index.js': 'x',
      '.gitignore': 'node_modules\nlink\n',
      'a.txt': 'a',
    });
    symlinkSync('/etc', path.join(root, 'link'));
    const shell = { network: false, readOnly: ['node_modules', 'link', 'none'], seconds: 20 };
    const response = await call(
      { command: 'cat node_modules/x/index.js; echo; ls; echo evil > node_modules/x/index.js' },
      { shell },
    );
    expect(response.output).toMatch(/^exit code 1 [^\n]*\nx\na\.txt\nnode_modules\n[^\n]*Read-only file system$/);
    expect(response).not.toHaveProperty('overlay');
    expect(readFileSync(path.join(root, 'node_modules/x/index.js'), 'utf8')).toBe('x');
  });

  it('B1: a command that is ended at a limit changes nothing, and the answer is coded', async () => {
    const { call } = shellOver({ 'a.txt': 'a' });
    const response = await call({ command: 'echo b > a.txt; sleep 1000', seconds: 1 });
    expect(response).toMatchObject({
      isError: true,
      output: expect.stringMatching(/^BRAID_SHELL_LIMIT: .* longer than 1 s/),
    });
    expect(response).not.toHaveProperty('overlay');
  });

  it('the same call from the same overlay, kept by the store, is not run twice', async () => {
    const { call } = shellOver({});
    const input = { command: 'head -c 8 /dev/urandom | od -An -tx1' };
    const first = await call(input, { key: 'same' });
    expect(await call(input, { key: 'same' })).toEqual(first);
    expect(await call(input, { key: 'other' })).not.toEqual(first);
  });

  it.each([
    [{}, 'wants a command'],
    [{ command: '' }, 'wants a command'],
    [{ command: 'a\0b' }, 'NUL'],
    [{ command: 'x'.repeat(40_000) }, 'at most'],
    [{ command: 'ls', seconds: -1 }, 'seconds'],
    ['ls', 'wants a command'],
  ])('an input that is none is answered: %j', async (input, why) => {
    const response = await shellOver({}).call(input);
    expect(response).toMatchObject({ isError: true, output: expect.stringMatching(/^BRAID_TOOL_INPUT: /) });
    expect(response.output).toContain(why);
  });
});
