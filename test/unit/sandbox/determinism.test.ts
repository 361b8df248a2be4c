import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { decodeBase64 } from '../../../sandbox/engine/base64.ts';
import { ENGINE_HASH, WASM_HASH } from '../../../sandbox/engine/engine-hash.ts';
import base64 from '../../../sandbox/engine/generated/quickjs-metered.js';
import { story } from './determinism-story.ts';
import { scriptImage } from '../../../sandbox/engine/image.ts';
import { gave, open, valueOf } from './kit.ts';

test('the same start, source and settlements give the same messages and the same gas (S3)', () => {
  const first = story();
  expect(first.turns.at(-1)?.[0]?.type).toBe('done');
  expect(story()).toEqual(first);
});

test.each(['America/New_York', 'Asia/Tokyo'])(
  'also in a fresh process in %s, and in code of the other compiler',
  (zone) => {
    const file = fileURLToPath(new URL('determinism-story.ts', import.meta.url));
    const child = spawnSync(process.execPath, ['--liftoff-only', file], {
      env: { ...process.env, TZ: zone },
      encoding: 'utf8',
    });
    expect(child.status, child.stderr).toBe(0);
    expect(JSON.parse(child.stdout)).toEqual(JSON.parse(JSON.stringify(story())));
  },
);

test('two sandboxes share nothing', () => {
  const a = open();
  const b = open();
  a.run("Object.prototype.leak = 1; globalThis.mine = 'a'; Array.prototype.map = null; await agent('x')", 'a.js');
  b.run("await agent('x'); return [typeof mine, {}.leak, [1].map((x) => x + 1)]", 'b.js');
  a.settle({ id: 1, ok: true, value: gave(1), now: 0, spent: 0 });
  expect(b.settle({ id: 1, ok: true, value: gave(1), now: 0, spent: 0 })).toEqual([
    { type: 'done', value: ['undefined', null, [2]] },
  ]);
});

test('gas counts turns, and stays exact', () => {
  const sandbox = open();
  const before = sandbox.gasUsed;
  sandbox.run("for (let i = 0; i < 1e4; i++); await agent('x')", 's.js');
  const first = sandbox.gasUsed - before;
  expect(first).toBeGreaterThan(10_000);
  sandbox.settle({ id: 1, ok: true, value: gave(1), now: 0, spent: 0 });
  expect(sandbox.gasUsed).toBeGreaterThan(before + first);
  expect(Number.isSafeInteger(sandbox.gasUsed)).toBe(true);
});

test('engine and image are the ones that are pinned', () => {
  const wasm = decodeBase64(base64);
  expect(createHash('sha256').update(wasm).digest('hex')).toBe(WASM_HASH);
  const { runtime, context, start, wire, memory } = scriptImage(ENGINE_HASH);
  const addresses = `{ runtime: ${runtime}, context: ${context}, start: ${start}, wire: ${wire} }`;
  expect(createHash('sha256').update(wasm).update(memory).update(addresses).digest('hex')).toBe(ENGINE_HASH);
});

test.each(['', 'f', 'fo', 'foo', 'foob', 'fooba', 'foobar'])('base64 of %j', (text) => {
  expect(new TextDecoder().decode(decodeBase64(Buffer.from(text).toString('base64')))).toBe(text);
});

test('a script may compute a while, and its result is right', () => {
  expect(valueOf('let s = 0; for (let i = 0; i < 1e6; i++) s += i; return s')).toBe(499_999_500_000);
});
