import { mkdir } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadScriptSource } from '../../../client/input/load-script.ts';
import { readStdin } from '../../../client/input/stdin.ts';
import { listSavedScripts } from '../../../store/saved-scripts.ts';
import { refusal, testPlace, type TestPlace } from './kit.ts';

const load = (target: string, place: TestPlace) =>
  loadScriptSource(target, { projects: [place.cwd], home: place.home }, place);

describe('DW-01 what runs', () => {
  it('is a file, relative to where the command was typed', async () => {
    const place = await testPlace();
    const path = await place.put('cwd/flows/a.js', 'return 1');
    expect(await load('flows/a.js', place)).toEqual({ source: 'return 1', file: 'flows/a.js' });
    expect(await load('./flows/a.js', place)).toEqual({ source: 'return 1', file: './flows/a.js' });
    expect(await load(path, place)).toEqual({ source: 'return 1', file: path });
  });

  it('is standard input for -', async () => {
    expect(await load('-', await testPlace({ stdin: 'return 2' }))).toEqual({ source: 'return 2', file: 'stdin' });
  });

  it('is a saved script for a bare word, before a file of that name', async () => {
    const place = await testPlace();
    await place.put('cwd/review', 'return "file"');
    expect((await load('review', place)).source).toBe('return "file"');
    const saved = await place.put('home/.claude/workflows/review.js', 'return "saved"');
    expect(await load('review', place)).toEqual({ source: 'return "saved"', file: saved });
  });

  it('is found nearest first', async () => {
    const place = await testPlace();
    for (const at of ['home/.claude', 'cwd/.claude', 'home/.braid', 'cwd/.braid']) {
      await place.put(`${at}/workflows/x.js`, `return "${at}"`);
      expect((await load('x', place)).source).toBe(`return "${at}"`);
    }
    await place.put('cwd/.braid/workflows/y.mjs', '');
    await place.put('cwd/.braid/workflows/notes.md', '');
    expect(await listSavedScripts({ projects: [place.cwd], home: place.home })).toEqual(['x', 'y']);
  });

  it('that is missing names what is near', async () => {
    const place = await testPlace();
    await place.put('cwd/flows/review.js', '');
    await place.put('cwd/.braid/workflows/audit.js', '');
    expect(await refusal(() => load('flows/reveiw.js', place))).toMatchObject({
      code: 'BRAID_FILE_MISSING',
      fix: 'Did you mean flows/review.js?',
    });
    expect(await refusal(() => load('aduit', place))).toMatchObject({
      code: 'BRAID_FILE_MISSING',
      fix: 'Did you mean the saved workflow audit?',
    });
    expect((await refusal(() => load('something/else.js', place))).fix).toBe('Check the path. Saved workflows: audit.');
  });

  it('cannot be a folder or too large', async () => {
    const place = await testPlace();
    await mkdir(join(place.cwd, 'dir'));
    await place.put('cwd/big.js', 'a'.repeat(600 * 1024));
    expect((await refusal(() => load('./dir', place))).message).toContain('is a folder');
    expect((await refusal(() => load('dir', place))).message).toContain('is a folder');
    expect((await refusal(() => load('big.js', place))).code).toBe('BRAID_SCRIPT_TOO_LARGE');
  });
});

describe('readStdin', () => {
  it('joins chunks before decoding', async () => {
    const bytes = Buffer.from('grün 🧵');
    const chunks = [...bytes].map((byte) => Buffer.from([byte]));
    expect(await readStdin(Readable.from(chunks))).toBe('grün 🧵');
    expect(await readStdin(Readable.from(['a', 'b']))).toBe('ab');
    expect(await readStdin(Readable.from([]))).toBe('');
  });

  it('has an end', async () => {
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(1024 * 1024);
      })(),
    );
    expect((await refusal(() => readStdin(endless))).code).toBe('BRAID_USAGE');
  });
});
