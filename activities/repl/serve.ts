/** A session thread's loop: one session, one turn after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { toErrorInfo } from '../../protocol/errors.ts';
import { REPL_ENGINE_HASH } from '../../sandbox/engine/repl-engine-hash.ts';
import type { EndingCell } from './ending.ts';
import type { OperationCell } from './operations.ts';
import { Runner, type RunnerParts } from './runner.ts';
import type { ThreadMessage, ThreadRequest } from './thread-messages.ts';

export function serveSessions(given: Omit<RunnerParts, 'cell' | 'ending'>): void {
  const { cell, ending } = workerData as { cell: OperationCell; ending: EndingCell };
  const parts: RunnerParts = { ...given, cell, ending };
  let runner: Runner | null = null;
  parentPort?.on('message', (request: ThreadRequest) => {
    if (request.kind !== 'turn') {
      runner = null;
      if (request.kind === 'rehearse') rehearse(parts);
      return;
    }
    try {
      if (request.open !== null) runner = new Runner(request.open, parts);
      if (runner === null) throw new Error('this thread has no session');
      say({ kind: 'end', end: runner.take(request.turn, request.faults) });
    } catch (error) {
      runner = null;
      say({ kind: 'failed', error: toErrorInfo(error) });
      return;
    }
    // After the reply: nobody waits for it, unless the next turn comes within these few milliseconds.
    const snapshot = runner.snapshot();
    if (snapshot !== null) say(snapshot);
  });
}

/**
 * Takes two turns of a session that nobody sees: code that runs for the first time is compiled and optimised first, and the
 * first cell of a run would wait for that (60 of its 90 ms).
 */
function rehearse(parts: RunnerParts): void {
  const guest = { seed: '', context: null, question: { text: '' }, tools: [], engine: REPL_ENGINE_HASH };
  const state = { now: 0, spent: 0, total: null, iterationsLeft: 1, callsLeft: null };
  const code = 'const a = [1, 2].map((n) => n + 1); print(a); const b = await llm_query("q"); b.length';
  const runner = new Runner({ home: '', guest, shared: [], texts: [], restore: null, journal: [], replayMs: 0 }, parts);
  runner.take({ kind: 'cell', cell: 1, code, state }, []);
  runner.snapshot();
  runner.take({ kind: 'settle', settlements: [{ id: 1, ok: true, value: 'a' }], state }, []);
}

function say(message: ThreadMessage): void {
  parentPort?.postMessage(message);
}
