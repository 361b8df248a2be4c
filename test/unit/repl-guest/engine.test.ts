import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { decodeBase64 } from '../../../sandbox/engine/base64.ts';
import base64 from '../../../sandbox/engine/generated/quickjs-metered.js';
import { replImage } from '../../../sandbox/engine/repl-image.ts';
import { REPL_ENGINE_HASH } from '../../../sandbox/repl/index.ts';

test('the engine and the image of the REPL are the ones that are pinned', () => {
  const { runtime, context, start, stack, memory } = replImage(REPL_ENGINE_HASH);
  const stackText = `{ start: ${stack?.start}, end: ${stack?.end} }`;
  const addresses = `{ runtime: ${runtime}, context: ${context}, start: ${start}, stack: ${stackText} }`;
  const hash = createHash('sha256').update(decodeBase64(base64)).update(memory).update(addresses).digest('hex');
  expect(hash).toBe(REPL_ENGINE_HASH);
});
