/** What a resumed run takes from the earlier one, and what a flag makes of it (DW-04, E1). */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildRlmInput, type RlmInputOptions } from '../../../client/input/rlm-input.ts';
import { buildScriptInput, type ScriptOptions } from '../../../client/input/script-input.ts';
import {
  parseEarlierRlm,
  parseEarlierScript,
  type EarlierRlm,
  type EarlierScript,
} from '../../../client/resume/earlier.ts';
import { earlierRlm, earlierScript, sourceOfEarlier } from '../../../client/resume/use.ts';
import { rlmIdentity, scriptIdentity } from '../../../client/start-run.ts';
import { hashText } from '../../../protocol/hash.ts';
import type { JsonObject } from '../../../protocol/json.ts';
import { openStore } from '../../../store/blobs.ts';
import { refusal, testPlace } from './kit.ts';
import { rlmInput, scriptInput } from '../resume/kit.ts';

const store = openStore(mkdtempSync(join(tmpdir(), 'braid-resume-')));
const script = (more: JsonObject = {}) => parseEarlierScript('audit-1', scriptInput(more)) as EarlierScript;
const rlm = (more: JsonObject = {}) => parseEarlierRlm('q-1', rlmInput(more)) as EarlierRlm;
const source = { source: `export const meta = { name: 'n', description: 'd' }\nreturn args`, file: 'edited.js' };

async function scriptFrom(more: Partial<ScriptOptions>) {
  const place = await testPlace({ env: { BRAID_MODEL: 'env/model', BRAID_MAX_CALLS: '9' } });
  const built = await buildScriptInput(
    { script: source, run: 'new-1', engine: 'e1', earlier: script(), ...more },
    place,
  );
  return { place, ...built };
}

async function rlmFrom(more: Partial<RlmInputOptions>) {
  const place = await testPlace();
  return buildRlmInput({ run: 'new-1', engine: 'e1', earlier: rlm(), ...more }, store, place);
}

describe('a script that resumes', () => {
  it('keeps args, models and seed, but takes limits from here', async () => {
    const { input } = await scriptFrom({});
    expect(input).toMatchObject({
      resumeFrom: 'audit-1',
      args: { n: 1 },
      hasArgs: true,
      models: { main: 'a/main', sub: 'a/sub', aliases: { haiku: 'a/small' } },
      seed: 'feed',
      limits: { maxCalls: 9 },
      sourceHash: hashText(source.source),
    });
  });

  it('keeps that there were no args', async () => {
    const { input } = await scriptFrom({ earlier: script({ args: null, hasArgs: false }) });
    expect(input).toMatchObject({ args: null, hasArgs: false });
  });

  it('never parses kept args once more', async () => {
    const { input, warnings } = await scriptFrom({ earlier: script({ args: '[1]' }) });
    expect(input.args).toBe('[1]');
    expect(warnings.filter((line) => line.includes('parsed'))).toEqual([]);
  });

  it('takes new args, also null', async () => {
    expect((await scriptFrom({ args: '{"n": 2}' })).input.args).toEqual({ n: 2 });
    expect((await scriptFrom({ args: 'null' })).input).toMatchObject({ args: null, hasArgs: true });
  });

  it('takes a model of a flag, by a house name too; the sub-model stays when it was named', async () => {
    expect((await scriptFrom({ flags: { model: 'haiku' } })).input.models).toMatchObject({
      main: 'a/small',
      sub: 'a/sub',
    });
    expect((await scriptFrom({ flags: { subModel: 'b/c' } })).input.models).toMatchObject({
      main: 'a/main',
      sub: 'b/c',
    });
    const same = script({ models: { main: 'a/main', sub: 'a/main', aliases: {} } });
    expect((await scriptFrom({ earlier: same, flags: { model: 'b/c' } })).input.models).toMatchObject({
      main: 'b/c',
      sub: 'b/c',
    });
  });

  it('refuses a wrong model of a flag', async () => {
    expect((await refusal(() => scriptFrom({ flags: { model: 'nonsense' } }))).code).toBe('BRAID_USAGE');
  });

  it('reads the workspace of the earlier run, or the one that is named, or none', async () => {
    const there = await testPlace();
    const earlier = script({ workspace: { root: there.cwd, base: 'main' } });
    expect((await scriptFrom({ earlier })).input.workspace).toEqual({ root: there.cwd, base: 'main' });
    expect((await scriptFrom({ earlier, base: 'v2' })).input.workspace).toEqual({ root: there.cwd, base: 'v2' });
    expect((await scriptFrom({ earlier, cwd: there.home })).input.workspace).toEqual({ root: there.home, base: null });
    expect((await scriptFrom({ earlier, workspace: false })).input.workspace).toBeNull();
    expect((await scriptFrom({ earlier: script({ workspace: null }) })).input.workspace).toBeNull();
  });

  it('says when that workspace is not here', async () => {
    const { input, warnings, place } = await scriptFrom({});
    expect(input.workspace?.root).toBe(place.cwd);
    expect(warnings).toEqual([expect.stringContaining('/projects/there')]);
  });

  it('with --no-cache takes everything but the calls', async () => {
    const { input } = await scriptFrom({ cache: false });
    expect(input).not.toHaveProperty('resumeFrom');
    expect(input).toMatchObject({ args: { n: 1 }, seed: 'feed' });
  });

  it('refuses to resume from itself', async () => {
    expect((await refusal(() => scriptFrom({ run: 'audit-1' }))).code).toBe('BRAID_USAGE');
  });

  it('is another run for --id than a fresh one', async () => {
    const { input } = await scriptFrom({});
    const { resumeFrom: _, ...fresh } = input;
    expect(scriptIdentity(input)).not.toBe(scriptIdentity(fresh));
    expect(scriptIdentity(input)).not.toBe(scriptIdentity({ ...input, resumeFrom: 'other' }));
    expect(scriptIdentity(input)).toBe(scriptIdentity({ ...input, seed: 'x' }));
  });

  it('runs the source of the earlier run, or says that it is not here', async () => {
    const kept = await store.put('return 7');
    expect(await sourceOfEarlier(store, script({ sourceHash: kept }))).toEqual({
      source: 'return 7',
      file: 'audit.js',
    });
    const { code, fix } = await refusal(() => sourceOfEarlier(store, script()));
    expect(code).toBe('BRAID_BLOB_MISSING');
    expect(fix).toContain('--resume-from audit-1');
  });
});

describe('a recursive language model that resumes', () => {
  it('keeps question, context, options, prompts and tools', async () => {
    const { input } = await rlmFrom({});
    const before = rlm();
    expect(input).toMatchObject({
      resumeFrom: 'q-1',
      name: 'Which one?',
      question: before.question,
      asked: before.asked,
      context: before.context,
      rlm: {
        model: 'a/main',
        subModel: 'a/sub',
        system: 'Be brief.',
        schema: { type: 'object' },
        maxIterations: 7,
        depth: 2,
      },
      prompts: { root: 'own' },
      toolModule: before.toolModule,
    });
  });

  it('takes what is named', async () => {
    const { input } = await rlmFrom({
      ...{ question: { text: 'Else?' }, iterations: '9', depth: 0, system: 'Long.' },
      context: async () => ({ context: null, warnings: ['w'] }),
    });
    expect(input).toMatchObject({
      ...{ name: 'Else?', question: 'Else?', context: null },
      rlm: { maxIterations: 9, depth: 0, system: 'Long.', schema: { type: 'object' } },
    });
  });

  it('needs a question when there is nothing to take it from', async () => {
    expect((await refusal(() => rlmFrom({ earlier: undefined, flags: { model: 'a/b' } }))).code).toBe('BRAID_USAGE');
  });

  it('is another run for --id than a fresh one', async () => {
    const { input } = await rlmFrom({});
    const { resumeFrom: _, ...fresh } = input;
    expect(rlmIdentity(input)).not.toBe(rlmIdentity(fresh));
  });
});

describe('a part of a run', () => {
  it('is no run to resume from', async () => {
    const place = {} as Parameters<typeof earlierScript>[0];
    for (const find of [earlierScript, earlierRlm]) {
      const { code, fix } = await refusal(() => find(place, 'audit-1/agent:2'));
      expect(code).toBe('BRAID_USAGE');
      expect(fix).toContain('--resume-from audit-1');
    }
  });
});
