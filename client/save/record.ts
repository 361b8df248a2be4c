/**
 * Records what a run's script was told: the saved script is played once with the run's answers, and what it asks and gets is written
 * down. No request is made.
 *
 *  R1  What is recorded plays: the recording's own end is what the saved script comes to with these answers.
 *  R2  Where that is not what the run gave, the caller is told; where the run cannot be played, nothing is recorded.
 */
import type { Client } from '@temporalio/client';
import { isBraidError } from '../../protocol/errors.ts';
import type { CallResult } from '../../protocol/guest.ts';
import { hashJson } from '../../protocol/hash.ts';
import { canonicalJson, type Json } from '../../protocol/json.ts';
import { SAVED } from '../../protocol/limits.ts';
import type { RunView } from '../../protocol/view.ts';
import { checkScript } from '../../sandbox/check/index.ts';
import { cap, object, text } from '../../histories/parse-json.ts';
import type { Store } from '../../store/blobs.ts';
import { withLargeValue } from '../large-value.ts';
import type { Played, Program } from '../play/guest.ts';
import { recordCalls } from '../play/recording.ts';
import type { RunFacts } from '../play/run-book.ts';
import { playInThread } from '../play/thread.ts';
import type { EarlierRlm } from '../resume/earlier.ts';
import { argsOfContext } from './context-args.ts';
import { wholeText } from './question.ts';
import type { Recording } from './recorded-file.ts';
import { readRunFacts, type ReadRun } from './run-facts.ts';

/** `notice`: how the recording differs from the run; null: it does not. */
export type Recorded = { recording: Recording; notice: string | null } | { problem: string };

/** Errors: those of reading the run. */
export async function recordRun(
  { client, store }: { client: Client; store: Store },
  view: RunView,
  { source, workflow, question }: { source: string; workflow: string; question?: EarlierRlm | undefined },
): Promise<Recorded> {
  try {
    const whole = await readRunFacts(client, store, view);
    const read = question === undefined ? whole : { ...whole, facts: askedOnce(whole.facts, view, question) };
    const program = await programOf(store, view, read, { source, workflow });
    if ('problem' in program) return program;
    const reply = await playInThread({ program, book: { run: read.facts } });
    if ('problem' in reply) return reply;
    const { played } = reply;
    const { start, args, hasArgs } = program;
    const recording: Recording = {
      ...{ workflow, from: view.run, start, args, hasArgs },
      ...{ phases: played.phases, end: endOf(played), calls: recordCalls(played.calls) },
    };
    return { recording, notice: await difference(store, view, played) };
  } catch (error) {
    // What the run needs of the store may be gone; its script is worth keeping all the same.
    if (isBraidError(error, 'BRAID_BLOB_MISSING') || isBraidError(error, 'BRAID_JOURNAL'))
      return { problem: error.message };
    throw error;
  }
}

/** The run as the one call of a script that asks its question. */
function askedOnce(facts: RunFacts, view: RunView, question: EarlierRlm): RunFacts {
  const { inputTokens, outputTokens, usd } = view.usage;
  const result: CallResult = {
    ...{ ok: view.error === null, value: view.value, reason: view.error === null ? null : 'error', error: view.error },
    ...{ usage: { inputTokens, outputTokens, usd }, replayed: false, degraded: false, throws: false, outcome: null },
    ms: (view.endedAt ?? 0) - (view.startedAt ?? 0),
  };
  const parts = `question:${hashJson(wholeText(view.run, question.question)).slice(0, 6)}`;
  const call = { path: '', parts, prompt: '', hash: '', ordinal: 1, own: true, order: 1, at: view.endedAt ?? 0 };
  return { ...facts, calls: [{ ...call, settled: { ok: true, value: result } }] };
}

/** A played script's end as it is recorded and compared. */
export function endOf({ end }: Played): Recording['end'] {
  if (end.ok) return end;
  return { ok: false, code: end.error.code ?? end.error.name, message: end.error.message };
}

async function programOf(
  store: Store,
  view: RunView,
  { input, startedAt }: ReadRun,
  { source, workflow }: { source: string; workflow: string },
): Promise<Program | { problem: string }> {
  const seed = text(input['seed']);
  if (seed === null) return { problem: 'what it was started with is not in this store' };
  const given = view.kind === 'rlm' ? await argsOfContext(store, input['context'] ?? null) : null;
  if (given !== null && 'problem' in given) return given;
  const file = `${workflow}.js`;
  const { maxOutputTokens, maxCalls, maxUsd, maxTimeMs } = object(input['limits']);
  const totals = { calls: cap(maxCalls), usd: cap(maxUsd), ms: cap(maxTimeMs) };
  const start = { now: startedAt, seed, total: cap(maxOutputTokens), totals };
  const args: { args: Json; hasArgs: boolean } =
    given === null
      ? { args: input['args'] ?? null, hasArgs: input['hasArgs'] === true }
      : { args: given.args, hasArgs: true };
  if (JSON.stringify(args).length > SAVED.callsBytes / 2) return { problem: 'its args are too large to be kept' };
  return { source: checkScript(source, { file }).source, file, start, ...args };
}

/** R2. */
async function difference(store: Store, view: RunView, { end }: Played): Promise<string | null> {
  if (!end.ok) {
    return view.error === null ? `the script fails with the run's answers: ${end.error.message}` : null;
  }
  if (view.error !== null) return 'the script ends well with what the run got, which failed';
  const { value } = view.large === null ? view : await wholeValue(store, view, view.large);
  if (canonicalJson(value) === canonicalJson(end.value)) return null;
  return `the script gives ${shown(end.value)} with the run's answers, and the run gave ${shown(value)}`;
}

async function wholeValue(store: Store, view: RunView, large: NonNullable<RunView['large']>): Promise<{ value: Json }> {
  const result = {
    ...(view as Pick<RunView, 'run' | 'status' | 'error' | 'usage' | 'outcomes'>),
    startedAt: null,
    endedAt: null,
  };
  return withLargeValue({ ...result, value: null, large }, store);
}

/** A value in one short line. */
export function shown(value: Json): string {
  const line = JSON.stringify(value);
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}
