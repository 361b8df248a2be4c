/**
 * What the store knows of model requests, independent of histories: each call that was sent has a `.sent` file with one byte
 * a request, each that finished has a `.json` record (store/call-records.ts).
 */
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';

/** Call → { sent, finished }. */
export function readCalls(home) {
  const calls = new Map();
  const folder = path.join(home, 'calls');
  for (const shard of list(folder)) {
    for (const file of list(path.join(folder, shard))) {
      const name = `${shard}${file.replace(/\.(sent|json)$/, '')}`;
      const call = calls.get(name) ?? { sent: 0, finished: false };
      if (file.endsWith('.sent')) call.sent = statSync(path.join(folder, shard, file)).size;
      if (file.endsWith('.json')) call.finished = true;
      calls.set(name, call);
    }
  }
  return calls;
}

/** `holds`: a kill happened, every call that had finished before it was asked once, and the counts agree with the run's usage. */
export function proofOf({ before, killed, after, usage }) {
  const fresh = (calls) => new Map([...calls].filter(([name]) => !before.has(name)));
  const end = fresh(after);
  const atKill = killed === null ? new Map() : fresh(killed);
  const finished = [...atKill].filter(([, call]) => call.finished);
  const inFlight = [...atKill].filter(([, call]) => !call.finished);
  const askedTwice = finished.filter(([name, call]) => end.get(name)?.sent !== call.sent || call.sent !== 1);
  const retried = inFlight.filter(([name, call]) => (end.get(name)?.sent ?? 0) > call.sent);
  const requests = [...end.values()].reduce((sum, call) => sum + call.sent, 0);
  return {
    finished: finished.length,
    inFlight: inFlight.length,
    retried: retried.length,
    askedTwice: askedTwice.length,
    responses: end.size,
    requests,
    holds:
      killed !== null &&
      finished.length > 0 &&
      inFlight.length > 0 &&
      askedTwice.length === 0 &&
      requests === usage.requests,
  };
}

function list(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
