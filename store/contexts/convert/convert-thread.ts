/** Entry of a conversion thread: one document, then it is ended. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Answer, Converted, Job } from './convert.ts';

const { format, bytes } = workerData as Job;

/** Loaded late: each parser is large, and only one is needed. */
async function convert(): Promise<Converted> {
  switch (format) {
    case 'html':
      return (await import('./html.ts')).htmlToText(new TextDecoder().decode(bytes));
    case 'docx':
      return (await import('./docx.ts')).docxToText(bytes);
    case 'pdf':
      return (await import('./pdf.ts')).pdfToText(bytes);
  }
}

const answer: Answer = await convert().then(
  (converted) => ({ converted }),
  (error: unknown) => ({ problem: error instanceof Error ? error.message : String(error) }),
);
parentPort?.postMessage(answer);
