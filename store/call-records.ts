/**
 * Paid once (design §8): what is known of a call outside the server.
 *
 * A call id names one request of one activity of one run, in any text; an edited request has another id. All that is known of a
 * call stands in one file that is only ever appended to, a line for each request that left and one for its end: making a file
 * is what a disk is slow at, and a wide batch makes hundreds at once. Invariants:
 *
 *  C1  A record is found whole or not at all, by any process that opens the store, from the moment `saveCall` resolved.
 *  C2  The first record of a call stays: a late twin of an attempt that was given up cannot replace what was reported.
 *  C3  `markSent` resolves after the mark is in the file, so a request that was sent is counted even when its sender dies;
 *      the count never falls, and concurrent marks are all kept.
 */
import { parseJsonObject, type Json } from '../protocol/json.ts';
import type { Store } from './blobs.ts';
import { sha256 } from './hash.ts';

export interface CallRecords {
  /** The record of a finished call, or `undefined`. */
  findCall(callId: string): Promise<Json | undefined>;
  /** Keeps the record of a finished call; resolves when it is safe to report the call. */
  saveCall(callId: string, record: Json): Promise<void>;
  /** Counts one more request of this call, across attempts and processes; returns how many were sent, this one included. */
  markSent(callId: string): Promise<number>;
  sentCount(callId: string): Promise<number>;
}

/** Each line begins with its line break: what a killed writer left unfinished cannot swallow the next one. */
const MARK = '\nsent';

export function openCallRecords({ disk }: Store): CallRecords {
  const file = (callId: string) => {
    const name = sha256(callId);
    return disk.at('calls', name.slice(0, 2), `${name.slice(2)}.log`);
  };
  const linesOf = async (callId: string): Promise<string[]> => {
    const bytes = await disk.read(file(callId));
    return bytes === undefined ? [] : new TextDecoder().decode(bytes).split('\n');
  };
  const sentCount = async (callId: string) => (await linesOf(callId)).filter((line) => `\n${line}` === MARK).length;
  return {
    findCall: async (callId) => {
      for (const line of await linesOf(callId)) {
        const record = parseRecord(callId, line);
        if (record !== undefined) return record;
      }
      return undefined;
    },
    saveCall: async (callId, record) =>
      void (await disk.append(file(callId), `\n${JSON.stringify({ callId, record })}`)),
    markSent: async (callId) => {
      const size = await disk.append(file(callId), MARK);
      return size === MARK.length ? 1 : sentCount(callId);
    },
    sentCount,
  };
}

/** A line that a killed writer or a power cut left torn counts as no record: asking again costs money, failing would cost the run. */
function parseRecord(callId: string, line: string): Json | undefined {
  if (!line.startsWith('{')) return undefined;
  const parsed = parseJsonObject(line);
  return parsed?.['callId'] === callId ? parsed['record'] : undefined;
}
