import { parentPort, workerData } from 'node:worker_threads';
import { openText } from '../../../store/contexts/reader.ts';
import type { SharedContext } from '../../../store/contexts/shared.ts';

const { shared, home, needle } = workerData as { shared: SharedContext; home: string; needle: string };
parentPort?.postMessage(openText(shared, 0, home).count(needle));
