/**
 * Histories from the server, page by page, decoded. While waiting for news, a lost server is waited for as well.
 */
import type { Client } from '@temporalio/client';
import { setTimeout as pause } from 'node:timers/promises';
import { WATCH } from '../protocol/limits.ts';
import { linkOf, oldestRun, readLink, type ChainLink } from './chain.ts';
import { EventDecoder, type DecodeOptions } from './decode.ts';
import type { DecodedEvent } from './decoded.ts';
import { askForHistory } from './page.ts';
import type { PayloadReader } from './payloads.ts';
import { idOf } from './proto.ts';
import { isLost, runError } from './rpc.ts';

export interface HistoryOptions extends DecodeOptions {
  payloads: PayloadReader;
  /** True: goes on until the execution ends. False: ends with what is there now. */
  wait: boolean;
  signal?: AbortSignal | undefined;
  /** Pause after each page while waiting, in ms, so that a busy execution is not read event by event. */
  paceMs?: number;
  /** Ends that pause: there is no more to come but what is there. */
  hurry?: AbortSignal;
  /** Told after every answer, and after every failure to get one. */
  onConnection?: (state: 'ok' | 'lost') => void;
  /** Told when reading begins later than the execution did: the first runs of its chain were deleted. */
  onCut?: () => void;
}

/**
 * Pages of one execution's history. Each event comes once, also after a reconnect, and a page never ends inside a
 * transaction of the server. Begins at the first run of a chain (continue-as-new) and follows it to the last. Throws BRAID_RUN_UNKNOWN when there is no such execution, BRAID_SERVER_UNREACHABLE
 * when the server is away and nobody waits; ends quietly when the signal aborts.
 */
export async function* readHistory(
  client: Client,
  workflowId: string,
  options: HistoryOptions,
): AsyncGenerator<DecodedEvent[], void, undefined> {
  let place = placeIn('', options);
  while (options.signal?.aborted !== true) {
    const page = await nextPage(client, workflowId, place, options);
    if (page === 'again') continue;
    if (page === null) return;
    if (page.events.length > 0) yield page.events;
    const renewed = page.events.find((event) => event.type === 'continuedAsNew');
    if (renewed !== undefined) {
      place = placeIn(renewed.runId, options);
    } else if (place.token === null) {
      return;
    } else if (options.wait && options.paceMs !== undefined) {
      await paced(options.paceMs, options);
    }
  }
}

async function paced(ms: number, { signal, hurry }: HistoryOptions): Promise<void> {
  const ends = [signal, hurry].filter((end) => end !== undefined);
  await pause(ms, undefined, { signal: AbortSignal.any(ends) }).catch(() => undefined);
}

function placeIn(runId: string, { payloads, ...options }: HistoryOptions): Place {
  const decoder = new EventDecoder(payloads, options);
  return { runId, own: '', token: null, last: 0, decoder };
}

/** Where reading stands. `token` is null at the start and at the end. */
interface Place {
  /** Empty: whatever is the latest. */
  runId: string;
  /** The run that was the latest when reading began. */
  own: string;
  token: Uint8Array | null;
  last: number;
  decoder: EventDecoder;
}

async function nextPage(
  client: Client,
  workflowId: string,
  place: Place,
  options: HistoryOptions,
): Promise<{ events: DecodedEvent[] } | 'again' | null> {
  try {
    const { runId, token } = place;
    const { wait, signal } = options;
    const response = await askForHistory(client, { workflowId, runId, token, wait, signal });
    options.onConnection?.('ok');
    const link = place.runId === '' && place.token === null ? linkOf(response.history?.events?.[0]) : null;
    if (link !== null && (await isElsewhere(client, workflowId, place, link, options))) return 'again';
    place.token = response.nextPageToken && response.nextPageToken.length > 0 ? response.nextPageToken : null;
    const fresh = [];
    for (const raw of response.history?.events ?? []) {
      if (idOf(raw.eventId) > place.last) fresh.push(raw);
      place.decoder.note(raw);
    }
    const events = await Promise.all(fresh.map((raw) => place.decoder.decode(raw)));
    place.last = events.at(-1)?.id ?? place.last;
    return { events };
  } catch (error) {
    if (options.signal?.aborted) return null;
    if (!options.wait || (!isLost(error) && place.token === null)) throw runError(error, workflowId);
    // A page token may not outlive the server that gave it: read from the start, events seen before are skipped unread.
    place.token = null;
    options.onConnection?.('lost');
    await pause(WATCH.retryMs, undefined, { signal: options.signal }).catch(() => undefined);
    return 'again';
  }
}

/** A workflow id alone means its latest run: tells whether another is to be read, and names that. */
async function isElsewhere(
  client: Client,
  workflowId: string,
  place: Place,
  link: ChainLink,
  options: HistoryOptions,
): Promise<boolean> {
  if (link.previous === '') {
    place.own = link.runId;
    return false;
  }
  if (place.last > 0) {
    // The execution has gone on in another run while the server was away.
    place.runId = place.own;
    return true;
  }
  const { runId, whole } = await oldestRun(link, (id) => readLink(client, workflowId, id));
  if (!whole) options.onCut?.();
  place.runId = runId;
  return true;
}
