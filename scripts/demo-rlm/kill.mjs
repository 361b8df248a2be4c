/** Kills the demo's worker while it works. */
import { setTimeout as sleep } from 'node:timers/promises';
import { readCalls } from '../demo/proof.mjs';

/** The kill comes after so many answers: past the root's first turns, in the middle of its batch. */
const KILL_AFTER_CALLS = 12;

/**
 * Kills the worker with SIGKILL as soon as some calls of the run have finished and others are in flight, and starts another.
 * Null when the run ended first. `before`: calls of earlier runs in the same home.
 */
export async function killMidway({ worker, home, before, ended, start }) {
  let seen = new Set();
  for (;;) {
    await sleep(10);
    if (ended()) return null;
    const calls = [...readCalls(home)].filter(([name]) => !before.has(name));
    const inFlight = calls.filter(([, call]) => !call.finished).map(([name]) => name);
    // One of them was sent just now, so that it cannot have ended when the kill arrives.
    const justSent = inFlight.some((name) => !seen.has(name));
    if (calls.length - inFlight.length >= KILL_AFTER_CALLS && justSent) break;
    seen = new Set(inFlight);
  }
  worker.kill('SIGKILL');
  await new Promise((resolve) => worker.once('exit', resolve));
  const calls = readCalls(home);
  const next = await start();
  return { old: worker.pid, next: next.pid, worker: next, calls };
}
