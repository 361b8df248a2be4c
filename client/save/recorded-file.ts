/**
 * The recorded calls of a saved workflow: `NAME.calls.jsonl` beside its script, so that its test works on any machine and after the
 * server and the store have forgotten the run.
 *
 *   {"braidCalls":1,"workflow":…,"from":run,"start":{…},"args":…,"hasArgs":…,"phases":[…],"end":{…}}
 *   {"call":"agent","content":…,"label":…,"phase":…,"head":…,"asked":0,"at":…,"settled":{…}}      in the order of settling
 *
 *  F1  A file is read as hostile: what is no such recording is an error, never a passing test.
 */
import { readFile, stat } from 'node:fs/promises';
import { BraidError } from '../../protocol/errors.ts';
import { isJsonObject, parseJsonObject, type Json, type JsonObject } from '../../protocol/json.ts';
import { MIB, SAVED } from '../../protocol/limits.ts';
import type { Program } from '../play/guest.ts';
import type { RecordedCall } from '../play/recording.ts';

export interface Recording extends Pick<Program, 'start' | 'args' | 'hasArgs'> {
  workflow: string;
  /** Run that it was made from. */
  from: string;
  phases: string[];
  /** What the script came to. */
  end: { ok: true; value: Json } | { ok: false; code: string; message: string };
  calls: RecordedCall[];
}

export function recordingText({ calls, ...head }: Recording): string {
  return [{ braidCalls: 1, ...head }, ...calls].map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** Null when there is none. Errors: BRAID_USAGE (F1). */
export async function readRecording(file: string): Promise<Recording | null> {
  const size = await stat(file).then(
    (info) => (info.isFile() ? info.size : Infinity),
    () => null,
  );
  if (size === null) return null;
  if (size > SAVED.callsBytes) throw foreign(file, `is larger than ${SAVED.callsBytes / MIB} MiB, or no file`);
  const [first = '', ...lines] = (await readFile(file, 'utf8')).split('\n');
  const head = parseHead(parseJsonObject(first));
  if (head === null) throw foreign(file, 'does not begin with what was recorded');
  if (lines.pop() !== '') throw foreign(file, 'is torn');
  const calls = lines.map((line, n) => {
    const call = parseCall(parseJsonObject(line));
    if (call === null) throw foreign(file, `holds no call in line ${n + 2}`);
    return call;
  });
  return { ...head, calls };
}

function foreign(file: string, why: string): BraidError {
  return new BraidError('BRAID_USAGE', `${file} is no recording of a workflow's calls: it ${why}.`, {
    fix: 'Write it anew: braid save RUN --as NAME --force',
  });
}

function parseHead(json: JsonObject | null): Omit<Recording, 'calls'> | null {
  if (json === null || json['braidCalls'] !== 1) return null;
  const { workflow, from, start, args = null, hasArgs, phases, end } = json;
  const begins = parseStart(start);
  const ended = parseEnd(end);
  if (typeof workflow !== 'string' || typeof from !== 'string' || typeof hasArgs !== 'boolean') return null;
  if (begins === null || ended === null || !isTexts(phases)) return null;
  return { workflow, from, start: begins, args, hasArgs, phases, end: ended };
}

function parseStart(json: Json | undefined): Recording['start'] | null {
  if (!isJsonObject(json)) return null;
  const { now, seed, total = null } = json;
  const totals = isJsonObject(json['totals']) ? json['totals'] : {};
  const { calls = null, usd = null, ms = null } = totals;
  if (typeof now !== 'number' || typeof seed !== 'string') return null;
  if (!isCap(total) || !isCap(calls) || !isCap(usd) || !isCap(ms)) return null;
  return { now, seed, total, totals: { calls, usd, ms } };
}

function parseEnd(json: Json | undefined): Recording['end'] | null {
  if (!isJsonObject(json)) return null;
  const { ok, value = null, code, message } = json;
  if (ok === true) return { ok, value };
  return ok === false && typeof code === 'string' && typeof message === 'string' ? { ok, code, message } : null;
}

const NAMES: readonly RecordedCall['call'][] = ['agent', 'rlm', 'workflow', 'ask', 'approve', 'call', 'merge'];

function parseCall(json: JsonObject | null): RecordedCall | null {
  if (json === null) return null;
  const { content, label, phase, head, asked, at } = json;
  const call = NAMES.find((name) => name === json['call']);
  const settled = parseSettled(json['settled']);
  if (call === undefined || settled === null || typeof at !== 'number' || typeof asked !== 'number') return null;
  if (typeof content !== 'string' || typeof label !== 'string' || typeof head !== 'string') return null;
  if (phase !== null && typeof phase !== 'string') return null;
  return { call, content, label, phase, head, asked, at, settled };
}

function parseSettled(json: Json | undefined): RecordedCall['settled'] | null {
  if (!isJsonObject(json)) return null;
  const { ok, value, error } = json;
  if (ok === true && value !== undefined) return { ok, value };
  if (ok !== false || !isJsonObject(error)) return null;
  const { code, message } = error;
  return typeof code === 'string' && typeof message === 'string' ? { ok, error: { code, message } } : null;
}

function isCap(value: Json): value is number | null {
  return value === null || typeof value === 'number';
}

function isTexts(value: Json | undefined): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
