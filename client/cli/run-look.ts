import { once } from 'node:events';
import type { Client } from '@temporalio/client';
import { BraidError } from '../../protocol/errors.ts';
import { exitCodeOf } from '../../protocol/outcome.ts';
import type { RunView } from '../../protocol/view.ts';
import type { Store } from '../../store/blobs.ts';
import { renderLogs, renderShow } from '../render/show.ts';
import { wantsColor } from '../render/style.ts';
import { renderList } from '../render/tables.ts';
import { RunHandle } from '../run-handle.ts';
import { listRuns } from '../list-runs.ts';
import { gateText } from '../answer.ts';
import { waitingRuns } from '../waiting-runs.ts';
import { safeText } from '../render/sanitize.ts';
import { ROOT } from '../view/addresses.ts';
import { readRun } from '../view/read.ts';
import { resultOf } from '../view/result.ts';
import { printJson, say, withSession } from './common.ts';
import { follow, pageOf, printAnswer } from './follow.ts';
import { resultBatch, showBatch, watchBatch } from './look-batch.ts';
import type { Output } from './options.ts';

const width = (): number => process.stdout.columns ?? 120;

/** `braid list --waiting`: the runs that wait for a person, each open gate with what it asks. */
export async function listWaiting(output: Output, limitText: string): Promise<void> {
  const limit = limitOf(limitText);
  const waiting = await withSession('server', ({ client }) => waitingRuns(client, limit));
  if (output === 'json') return printJson(waiting);
  if (output === 'jsonl') return waiting.forEach((run) => printJson(run));
  if (waiting.length === 0) return print(['no run waits for a person']);
  const now = Date.now();
  print(
    waiting
      .flatMap(({ run, name, gates }) => [
        `${run}  ${name}`,
        ...gates.flatMap((gate) => gateText(gate, now).map((text) => `  ${text}`)),
      ])
      .map(safeText),
  );
  say('Answer with: braid answer RUN [GATE] --yes | --no | --value JSON | text');
}

export async function list(output: Output, limitText: string): Promise<void> {
  const limit = limitOf(limitText);
  const runs = await withSession('server', ({ client }) => listRuns(client, { limit }));
  if (output === 'json') return printJson(runs);
  if (output === 'jsonl') return runs.forEach((run) => printJson(run));
  print(renderList(runs, { width: width(), color: wantsColor(process.stdout), now: Date.now() }));
}

function limitOf(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit > 0) return limit;
  throw new BraidError('BRAID_USAGE', `--limit ${text} is no whole number above 0.`);
}

export interface ShowFlags {
  script?: boolean;
  cells?: boolean;
  trajectory?: boolean;
  /** Address of one node. */
  node?: string;
}

export async function show(run: string, output: Output, flags: ShowFlags): Promise<void> {
  await withSession('server', async (session) => {
    const { client, store, server } = session;
    const whole =
      flags.script !== true && flags.cells !== true && flags.trajectory !== true && flags.node === undefined;
    if (whole && (await showBatch(session, run, output))) return;
    const view = await readRun(client, run);
    const node = nodeOf(view, flags);
    if (flags.script === true) return void process.stdout.write(await scriptText(view, node, store));
    if (flags.trajectory === true) return exportTrajectory(client, view, node ?? ROOT, store);
    if (flags.cells === true) return showCells(view, node, output);
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
  return withSession(
    'server',
    async (session) => (await watchBatch(session, run, { output, strict })) ?? follow(session, run, { output, strict }),
  );
}

export function result(run: string, output: Output, strict: boolean): Promise<number> {
  return withSession('server', async (session) => {
    const { client, store } = session;
    const ofBatch = await resultBatch(session, run, { output, strict });
    if (ofBatch !== null) return ofBatch;
    const view = await readRun(client, run);
    if (view.endedAt === null) say(`The run ${run} is ${view.status}; waiting for its end.`);
    const ended = view.endedAt === null ? await new RunHandle(client, run).result() : resultOf(view);
    await printAnswer(ended, output, store);
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

async function scriptText(view: RunView, node: string | null, store: Store): Promise<string> {
  if (view.kind === 'rlm' || node !== null) {
    const { scriptOfCells } = await import('../export/script.ts');
    return scriptOfCells(view, node ?? ROOT);
  }
  if (view.sourceHash !== null) return store.getText(view.sourceHash);
  throw new BraidError('BRAID_BLOB_MISSING', `The history of ${view.run} does not tell which script ran.`);
}

/** JSON lines, each as soon as it is made: a trajectory repeats the whole transcript at every turn. */
async function exportTrajectory(client: Client, view: RunView, node: string, store: Store): Promise<void> {
  const { trajectoryLines } = await import('../export/trajectory.ts');
  for await (const line of trajectoryLines(client, view, node, store)) {
    if (!process.stdout.write(`${JSON.stringify(line)}\n`)) await once(process.stdout, 'drain');
  }
}

async function showCells(view: RunView, node: string | null, output: Output): Promise<void> {
  const { cellsOf, renderCells } = await import('../render/cells.ts');
  const cells = cellsOf(view, node);
  if (output === 'text') {
    return print(renderCells(view, cells, { width: width(), color: wantsColor(process.stdout), now: Date.now() }));
  }
  const told = cells.map(({ node: { address }, cell, calls }) => ({ node: address, ...cell, calls }));
  if (output === 'json') return printJson(told);
  for (const cell of told) printJson(cell);
}

/** The RLM that `--node` names; null when it names none. */
function nodeOf(view: RunView, { node, script, cells, trajectory }: ShowFlags): string | null {
  const rlms = view.nodes.filter(({ kind }) => kind === 'rlm').map(({ address }) => address);
  if (node !== undefined && rlms.includes(node)) return node;
  const wanted = node !== undefined || cells === true || trajectory === true;
  if (!wanted || (node === undefined && (rlms.includes(ROOT) || (cells === true && rlms.length > 0)))) return null;
  const what = node === undefined ? `${view.run} is no recursive language model` : `${view.run} has no RLM at ${node}`;
  const there = rlms.length === 0 ? 'It has none.' : `Name one with --node: ${rlms.slice(0, 20).join(', ')}.`;
  throw new BraidError('BRAID_USAGE', `${what}.`, {
    fix: node === undefined && script === true ? 'braid show RUN --script' : there,
  });
}
