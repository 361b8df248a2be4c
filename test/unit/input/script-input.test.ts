import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildScriptInput, type ScriptOptions } from '../../../client/input/script-input.ts';
import { resolveWorkspace } from '../../../client/input/workspace.ts';
import { hashText } from '../../../protocol/hash.ts';
import { refusal, testPlace } from './kit.ts';

const SCRIPT = "export const meta = { name: 'demo', description: 'd' }\nreturn args\n";
const options = (more: Partial<ScriptOptions> = {}): ScriptOptions => ({
  script: 'a.js',
  run: 'run-1',
  engine: 'e1',
  flags: { model: 'a/b' },
  ...more,
});

describe('buildScriptInput', () => {
  it('puts everything together', async () => {
    const place = await testPlace({ env: { BRAID_MAX_CALLS: '7' } });
    await place.put('cwd/a.js', SCRIPT);
    await place.put('cwd/braid.config.json', '{ "aliases": { "haiku": "c/d" }, "concurrency": 2 }');
    const { input, warnings } = await buildScriptInput(options({ args: '{"x": 1}', detach: true }), place);
    expect(input).toMatchObject({
      source: SCRIPT.replace('export', '      '),
      sourceHash: hashText(SCRIPT),
      name: 'demo',
      file: 'a.js',
      meta: { name: 'demo', description: 'd' },
      args: { x: 1 },
      hasArgs: true,
      warnings: [],
      limits: { concurrency: 2, maxCalls: 7, onLimit: 'pause' },
      models: { main: 'a/b', sub: 'a/b', aliases: { haiku: 'c/d' } },
      workspace: { root: place.cwd, base: null },
      engine: 'e1',
      strict: false,
    });
    expect(input.seed).toMatch(/^[0-9a-f]{32}$/);
    expect(warnings).toEqual([]);
  });

  it('takes the seed from the run alone', async () => {
    const place = await testPlace();
    const seed = async (run: string) =>
      (await buildScriptInput(options({ run, script: { source: 'return 1', file: 'x.js' } }), place)).input.seed;
    expect(await seed('a')).toBe(await seed('a'));
    expect(await seed('a')).not.toBe(await seed('b'));
  });

  it('collects every warning', async () => {
    const place = await testPlace();
    await place.put('cwd/a.js', 'return Math.random()');
    await place.put('cwd/.braid/agents/bad.md', 'x');
    const { input, warnings } = await buildScriptInput(options({ args: '"[1]"' }), place);
    expect(warnings).toEqual(
      ['no meta', 'Math.random()', 'parsed once more', 'bad.md:1'].map((part) => expect.stringContaining(part)),
    );
    expect(input.warnings).toEqual(warnings);
  });

  it('looks for saved names in --cwd, then where the command was typed; agents in --cwd', async () => {
    const place = await testPlace();
    await place.put('cwd/.braid/workflows/here.js', 'return "typed here"');
    await place.put('cwd/other/.braid/agents/a.md', '---\nname: theirs\n---\n');
    const { input } = await buildScriptInput(options({ script: 'here', cwd: 'other' }), place);
    expect(input.source).toContain('typed here');
    expect(input.workspace?.root).toBe(join(place.cwd, 'other'));
    expect(Object.keys(input.agents)).toContain('theirs');
  });

  it("never loads a configuration from --cwd, which may be somebody else's folder", async () => {
    const place = await testPlace();
    await place.put('cwd/other/braid.config.mjs', 'throw new Error("code of the workspace ran")');
    await place.put('cwd/a.js', SCRIPT);
    expect((await buildScriptInput(options({ cwd: 'other' }), place)).input.name).toBe('demo');
  });

  it('does without a workspace', async () => {
    const place = await testPlace();
    await place.put('cwd/a.js', SCRIPT);
    expect((await buildScriptInput(options({ workspace: false }), place)).input.workspace).toBeNull();
  });

  it.each([
    ['an invalid script', { script: { source: 'let x =', file: 'x.js' } }, 'BRAID_SCRIPT_SYNTAX'],
    ['a missing script', { script: 'none.js' }, 'BRAID_FILE_MISSING'],
    ['wrong args', { args: '{' }, 'BRAID_ARGS_JSON'],
    ['no model', { flags: {} }, 'BRAID_MODEL_MISSING'],
    ['a wrong limit', { flags: { model: 'a/b', concurrency: '0' } }, 'BRAID_USAGE'],
    ['a missing workspace', { cwd: 'none' }, 'BRAID_WORKSPACE_UNREADABLE'],
    ['a workspace that is a file', { cwd: 'a.js' }, 'BRAID_WORKSPACE_UNREADABLE'],
    ['an option as --base', { base: '--output=x' }, 'BRAID_USAGE'],
    ['--base without workspace', { workspace: false, base: 'main' }, 'BRAID_USAGE'],
    ['two readers of standard input', { script: '-', args: '@-' }, 'BRAID_USAGE'],
  ] satisfies [string, Partial<ScriptOptions>, string][])('refuses %s', async (_name, more, code) => {
    const place = await testPlace();
    await place.put('cwd/a.js', SCRIPT);
    expect((await refusal(() => buildScriptInput(options(more), place))).code).toBe(code);
  });
});

describe('resolveWorkspace', () => {
  it('is a real path with an optional base', async () => {
    const place = await testPlace();
    await mkdir(join(place.cwd, 'sub'));
    expect(await resolveWorkspace({ cwd: 'sub/../sub', base: 'origin/main~2' }, place.cwd)).toEqual({
      root: join(place.cwd, 'sub'),
      base: 'origin/main~2',
    });
  });
});
