/** Entry of a thread that plays one script, then it is ended. */
import { parentPort, workerData } from 'node:worker_threads';
import { playGuest } from './guest.ts';
import { NotRecorded, RunBook } from './run-book.ts';
import { RecordedBook } from './recording.ts';
import type { PlayJob, PlayReply } from './thread.ts';

parentPort?.postMessage(reply(workerData as PlayJob));

function reply({ program, book }: PlayJob): PlayReply {
  try {
    if ('run' in book) return { played: playGuest(program, new RunBook(book.run)), report: null };
    const first = new RecordedBook(book.recorded);
    const played = playGuest(program, first);
    const { misses, unused } = first.report();
    if (misses.length === 0) return { played, report: first.report() };
    // What nothing asked for may be what the new calls were before.
    const second = new RecordedBook(book.recorded, new Set(unused.map(({ asked }) => asked)));
    return { played: playGuest(program, second), report: second.report() };
  } catch (error) {
    if (error instanceof NotRecorded) return { problem: error.message };
    throw error;
  }
}
