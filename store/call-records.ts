/**
 * Paid once (design §8): what is known of a call outside the server.
 *
 * The calls of one execution of a workflow share a file that is only ever appended to (append-log.ts): a line for each request that
 * left and one for its end. An id names one request of one activity, in any text; an edited request has another id. Invariants:
 *
 *  C1  A record is found whole or not at all, by any process that opens the store, from the moment `saveCall` resolved.
 *  C2  The first record of a call stays: a late twin of an attempt that was given up cannot replace what was reported.
 *  C3  `markSent` resolves after the mark is in the file, so a request that was sent is counted even when its sender dies;
 *      the count never falls, and concurrent marks are all kept.
 */
import { readFileSync, statSync } from 'node:fs';
import { parseJson, parseJsonObject, type Json } from '../protocol/json.ts';
import { LIMITS } from '../protocol/limits.ts';
import { AppendLog } from './append-log.ts';
import type { Store } from './blobs.ts';
import { guardSync } from './disk.ts';
import { sha256 } from './hash.ts';
import { Recent } from './recent.ts';

export interface CallRecords {
  /** The record of a finished call, or `undefined`. */
  findCall(callId: string): Promise<Json | undefined>;
  /** Keeps the record of a finished call; resolves when it is safe to report the call. */
  saveCall(callId: string, record: Json): Promise<void>;
  /** Counts one more request of this call, across attempts and processes; returns how many were sent, this one included. */
  markSent(callId: string): Promise<number>;
  sentCount(callId: string): Promise<number>;
}

/** What a call belongs to. */
export interface Execution {
  workflowId: string;
  runId: string;
}

export interface CallLogs {
  /** Records of the calls of one execution. */
  of(execution: Execution): CallRecords;
}

export function openCallLogs({ disk }: Store): CallLogs {
  const open = new Recent<CallRecords>(LIMITS.maxConcurrency);
  const fileOf = (name: string) => disk.at('calls', name.slice(0, 2), `${name.slice(2)}.log`);
  return {
    of: ({ workflowId, runId }) => {
      const name = sha256(JSON.stringify([workflowId, runId]));
      return open.get(name, () => recordsIn(fileOf(name), (call) => readAlone(fileOf(call))));
    },
  };
}

/** Errors of all methods: BRAID_STORE. `alone` tells of a call that an earlier build began. */
function recordsIn(file: string, alone: (name: string) => Alone): CallRecords {
  const index = new Index();
  const log = new AppendLog(file, index);
  return {
    findCall: async (callId) => {
      const name = sha256(callId);
      log.refresh();
      for (const [from, to] of index.records.get(name) ?? []) {
        const record = parseJson(log.read(from, to));
        if (record !== undefined) return record;
      }
      return alone(name).record;
    },
    saveCall: async (callId, record) => log.append(`${DONE}${sha256(callId)} ${JSON.stringify(record)}`),
    markSent: async (callId) => {
      const name = sha256(callId);
      log.append(`${SENT}${name}`);
      return index.sentOf(name) + alone(name).sent;
    },
    sentCount: async (callId) => {
      const name = sha256(callId);
      log.refresh();
      return index.sentOf(name) + alone(name).sent;
    },
  };
}

const SENT = 'sent ';
const DONE = 'done ';
/** Names of calls are hashes of their ids: of one length and without spaces, whatever an id is made of. */
const NAME_CHARS = 64;

/** Of a file's lines; what stands in records stays on the disk. */
class Index {
  private readonly sent = new Map<string, number>();
  /** Bytes of a call's records, the first one first. One that a power cut left torn is none, and another may follow. */
  readonly records = new Map<string, [from: number, to: number][]>();

  onLine(line: string, from: number, to: number): void {
    const name = line.slice(SENT.length, SENT.length + NAME_CHARS);
    if (line.startsWith(SENT)) this.sent.set(name, (this.sent.get(name) ?? 0) + 1);
    if (!line.startsWith(DONE)) return;
    const start = from + DONE.length + NAME_CHARS + 1;
    this.records.set(name, [...(this.records.get(name) ?? []), [start, Math.max(start, to)]]);
  }

  onReset(): void {
    this.sent.clear();
    this.records.clear();
  }

  sentOf(name: string): number {
    return this.sent.get(name) ?? 0;
  }
}

interface Alone {
  record: Json | undefined;
  sent: number;
}

/** What builds that kept a file for each call know of one: a call or an effect that they left open is still not repeated. */
function readAlone(file: string): Alone {
  const there = guardSync(file, () => statSync(file, { throwIfNoEntry: false }) !== undefined);
  const lines = there ? guardSync(file, () => readFileSync(file, 'utf8')).split('\n') : [];
  const ended = lines.map(parseJsonObject).find((line) => line !== null && 'callId' in line);
  return { record: ended?.['record'], sent: lines.filter((line) => line === SENT.trim()).length };
}
