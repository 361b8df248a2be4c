/**
 * Paid once (design §8): what is known of a call outside the server.
 *
 * A call id names one request of one activity of one run, in any text; an edited request has another id. Invariants:
 *
 *  C1  A record is found whole or not at all, by any process that opens the store, from the moment `saveCall` resolved.
 *  C2  The first record of a call stays: a late twin of an attempt that was given up cannot replace what was reported.
 *  C3  `markSent` resolves after the mark is on disk, so a request that was sent is counted even when its sender dies;
 *      the count never falls, and concurrent marks are all kept.
 */
import { hashText } from '../protocol/hash.ts';
import { isJsonObject, type Json } from '../protocol/json.ts';
import type { Store } from './blobs.ts';

export interface CallRecords {
  /** The record of a finished call, or `undefined`. */
  findCall(callId: string): Promise<Json | undefined>;
  /** Keeps the record of a finished call; resolves when it is safe to report the call. */
  saveCall(callId: string, record: Json): Promise<void>;
  /** Counts one more request of this call, across attempts and processes; returns how many were sent, this one included. */
  markSent(callId: string): Promise<number>;
  sentCount(callId: string): Promise<number>;
}

export function openCallRecords({ disk }: Store): CallRecords {
  const file = (callId: string, suffix: string) => {
    const name = hashText(callId);
    return disk.at('calls', name.slice(0, 2), name.slice(2) + suffix);
  };
  const findCall = async (callId: string) => parseRecord(callId, await disk.read(file(callId, '.json')));
  return {
    findCall,
    saveCall: async (callId, record) => {
      const text = JSON.stringify({ callId, record });
      if (await disk.create(file(callId, '.json'), text)) return;
      // One that cannot be read is no record, so it may go.
      if ((await findCall(callId)) === undefined) await disk.write(file(callId, '.json'), text);
    },
    markSent: (callId) => disk.append(file(callId, '.sent'), '.'),
    sentCount: async (callId) => (await disk.size(file(callId, '.sent'))) ?? 0,
  };
}

/** A file that a power cut left empty or torn counts as no record: asking again costs money, failing would cost the run. */
function parseRecord(callId: string, bytes: Uint8Array | undefined): Json | undefined {
  if (bytes === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (isJsonObject(parsed) && parsed['callId'] === callId) return parsed['record'];
  } catch {
    return undefined;
  }
  return undefined;
}
