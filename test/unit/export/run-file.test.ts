/** A run carried from one store to another (F1, F2 of client/export-file.ts; M1 to M3 of client/import-run.ts). */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { importRun } from '../../../client/import-run.ts';
import { readExport, writeExport } from '../../../client/export-file.ts';
import type { JsonObject } from '../../../protocol/json.ts';
import type { Store } from '../../../store/blobs.ts';
import { findKeptRun, keepRun } from '../../../store/run-index.ts';
import { tempFolder, tempStore } from '../workspace/kit.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

async function linesOf(store: Store, runId = 'x'): Promise<JsonObject[]> {
  const [journal, input] = [await store.put('{"journal":1}'), await store.put('{"input":1}')];
  const run = {
    run: 'r',
    runId,
    workflowType: 'script',
    name: 'n',
    input,
    journal,
    journalVersion: 1,
    startedAt: 1,
    endedAt: 2,
  };
  return [
    { braidExport: 1, run },
    { history: 'r', events: { events: [] } },
    { blob: journal, bytes: base64('{"journal":1}') },
    { blob: input, bytes: base64('{"input":1}') },
  ];
}

async function* each(lines: JsonObject[]): AsyncGenerator<JsonObject> {
  for (const line of lines) yield await Promise.resolve(line);
}

async function exported(edit: (lines: JsonObject[]) => JsonObject[] = (lines) => lines) {
  const file = path.join(tempFolder(), 'run.braid');
  const counts = await writeExport(file, each(edit(await linesOf(tempStore()))));
  return { file, counts };
}

test("blobs and the run's entry arrive; importing again changes nothing (M3)", async () => {
  const { file, counts } = await exported();
  expect(counts).toEqual({ histories: 1, blobs: 2 });
  const store = tempStore();
  const report = { run: 'r', name: 'n', blobs: 2, bytes: 24 };
  expect(await importRun(store, file)).toEqual(report);
  const kept = await findKeptRun(store, 'r');
  expect(await store.getText(kept?.journal ?? '')).toBe('{"journal":1}');
  expect(await store.getText(kept?.input ?? '')).toBe('{"input":1}');
  expect(await importRun(store, file)).toEqual(report);
  expect(await findKeptRun(store, 'r')).toEqual(kept);
});

test('F1: what fails while it is written leaves nothing', async () => {
  const folder = tempFolder();
  async function* failing(): AsyncGenerator<JsonObject> {
    yield await Promise.resolve({ braidExport: 1 });
    throw new Error('server away');
  }
  await expect(writeExport(path.join(folder, 'f'), failing())).rejects.toThrow('server away');
  expect(readdirSync(folder)).toEqual([]);
});

test('M3: another run of the same id is not replaced', async () => {
  const { file } = await exported();
  const store = tempStore();
  const [head] = await linesOf(store, 'another');
  await keepRun(store, head?.['run'] as never);
  await expect(importRun(store, file)).rejects.toMatchObject({ code: 'BRAID_RUN_EXISTS' });
  expect((await findKeptRun(store, 'r'))?.runId).toBe('another');
});

describe('refused, and the run is not found afterwards', () => {
  const other = (line: JsonObject) => ({ ...line, bytes: base64('other bytes') });
  const swapped = (file: string, edit: (text: string) => string) =>
    writeFileSync(file, gzipSync(edit(gunzipSync(readFileSync(file)).toString())));

  test.each<[string, (file: string) => void, RegExp]>([
    [
      'a file cut in the middle (F2)',
      (file) => writeFileSync(file, readFileSync(file).subarray(0, -30)),
      /ends in the middle/,
    ],
    [
      'lines cut off, zipped anew',
      (file) => swapped(file, (text) => `${text.split('\n').slice(0, 3).join('\n')}\n`),
      /has no end/,
    ],
    [
      'a line left out',
      (file) => swapped(file, (text) => text.replace(/\{"history".*\n/, '')),
      /does not have the content/,
    ],
    ['more after the end', (file) => swapped(file, (text) => `${text}{}\n`), /goes on after its end/],
    ['a text', (file) => writeFileSync(file, 'hello'), /no export/],
    ['another zipped file', (file) => writeFileSync(file, gzipSync('hello\n')), /no export of a run/],
    ['other JSON lines', (file) => writeFileSync(file, gzipSync('{"a":1}\n')), /no export of a run/],
    [
      'a later version',
      (file) => swapped(file, (text) => text.replace('"braidExport":1', '"braidExport":2')),
      /version 2/,
    ],
    ['an empty file', (file) => writeFileSync(file, ''), /./],
  ])('%s', async (_name, spoil, message) => {
    const { file } = await exported();
    spoil(file);
    const store = tempStore();
    await expect(importRun(store, file)).rejects.toMatchObject({
      code: 'BRAID_EXPORT',
      message: expect.stringMatching(message),
    });
    expect(await findKeptRun(store, 'r')).toBeNull();
  });

  test.each<[string, (lines: JsonObject[]) => JsonObject[], RegExp]>([
    ['M1: bytes of another blob', ([a, b, c, d]) => [a, b, other(c ?? {}), d].map((line) => line ?? {}), /other bytes/],
    [
      'a blob without bytes',
      ([a, b, c]) => [a, b, { blob: c?.['blob'] ?? null }].map((line) => line ?? {}),
      /holds nothing/,
    ],
    ['no journal', ([a, b]) => [a, b].map((line) => line ?? {}), /lacks the journal/],
    ['no run', ([, ...rest]) => [{ braidExport: 1, run: { run: 7 } }, ...rest], /which run/],
  ])('%s', async (_name, edit, message) => {
    const { file } = await exported(edit);
    const store = tempStore();
    await expect(importRun(store, file)).rejects.toMatchObject({
      code: 'BRAID_EXPORT',
      message: expect.stringMatching(message),
    });
    expect(await findKeptRun(store, 'r')).toBeNull();
  });

  test('a file that is not there', async () => {
    await expect(importRun(tempStore(), path.join(tempFolder(), 'none'))).rejects.toMatchObject({
      code: 'BRAID_FILE_MISSING',
    });
  });
});

test('whoever stops reading early leaves no open file', async () => {
  const { file } = await exported();
  for await (const line of readExport(file)) {
    expect(line['braidExport']).toBe(1);
    break;
  }
});
