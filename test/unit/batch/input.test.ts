import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildBatchInput, type BatchOptions } from '../../../client/batch/input.ts';
import { ENGINE_HASH } from '../../../sandbox/engine/engine-hash.ts';
import { freshFolder, freshStore, stream } from './kit.ts';

const store = freshStore();

function build(options: Partial<BatchOptions>) {
  const cwd = freshFolder();
  writeFileSync(path.join(cwd, 'items.jsonl'), '{"n":1}\n');
  return buildBatchInput(
    {
      ...{ script: { source: 'return 1', file: 's.js' }, run: 'new', engine: ENGINE_HASH, store, workspace: false },
      ...{ stdin: stream(), flags: { model: 'offline/echo' }, ...options },
    },
    { cwd, home: cwd, env: {}, stdin: () => Promise.resolve('') },
  );
}

describe('the input of a batch', () => {
  it('names script, items and limits, and what is compared does not depend on the id', async () => {
    const one = await build({ items: 'items.jsonl' });
    const other = await build({ items: 'items.jsonl', run: 'other' });
    expect(one.input.items).toMatchObject({ total: 1, invalid: 0 });
    expect(one.input.limits.onLimit).toBe('stop');
    expect(one.identity).toBe(other.identity);
    expect(one.input.template.data.length).toBeLessThan(3_000);
  });

  it.each([
    [{}, /needs items/],
    [{ items: 'items.jsonl', retry: 'old' }, /names others/],
    [{ retry: 'new' }, /own id/],
    [{ script: '-', items: '-' }, /standard input/],
    [{ items: 'items.jsonl', flags: { model: 'offline/echo', onLimit: 'pause' } }, /not for batches/],
    [{ items: 'items.jsonl', window: '0' }, /--window/],
    [{ items: 'items.jsonl', window: '501' }, /--window/],
  ])('refuses %j', async (options, message) => {
    await expect(build(options)).rejects.toMatchObject({
      code: 'BRAID_USAGE',
      message: expect.stringMatching(message),
    });
  });

  it('refuses to retry a batch that this store does not know', async () => {
    await expect(build({ retry: 'old' })).rejects.toMatchObject({ code: 'BRAID_RUN_UNKNOWN' });
  });
});
