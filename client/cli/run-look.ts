import { BraidError } from '../../protocol/errors.ts';
import { exitCodeOf } from '../../protocol/outcome.ts';
import { renderLogs, renderShow } from '../render/show.ts';
import { wantsColor } from '../render/style.ts';
import { renderList } from '../render/tables.ts';
import { RunHandle } from '../run-handle.ts';
import { listRuns } from '../list-runs.ts';
import { readRun } from '../view/read.ts';
import { resultOf } from '../view/result.ts';
import { printJson, say, withSession } from './common.ts';
import { follow, pageOf, printAnswer } from './follow.ts';
import type { Output } from './options.ts';

const width = (): number => process.stdout.columns ?? 120;

export async function list(output: Output, limitText: string): Promise<void> {
  const limit = Number(limitText);
  if (!Number.isInteger(limit) || limit < 1)
    throw new BraidError('BRAID_USAGE', `--limit ${limitText} is no whole number above 0.`);
  const runs = await withSession('server', ({ client }) => listRuns(client, { limit }));
  if (output === 'json') return printJson(runs);
  if (output === 'jsonl') return runs.forEach((run) => printJson(run));
  print(renderList(runs, { width: width(), color: wantsColor(process.stdout), now: Date.now() }));
}

export async function show(run: string, output: Output, script: boolean): Promise<void> {
  await withSession('server', async ({ client, store, server }) => {
    const view = await readRun(client, run);
    if (script) return void process.stdout.write(await store.getText(sourceOf(view.sourceHash, run)));
    if (output !== 'text') return printJson(view);
    print(
      renderShow(view, {
        width: width(),
        color: wantsColor(process.stdout),
        now: Date.now(),
        uiUrl: pageOf(run, server),
      }),
    );
  });
}

export function watch(run: string, output: Output, strict: boolean): Promise<number> {
  return withSession('server', (session) => follow(session, run, { output, strict }));
}

export function result(run: string, output: Output, strict: boolean): Promise<number> {
  return withSession('server', async ({ client }) => {
    const view = await readRun(client, run);
    if (view.endedAt === null) say(`The run ${run} is ${view.status}; waiting for its end.`);
    const ended = view.endedAt === null ? await new RunHandle(client, run).result() : resultOf(view);
    printAnswer(ended, output);
    if (ended.error !== null && output === 'text') say(`${ended.error.code}: ${ended.error.message}`);
    return exitCodeOf(ended.status, { strict, code: ended.error?.code });
  });
}

export async function logs(run: string, output: Output): Promise<void> {
  const view = await withSession('server', ({ client }) => readRun(client, run));
  if (output === 'json') return printJson(view.notes);
  if (output === 'jsonl') return view.notes.forEach((note) => printJson(note));
  print(renderLogs(view, { color: wantsColor(process.stdout) }));
}

function print(lines: string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}

function sourceOf(hash: string | null, run: string): string {
  if (hash !== null) return hash;
  throw new BraidError('BRAID_BLOB_MISSING', `The history of ${run} does not tell which script ran.`);
}
