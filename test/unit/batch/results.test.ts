import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openRetry } from '../../../activities/batch/retry.ts';
import { createPages } from '../../../activities/batch/pages.ts';
import { withValue } from '../../../client/batch/copy.ts';
import { ResultsTally } from '../../../client/batch/tally.ts';
import { keepValue } from '../../../activities/batch/keep-value.ts';
import { NO_USAGE } from '../../../protocol/outcome.ts';
import { keepRecord, resultsFile } from '../../../store/batches/files.ts';
import { ItemsWriter } from '../../../store/batches/items.ts';
import { lineText, parseLine } from '../../../store/batches/line.ts';
import { appendLines, readLines } from '../../../store/batches/results.ts';
import { freshFolder, freshStore, gather, line } from './kit.ts';

const fresh = () => path.join(freshFolder(), 'deep', 'results.jsonl');
const read = async (file: string) => (await gather(readLines(file))).flatMap(({ lines }) => lines);

describe('a results file', () => {
  it('takes an append that is done again once (R2)', async () => {
    const file = fresh();
    const one = await appendLines(file, 0, ['a', 'b']);
    expect(await appendLines(file, 0, ['a', 'b'])).toBe(one);
    const two = await appendLines(file, one, ['c']);
    // A late twin of the first append, after the second.
    expect(await appendLines(file, 0, ['a', 'b'])).toBe(one);
    expect(await read(file)).toEqual(['a', 'b', 'c']);
    expect(two).toBe(readFileSync(file).byteLength);
  });

  it('gets its torn end repaired by the next append, and readers skip it (R1)', async () => {
    const file = fresh();
    const at = await appendLines(file, 0, ['first']);
    for (const torn of ['sec', 'second', 'second\nthi']) {
      truncateSync(file, at);
      appendFileSync(file, torn);
      expect((await read(file))[0]).toBe('first');
      await appendLines(file, at, ['second', 'third']);
      expect(await read(file)).toEqual(['first', 'second', 'third']);
    }
  });

  it('drops what a history wrote that was reset and went another way', async () => {
    const file = fresh();
    const at = await appendLines(file, 0, ['kept']);
    await appendLines(file, at, ['other', 'lines']);
    await appendLines(file, at, ['this']);
    expect(await read(file)).toEqual(['kept', 'this']);
  });

  it('goes on with whole lines when its end was lost (R3)', async () => {
    const file = fresh();
    const at = await appendLines(file, 0, ['first', 'second']);
    truncateSync(file, at - 3);
    expect(await appendLines(file, at, ['third'])).toBe('first\nthird\n'.length);
    expect(await read(file)).toEqual(['first', 'third']);
  });

  it('is read on from where it was left, also in the middle of characters and blocks', async () => {
    const file = fresh();
    const long = 'ä€😀'.repeat(40_000);
    const tally = new ResultsTally(file, 'b');
    await tally.read();
    expect(tally.ended).toBe(0);
    const at = await appendLines(file, 0, [
      lineText(line(1, 'completed', { value: long, run: 'other/item:1', usage: { ...NO_USAGE, calls: 5 } })),
    ]);
    await appendLines(file, at, [
      lineText(line(2, 'failed', { usage: { ...NO_USAGE, calls: 2, usd: null } })),
      'no line of ours',
    ]);
    const seen: string[] = [];
    await tally.read(async (lines) => void seen.push(...lines));
    appendFileSync(file, '{"item":3');
    await tally.read();
    expect(tally.counts).toMatchObject({ completed: 1, failed: 1, kept: 1 });
    expect(tally.usage).toMatchObject({ calls: 2, usd: null });
    expect(parseLine(seen[0] ?? '')?.json['value']).toBe(long);
    expect(seen).toHaveLength(3);
  });
});

describe('a line', () => {
  it('comes back as it was, and what is none is left out', () => {
    const whole = line(7, 'failed', { reason: 'invalid', run: null });
    expect(parseLine(lineText(whole))).toMatchObject({ item: 7, status: 'failed', reason: 'invalid', run: null });
    for (const text of ['', '{', '[]', '{"item":"1","status":"completed"}', '{"item":1,"status":"running"}']) {
      expect(parseLine(text)).toBeNull();
    }
  });

  it('gets its large value back where users read it', async () => {
    const store = freshStore();
    for (const value of ['text '.repeat(9_000), { list: Array.from({ length: 9_000 }, (_, n) => n) }]) {
      const large = await keepValue(store, value);
      const { error, usage, run } = line(1);
      const stored = lineText({ item: 1, status: 'completed', value: null, large, error, usage, run });
      expect(JSON.parse(await withValue(stored, store))).toEqual({
        item: 1,
        status: 'completed',
        value,
        error,
        usage,
        run,
      });
    }
  });
});

describe('a retry', () => {
  /** Item 5 was begun and has no line. */
  const exists = (run: string) => Promise.resolve(run === 'old/item:5');

  async function earlier() {
    const store = freshStore();
    const writer = new ItemsWriter(store);
    for (const json of ['1', '2', '3', '4', '5']) await writer.add({ json });
    const items = await writer.finish();
    await keepRecord(store, 'old', { v: 1, identity: 'i', name: 'n', items, retryOf: 'older', startedAt: 1 });
    const lines = [line(2), line(4, 'failed', { run: 'old/item:4' }), line(1, 'completed_with_failures'), line(2)];
    writeFileSync(resultsFile(store, 'older'), `${lineText(line(3, 'failed', { run: 'older/item:3' }))}\n`);
    writeFileSync(resultsFile(store, 'old'), lines.map((one) => `${lineText(one)}\n`).join(''));
    return { store, manifest: items.manifest };
  }

  it('keeps the lines of items with success once, and lists all others with their last runs (T1, T2)', async () => {
    const { store, manifest } = await earlier();
    const request = { manifest, retry: 'old', strict: false };
    const opened = await openRetry(store, 'new', request, exists);
    expect(opened.counts).toMatchObject({ completed: 1, completed_with_failures: 1, failed: 0, kept: 2 });
    expect((await read(resultsFile(store, 'new'))).map((text) => parseLine(text)?.item)).toEqual([2, 1]);
    const page = await createPages(store)({ manifest, from: 1, todo: opened.todo, seed: 's', resume: true });
    expect(page.next).toBeNull();
    const owns = page.items.map((item) => ('own' in item ? [item.item, JSON.parse(item.own.data).resumeFrom] : null));
    expect(owns).toEqual([
      [3, 'older/item:3'],
      [4, 'old/item:4'],
      [5, 'old/item:5'],
    ]);
    // The activity may be done again, also late.
    await appendLines(resultsFile(store, 'new'), opened.bytes, ['more']);
    expect(await openRetry(store, 'new', request, exists)).toEqual(opened);
    expect(await read(resultsFile(store, 'new'))).toHaveLength(3);
  });

  it('of a strict batch runs items with failed calls again', async () => {
    const { store, manifest } = await earlier();
    const { counts } = await openRetry(store, 'new', { manifest, retry: 'old', strict: true }, exists);
    expect(counts).toMatchObject({ completed: 1, completed_with_failures: 0, kept: 1 });
  });

  it('of a batch that the store does not know is refused, whatever its id', async () => {
    const { store, manifest } = await earlier();
    for (const retry of ['other', '../old', 'a/b']) {
      await expect(openRetry(store, 'new', { manifest, retry, strict: false }, exists)).rejects.toMatchObject({
        code: 'BRAID_RUN_UNKNOWN',
      });
    }
  });
});
