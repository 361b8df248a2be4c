import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { findEarlier } from '../../../client/resume/find.ts';
import { JOURNAL_VERSION } from '../../../protocol/journal.ts';
import { openStore } from '../../../store/blobs.ts';
import { keepRun } from '../../../store/run-index.ts';
import { refusal } from '../input/kit.ts';
import { scriptInput } from './kit.ts';

type KeptRun = Parameters<typeof keepRun>[1];

const store = openStore(mkdtempSync(join(tmpdir(), 'braid-kept-')));

/** A server that knows no run. */
const client = {
  options: { namespace: 'n' },
  withDeadline: (_at: number, work: () => Promise<unknown>) => work(),
  workflow: {
    getHandle: (id: string) => ({
      describe: () => Promise.reject(new WorkflowNotFoundError('no such run', id, undefined)),
    }),
  },
} as unknown as Client;

async function keep(run: string, more: Partial<KeptRun> = {}): Promise<void> {
  const input = await store.put(JSON.stringify(scriptInput()));
  const kept = {
    run,
    runId: 'x',
    workflowType: 'script',
    name: 'audit',
    input,
    journal: input,
    journalVersion: JOURNAL_VERSION,
  };
  await keepRun(store, { ...kept, startedAt: 1, endedAt: 2, ...more });
}

describe('F2: a run whose history is gone', () => {
  it('is found in the store', async () => {
    await keep('old-1');
    expect(await findEarlier({ client, store }, 'old-1')).toMatchObject({
      kind: 'script',
      run: 'old-1',
      args: { n: 1 },
    });
  });

  it('is an error when it left nothing (DW-43)', async () => {
    const { code, message, fix } = await refusal(() => findEarlier({ client, store }, 'never-1'));
    expect(code).toBe('BRAID_RUN_UNKNOWN');
    expect(message).toContain(store.home);
    expect(fix).toContain('braid list');
  });

  it.each<[string, Partial<KeptRun>, string]>([
    ['its journal is of another version', { journalVersion: JOURNAL_VERSION + 1 }, 'BRAID_JOURNAL'],
    ['its input is gone', { input: 'ab'.repeat(32) }, 'BRAID_BLOB_MISSING'],
  ])('is an error when %s', async (_what, more, code) => {
    await keep('old-2', more);
    expect((await refusal(() => findEarlier({ client, store }, 'old-2'))).code).toBe(code);
  });
});
