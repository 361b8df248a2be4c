import { mkdtempSync } from 'node:fs';
import { mkdir, readdir, readFile, realpath, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkSaved, saveRun } from '../../../client/save/save.ts';
import { openStore } from '../../../store/blobs.ts';
import { findSavedScript, listSavedScripts } from '../../../store/saved-scripts.ts';
import { testSaved } from '../../../client/save/test-saved.ts';
import { refusal } from '../input/kit.ts';
import { programOf } from '../play/kit.ts';
import { callView, T0, viewOf } from '../render/views.ts';

const store = openStore(mkdtempSync(join(tmpdir(), 'braid-save-store-')));
const SOURCE = `export const meta = { name: 'audit', description: 'd' }\nreturn 1\n`;

async function project(): Promise<string> {
  return realpath(mkdtempSync(join(tmpdir(), 'braid-save-')));
}

async function ended(labels = ['bugs']) {
  const calls = labels.map((label, n) => callView(n + 1, 'done', { label }));
  return viewOf(calls, { sourceHash: await store.put(SOURCE), endedAt: T0 + 5, status: 'completed' });
}

describe('saving', () => {
  it('writes the script as it was, where `braid run NAME` finds it, and its structure', async () => {
    const root = await project();
    const saved = await saveRun(await ended(), store, { as: 'audit', project: root });
    expect(await readFile(saved.script, 'utf8')).toBe(SOURCE);
    expect((await findSavedScript('audit', { projects: [root], home: '/nowhere' })).path).toBe(saved.script);
    expect(await listSavedScripts({ projects: [root], home: '/nowhere' })).toEqual(['audit']);
    expect(JSON.parse(await readFile(saved.structure, 'utf8'))).toMatchObject({
      v: 1,
      workflow: 'audit',
      from: 'review-3f2a',
    });
    expect((await readdir(join(root, '.braid/workflows'))).toSorted()).toEqual(['audit.js', 'audit.test.json']);
  });

  it('holds another run against it', async () => {
    const root = await project();
    await saveRun(await ended(), store, { as: 'audit', project: root });
    expect(await checkSaved(await ended(), { as: 'audit', project: root })).toEqual([]);
    expect(await checkSaved(await ended(['bugs', 'bugs']), { as: 'audit', project: root })).toEqual([
      expect.stringContaining('2 instead of 1'),
    ]);
    expect((await refusal(async () => checkSaved(await ended(), { as: 'other', project: root }))).code).toBe(
      'BRAID_WORKFLOW_UNKNOWN',
    );
  });

  it('S3: writes recorded calls beside it, and takes earlier ones away when nothing can be recorded', async () => {
    const root = await project();
    const { start, args, hasArgs } = programOf(SOURCE);
    const recording = { workflow: 'audit', from: 'r', start, args, hasArgs, phases: [], calls: [] };
    const record = () =>
      Promise.resolve({ recording: { ...recording, end: { ok: true, value: 1 } as const }, notice: 'n' });
    const first = await saveRun(await ended(), store, { as: 'audit', project: root, record });
    expect(first).toMatchObject({ calls: join(root, '.braid/workflows/audit.calls.jsonl'), notice: 'n' });
    expect(await testSaved('audit', root)).toMatchObject({ passed: true });
    const gone = () => Promise.resolve({ problem: 'its context is gone' });
    const second = await saveRun(await ended(), store, { as: 'audit', project: root, force: true, record: gone });
    expect(second).toMatchObject({ calls: null, notice: 'its context is gone' });
    expect((await readdir(join(root, '.braid/workflows'))).toSorted()).toEqual(['audit.js', 'audit.test.json']);
  });

  it('S2: replaces only with force, and never through a link', async () => {
    const root = await project();
    const outside = join(await project(), 'precious');
    await writeFile(outside, 'mine');
    await mkdir(join(root, '.braid/workflows'), { recursive: true });
    await symlink(outside, join(root, '.braid/workflows/audit.js'));
    const options = { as: 'audit', project: root };
    expect((await refusal(async () => saveRun(await ended(), store, options))).fix).toContain('--force');
    const { script } = await saveRun(await ended(), store, { ...options, force: true });
    expect(await readFile(script, 'utf8')).toBe(SOURCE);
    expect(await readFile(outside, 'utf8')).toBe('mine');
  });

  it.each(['.braid', '.braid/workflows'])('S1: does not follow %s out of the project', async (folder) => {
    const root = await project();
    const outside = await project();
    if (folder !== '.braid') await mkdir(join(root, '.braid'));
    await symlink(outside, join(root, folder));
    const error = await refusal(async () => saveRun(await ended(), store, { as: 'audit', project: root }));
    expect(error).toMatchObject({ code: 'BRAID_USAGE', message: expect.stringContaining('out of the project') });
    expect(await readdir(outside)).toEqual([]);
  });

  it.each(['', '../up', 'a/b', '.hidden', 'a.js', 'x'.repeat(65), 'a\nb'])('refuses the name %j', async (as) => {
    const root = await project();
    expect((await refusal(async () => saveRun(await ended(), store, { as, project: root }))).code).toBe('BRAID_USAGE');
    expect(await readdir(root)).toEqual([]);
  });

  it('refuses a run that goes on, and one whose script is not here', async () => {
    const root = await project();
    const view = await ended();
    const options = { as: 'audit', project: root };
    expect((await refusal(() => saveRun({ ...view, endedAt: null }, store, options))).code).toBe('BRAID_USAGE');
    const lost = { ...view, sourceHash: 'ab'.repeat(32) };
    expect((await refusal(() => saveRun(lost, store, options))).code).toBe('BRAID_BLOB_MISSING');
  });
});
