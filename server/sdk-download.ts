/** Run as a process of its own by binary-sdk.ts: `node sdk-download FOLDER`. Exit 0 and the binary in FOLDER, or 1 and the reason. */
import { TestWorkflowEnvironment } from '@temporalio/testing';

const downloadDir = process.argv[2];
if (downloadDir === undefined) throw new TypeError('usage: sdk-download FOLDER');
try {
  const server = { executable: { type: 'cached-download', downloadDir } } as const;
  const environment = await TestWorkflowEnvironment.createLocal({ server });
  await environment.teardown();
} catch (error) {
  process.stderr.write(`${rootOf(error)}\n`);
  process.exitCode = 1;
}

/** The SDK's message repeats its address twice and ends with what matters. */
function rootOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replaceAll(/ for url \([^)]*\)/g, '').replaceAll(/(error sending request: )+/g, '');
}
