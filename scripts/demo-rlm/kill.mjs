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
  for (;;) {
    await sleep(10);
    if (ended()) return null;
    const calls = [...readCalls(home)].filter(([name]) => !before.has(name)).map(([, call]) => call);
    const finished = calls.filter((call) => call.finished).length;
    if (finished >= KILL_AFTER_CALLS && calls.length > finished) break;
  }
  worker.kill('SIGKILL');
  await new Promise((resolve) => worker.once('exit', resolve));
  const calls = readCalls(home);
  const next = await start();
  return { old: worker.pid, next: next.pid, worker: next, calls };
}
