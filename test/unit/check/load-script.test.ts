import { mkdir, mkdtemp, realpath, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { beforeEach, describe, expect, it } from 'vitest';
import { createLoadScript } from '../../../activities/scripts/load-script.ts';
import type { LoadedScript } from '../../../protocol/activities.ts';
import { hashText } from '../../../protocol/hash.ts';
import type { CallTag } from '../../../protocol/model-call.ts';

const TAG: CallTag = { address: 'workflow:1', label: 'x', phase: null, model: null, turn: 0 };
const script = (name: string): string => `export const meta = { name: '${name}', description: 'd' }\nreturn 1\n`;

let root: string;
let home: string;

beforeEach(async () => {
  const base = await realpath(await mkdtemp(join(tmpdir(), 'braid-load-')));
  root = join(base, 'project');
  home = join(base, 'home');
  await mkdir(root);
  await mkdir(home);
});

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

function load(
  ref: string | { scriptPath: string },
  caller = 'main.js',
  workspace: string | null = root,
): Promise<LoadedScript> {
  return createLoadScript({ home })(TAG, {
    ref,
    workspace: workspace === null ? null : { root: workspace, base: null },
    caller,
  });
}

async function failure(loading: Promise<unknown>): Promise<ApplicationFailure> {
  const error = await loading.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof ApplicationFailure) return error;
  throw new Error(`no failure: ${String(error)}`);
}

describe('DW-25 a saved workflow', () => {
  it('is read, checked and hashed as written', async () => {
    const text = script('saved');
    await put(join(root, '.braid/workflows/one.js'), text);
    expect(await load('one')).toEqual({
      source: text.replace('export', '      '),
      sourceHash: hashText(text),
      name: 'saved',
      file: join(root, '.braid/workflows/one.js'),
      warnings: [],
      meta: { name: 'saved', description: 'd' },
    });
  });

  it('V1 is looked up nearest first', async () => {
    const places = ['project/.braid', 'home/.braid', 'project/.claude', 'home/.claude'];
    for (const place of places.toReversed()) {
      await put(join(root, '..', place, 'workflows/same.js'), script(place));
      expect((await load('same')).name).toBe(place);
    }
  });

  it('is found without a workspace in the home folder', async () => {
    await put(join(home, '.claude/workflows/mine.mjs'), script('mine'));
    expect((await load('mine', 'main.js', null)).name).toBe('mine');
  });

  it('that is unknown fails for good, lists what is there and names the nearest', async () => {
    await put(join(root, '.braid/workflows/review.js'), script('r'));
    await put(join(home, '.claude/workflows/audit.js'), script('a'));
    const error = await failure(load('reviw'));
    expect(error).toMatchObject({ type: 'BRAID_WORKFLOW_UNKNOWN', nonRetryable: true });
    expect(error.message).toContain('audit, review');
    expect(error.details?.[0]).toMatchObject({ fix: 'Did you mean "review"?' });
  });

  it.each([
    '../escape',
    '..',
    '.',
    '',
    'a/b',
    'a\\b',
    '/etc/passwd',
    'a..b',
    '.hidden',
    'x\0y',
    'n'.repeat(200),
    '%2e%2e',
  ])('V2 has a name that is no path: %j', async (name) => {
    await put(join(root, '.braid/escape.js'), script('escaped'));
    expect((await failure(load(name))).type).toBe('BRAID_WORKFLOW_UNKNOWN');
  });

  it('V3 may be a link inside of the project, not out of it', async () => {
    await put(join(root, 'scripts/real.js'), script('real'));
    await put(join(root, '../outside.js'), script('outside'));
    await mkdir(join(root, '.braid/workflows'), { recursive: true });
    await symlink('../../scripts/real.js', join(root, '.braid/workflows/inside.js'));
    await symlink('../../../outside.js', join(root, '.braid/workflows/out.js'));
    expect((await load('inside')).name).toBe('real');
    expect((await failure(load('out'))).type).toBe('BRAID_WORKFLOW_UNKNOWN');
  });

  it('that is broken fails with its own place and frame', async () => {
    await put(join(root, '.braid/workflows/broken.js'), 'const a = 1\nlet = = 2\n');
    const error = await failure(load('broken'));
    expect(error).toMatchObject({ type: 'BRAID_SCRIPT_SYNTAX', nonRetryable: true });
    expect(error.message).toContain('broken.js:2:7');
    expect(error.details?.[0]).toMatchObject({ line: 2, column: 7, frame: expect.stringContaining('^') });
  });
});

describe('DW-25 {scriptPath}', () => {
  it('is relative to the workspace, then to the caller', async () => {
    await put(join(root, 'flows/part.js'), script('beside the caller'));
    expect(await load({ scriptPath: 'part.js' }, 'flows/main.js')).toMatchObject({
      name: 'beside the caller',
      file: 'flows/part.js',
    });
    await put(join(root, 'part.js'), script('in the workspace'));
    expect(await load({ scriptPath: './part.js' }, 'flows/main.js')).toMatchObject({
      name: 'in the workspace',
      file: 'part.js',
    });
  });

  it('may be absolute inside of the workspace', async () => {
    await put(join(root, 'a.js'), script('a'));
    expect((await load({ scriptPath: join(root, 'a.js') })).file).toBe('a.js');
  });

  it('cannot leave the workspace', async () => {
    await put(join(root, '../outside.js'), script('outside'));
    await symlink('../outside.js', join(root, 'link.js'));
    for (const scriptPath of ['../outside.js', join(root, '../outside.js'), 'link.js', '/etc/passwd']) {
      const error = await failure(load({ scriptPath }));
      expect(error.type).toBe('BRAID_WORKFLOW_UNKNOWN');
      expect(error.message).toContain('outside of the workspace');
    }
  });

  it('must be there, be a file and be small', async () => {
    await put(join(root, 'big.js'), `//${'a'.repeat(600 * 1024)}`);
    expect((await failure(load({ scriptPath: 'nothing.js' }))).message).toContain('no such file');
    expect((await failure(load({ scriptPath: '.' }))).message).toContain('no file');
    expect((await failure(load({ scriptPath: 'big.js' }))).type).toBe('BRAID_SCRIPT_TOO_LARGE');
    expect((await failure(load({ scriptPath: 'a\0.js' }))).type).toBe('BRAID_WORKFLOW_UNKNOWN');
  });

  it('needs a workspace', async () => {
    expect((await failure(load({ scriptPath: 'a.js' }, 'main.js', null))).message).toContain('no workspace');
  });
});
