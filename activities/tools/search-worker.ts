/** Entry of a search thread: answers one job after the other, and may be killed at any moment. */
import { parentPort } from 'node:worker_threads';
import { runSearch, type SearchJob } from './search-job.ts';

parentPort?.on('message', (job: SearchJob) => parentPort?.postMessage(runSearch(job)));
