/**
 * Requests on their way, by call id: two attempts of one activity in one process share one request.
 *
 *  F1  While a flight is up, boarding its id joins it; the starter runs once.
 *  F2  `cancelled` lands the flight at once: the socket closes and no more tokens are paid for.
 *  F3  An attempt that was `lost` (its heartbeats came too late, the server was away) does not land it: the next attempt
 *      comes within seconds and joins. Only when nobody came for `orphanMs` is it landed.
 */
import { MODEL_CALL } from '../../protocol/limits.ts';
import type { ModelHeartbeat } from '../../protocol/model-call.ts';

export interface Flight {
  signal: AbortSignal;
  /** How far the request is; read by who reports it. */
  progress: ModelHeartbeat;
}

export interface Ride<T> {
  done: Promise<T>;
  progress: ModelHeartbeat;
  leave(why: 'done' | 'lost' | 'cancelled', reason?: unknown): void;
}

export interface Flights<T> {
  board(id: string, start: (flight: Flight) => Promise<T>): Ride<T>;
}

interface Entry<T> {
  done: Promise<T>;
  controller: AbortController;
  progress: ModelHeartbeat;
  riders: number;
  orphan: NodeJS.Timeout | undefined;
}

export function createFlights<T>(orphanMs: number = MODEL_CALL.orphanMs): Flights<T> {
  const entries = new Map<string, Entry<T>>();

  function takeOff(id: string, start: (flight: Flight) => Promise<T>): Entry<T> {
    const controller = new AbortController();
    const progress: ModelHeartbeat = { state: 'waiting', outputTokens: 0, requests: 0 };
    const gone = (): void => {
      clearTimeout(entry.orphan);
      if (entries.get(id) === entry) entries.delete(id);
    };
    // A flight that is landing must not be joined: its end is not the next attempt's.
    controller.signal.addEventListener('abort', gone, { once: true });
    const done = start({ signal: controller.signal, progress }).finally(gone);
    done.catch(() => undefined); // every rider may have left
    const entry: Entry<T> = { done, controller, progress, riders: 0, orphan: undefined };
    entries.set(id, entry);
    return entry;
  }

  return {
    board(id, start) {
      const entry = entries.get(id) ?? takeOff(id, start);
      entry.riders += 1;
      clearTimeout(entry.orphan);
      return rideOn(entry, orphanMs);
    },
  };
}

function rideOn<T>(entry: Entry<T>, orphanMs: number): Ride<T> {
  let aboard = true;
  return {
    done: entry.done,
    progress: entry.progress,
    leave(why, reason) {
      if (!aboard) return;
      aboard = false;
      entry.riders -= 1;
      if (why === 'cancelled') entry.controller.abort(reason);
      if (why === 'lost' && entry.riders === 0) {
        entry.orphan = setTimeout(() => entry.controller.abort(reason), orphanMs).unref();
      }
    },
  };
}
