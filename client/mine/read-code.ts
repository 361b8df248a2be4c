/**
 * The code of past runs: of those that the server knows from their histories, of those that it has forgotten from what they left in the
 * store.
 *
 *  C1  A run that cannot be read is left out and counted, never an error: mining looks at what is there.
 */
import type { Client } from '@temporalio/client';
import { isBraidError } from '../../protocol/errors.ts';
import type { JournalEntry, KeptRun } from '../../protocol/journal.ts';
import type { Json } from '../../protocol/json.ts';
import { SAVED, WATCH } from '../../protocol/limits.ts';
import { WORKFLOWS } from '../../protocol/names.ts';
import { addSpend, NO_SPEND } from '../../protocol/outcome.ts';
import type { RunView } from '../../protocol/view.ts';
import { extractCells } from '../../sandbox/cells/extract.ts';
import { object, text } from '../../histories/parse-json.ts';
import { readIndex, readPart } from '../../histories/journal/blobs.ts';
import type { Store } from '../../store/blobs.ts';
import { listKeptRuns } from '../../store/run-index.ts';
import { listRuns } from '../list-runs.ts';
import { readRun } from '../view/read.ts';
import type { CodeUse } from './groups.ts';
import { shapeOfCell, shapeOfScript } from './shape.ts';

export interface ReadCode {
  uses: CodeUse[];
  /** Runs that were read, and those that could not be. */
  runs: number;
  unreadable: number;
}

/** The newest {@link SAVED}.minedRuns runs. Errors: BRAID_SERVER_UNREACHABLE, BRAID_STORE. */
export async function readCode({ client, store }: { client: Client; store: Store }): Promise<ReadCode> {
  const listed = await listRuns(client, { limit: SAVED.minedRuns });
  const ended = listed.filter(({ kind, endedAt }) => kind !== 'batch' && endedAt !== null);
  const known = new Set(listed.map(({ run }) => run));
  const kept = (await listKeptRuns(store)).filter(({ run }) => !known.has(run));
  const reading = [
    ...ended.map(
      ({ run }) =>
        async () =>
          codeOfRun(await readRun(client, run, { children: false }), store),
    ),
    ...kept.map((run) => () => codeOfKept(run, store)),
  ].slice(0, SAVED.minedRuns);
  const uses: CodeUse[] = [];
  let unreadable = 0;
  for (let at = 0; at < reading.length; at += WATCH.children) {
    const some = reading.slice(at, at + WATCH.children).map((read) => read().catch(leftOut));
    for (const one of await Promise.all(some)) {
      if (one === null) unreadable += 1;
      else uses.push(...one);
    }
  }
  return { uses, runs: reading.length - unreadable, unreadable };
}

/** C1. */
function leftOut(error: unknown): null {
  if (isBraidError(error, 'BRAID_SERVER_UNREACHABLE') || !isBraidError(error)) throw error;
  return null;
}

/** Errors: BRAID_BLOB_MISSING when the script is in another store. */
export async function codeOfRun(view: RunView, store: Store): Promise<CodeUse[]> {
  const { run, name, usage } = view;
  const base = { run, name, endedAt: view.endedAt ?? 0 };
  if (view.kind === 'script') {
    const code = view.sourceHash === null ? null : await store.getText(view.sourceHash);
    const ok = view.status === 'completed' || view.status === 'completed_with_failures';
    return code === null ? [] : useOf({ ...base, kind: 'script', code, ok, calls: usage.calls, usage });
  }
  return view.nodes.flatMap(({ cells }) =>
    cells.flatMap(({ code, error, usage: spent, state }) =>
      useOf({ ...base, kind: 'cell', code, ok: error === null && state === 'done', calls: spent.calls, usage: spent }),
    ),
  );
}

/** What a run left: its input, and of an RLM what its model answered. How its cells ended is not told: they count as ended well. */
export async function codeOfKept(kept: KeptRun, store: Store): Promise<CodeUse[]> {
  const { run, name, endedAt, workflowType } = kept;
  const base = { run, name, endedAt, ok: true };
  const entries = await entriesOf(kept, store);
  const calls = entries.filter(({ kind }) => kind === 'call');
  if (workflowType === WORKFLOWS.script) {
    const input = object(JSON.parse(await store.getText(kept.input)) as Json);
    const hash = text(input['sourceHash']);
    const code = hash === null ? null : await store.getText(hash);
    const usage = calls.reduce((sum, call) => addSpend(sum, call.usage), NO_SPEND);
    const ok = calls.every(({ failed }) => failed === null);
    return code === null ? [] : useOf({ ...base, kind: 'script', code, ok, calls: calls.length, usage });
  }
  return entries.flatMap((entry) => {
    const said = entry.kind === 'request' ? text(object(entry.value)['text']) : null;
    const cells = said === null ? [] : extractCells(said).cells;
    return cells.flatMap(({ code }) => useOf({ ...base, kind: 'cell', code, calls: 0, usage: NO_SPEND }));
  });
}

async function entriesOf({ run, journal }: KeptRun, store: Store): Promise<JournalEntry[]> {
  const index = await readIndex(store, { run, blob: journal });
  const entries: JournalEntry[] = [];
  for (const part of Object.values(index.nodes).flat()) entries.push(...(await readPart(store, index, part)));
  return entries;
}

function useOf(use: Omit<CodeUse, 'shape'>): CodeUse[] {
  const shape = use.kind === 'script' ? shapeOfScript(use.code) : shapeOfCell(use.code);
  const { inputTokens, outputTokens, usd } = use.usage;
  return shape === null ? [] : [{ ...use, usage: { inputTokens, outputTokens, usd }, shape }];
}
