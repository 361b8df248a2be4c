/** The examples that change files, by rule models over real folders: each run is replayed after its test. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { findSandbox } from '../../activities/effects/sandbox/find.ts';
import type { EffectSettings } from '../../protocol/effects.ts';
import { patchText } from '../../store/patches/text.ts';
import { useHarness } from '../kit/harness.ts';
import { callsOf, repositoryFile, viewOf } from '../kit/script-file.ts';
import { QUEUE } from '../unit/offline/migrator-package.ts';
import { commitAll, git, tempFolder, tempRepository, writeTree } from '../unit/workspace/kit.ts';

const h = useHarness();
const MIGRATE = repositoryFile('examples/migrate.js');
const { kind } = await findSandbox();

const SHELL = { network: false, readOnly: [], seconds: 60 };
const COMMAND = { tool: 'bash', input: { command: 'node --test' } };
const ALLOWED: EffectSettings = { rules: [{ ...COMMAND, then: 'allow' }], shell: SHELL };
const DENIED: EffectSettings = { rules: [{ ...COMMAND, then: 'deny' }], shell: SHELL };

/** Every file with its bytes and the time of its last change. */
function stateOf(root: string): [string, string, number][] {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).toSorted();
  const files = names.map((name) => path.join(root, name)).filter((file) => statSync(file).isFile());
  return files.map((file) => [file, readFileSync(file, 'base64'), statSync(file).mtimeMs]);
}

interface Migration {
  tests: { passed: boolean; failed: number; repaired: boolean; output?: string } | null;
  table: { path: string; kind: string; added: number; removed: number }[];
  left: string[];
  conflicts: unknown[];
}

describe('examples/migrate.js', () => {
  it.runIf(kind !== null)(
    'gives a patch that git applies, after which the tests pass; the folder stays as it is',
    async () => {
      const tree = Object.fromEntries(QUEUE);
      const root = tempFolder(tree);
      const before = stateOf(root);
      const { result, handle } = await h.run(MIGRATE, {
        workspace: root,
        model: 'offline/migrator',
        effects: ALLOWED,
        file: 'migrate.js',
      });
      expect(stateOf(root)).toEqual(before);
      const value = result.value as unknown as Migration;
      expect(value).toMatchObject({ tests: { passed: true, failed: 0, repaired: true }, left: [], conflicts: [] });
      const sources = [...QUEUE.keys()].filter((name) => name.endsWith('.js'));
      expect(value.table.map((row) => row.path)).toEqual([...sources, 'package.json'].toSorted());
      expect(value.table.every(({ kind: change, added, removed }) => change === 'changed' && added + removed > 0)).toBe(
        true,
      );

      const copy = tempRepository(tree);
      const text = await patchText(h.store, result.patch?.overlay ?? '');
      git(copy, 'apply', path.join(tempFolder({ 'all.patch': text }), 'all.patch'));
      expect(git(copy, 'diff', '--numstat').split('\n')).toHaveLength(sources.length + 1);
      expect(execFileSync(process.execPath, ['--test'], { cwd: copy, encoding: 'utf8' })).toMatch(/fail 0/);

      const calls = callsOf(await viewOf(h, handle));
      expect(calls.filter((line) => line.startsWith('Migrate'))).toHaveLength(sources.length);
      expect(calls.filter((line) => line.includes('repair'))).toEqual(['Test › repair = done']);
      expect(result).toMatchObject({ status: 'completed', usage: { failed: 0 } });
    },
  );

  it('keeps the patch when the policy lets no tests run, and says what came of them', async () => {
    const { result } = await h.run(MIGRATE, {
      workspace: tempFolder({ 'package.json': '{\n  "name": "one"\n}\n', 'a.js': 'exports.a = 1\n' }),
      model: 'offline/migrator',
      effects: DENIED,
      file: 'migrate.js',
    });
    const value = result.value as unknown as Migration;
    expect(value.tests).toMatchObject({ passed: false, output: expect.stringContaining('BRAID_POLICY_DENIED') });
    expect(value.table.map((row) => row.path)).toEqual(['a.js', 'package.json']);
    expect(result.patch?.files).toHaveLength(2);
  });

  it('has nothing to show for a package of modules', async () => {
    const workspace = tempFolder({ 'package.json': '{ "type": "module" }\n', 'a.js': 'export const a = 1\n' });
    const { result } = await h.run(MIGRATE, { workspace, model: 'offline/migrator', effects: DENIED });
    expect(result).toMatchObject({ value: { tests: null, table: [], left: [] }, usage: { calls: 1 } });
    expect(result.patch ?? null).toBeNull();
  });
});

describe('examples/audit-diff.js', () => {
  const AUDIT = repositoryFile('examples/audit-diff.js');

  it('tells only of lines that the diff adds, each confirmed by a second voter', async () => {
    const old = 'export function old(name) {\n  exec(`cat ${name}`)\n}\n';
    const root = tempRepository({
      'src/old.js': `import { exec } from 'node:child_process'\n${old}`,
      'src/same.js': old,
    });
    writeTree(root, {
      'src/old.js': `import { exec } from 'node:child_process'\n${old}export async function drop() {\n  try { await go() } catch {}\n}\n`,
      'src/new.js': "import { exec } from 'node:child_process'\nconst FIXED = 'uname'\nexec(`${FIXED} -r`)\n",
      'notes.md': 'try { a() } catch {}\n',
    });
    commitAll(root, 'second');
    const { result } = await h.run(AUDIT, {
      workspace: root,
      base: 'HEAD~1',
      model: 'offline/reviewer',
      file: 'audit-diff.js',
    });
    expect(result.value).toMatchObject({
      accepted: false,
      files: [
        { file: 'src/new.js', verdict: 'good', findings: [] },
        { file: 'src/old.js', verdict: 'bad', findings: [{ line: 6, isReal: true }] },
      ],
      refuted: [{ file: 'src/new.js', line: 3 }],
      unchecked: [],
    });
    expect(result).toMatchObject({ status: 'completed', usage: { failed: 0, calls: 5 } });
  });

  it('says that nothing changed, and asks nobody', async () => {
    const root = tempRepository({ 'a.js': 'go()\n' });
    const { result } = await h.run(AUDIT, { workspace: root, base: 'HEAD', model: 'offline/reviewer' });
    expect(result).toMatchObject({ value: { accepted: true, files: [] }, usage: { calls: 1 } });
  });
});
