/**
 * What the store knows of model requests, independent of histories: lines `sent CALL` for each request that left, and
 * `done CALL JSON` for a call's end, in one `.log` file for each execution (store/call-records.ts).
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Call → { sent, finished }. */
export function readCalls(home) {
  const calls = new Map();
  const folder = path.join(home, 'calls');
  for (const shard of list(folder)) {
    for (const file of list(path.join(folder, shard))) {
      for (const line of readFileSync(path.join(folder, shard, file), 'utf8').split('\n')) {
        const [what, name] = line.split(' ', 2);
        if (what !== 'sent' && what !== 'done') continue;
        const call = calls.get(name) ?? { sent: 0, finished: false };
        if (what === 'sent') call.sent += 1;
        // A line that is still being written is no record yet.
        else call.finished ||= line.endsWith('}');
        calls.set(name, call);
      }
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
