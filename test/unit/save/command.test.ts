/** `braid test` as a process: what it needs, and how it ends. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { recordingText } from '../../../client/save/recorded-file.ts';
import { programOf } from '../play/kit.ts';

const MAIN = path.join(import.meta.dirname, '../../../client/cli/main.ts');

function braid(cwd: string, ...args: string[]): Promise<{ code: number; out: string }> {
  const { promise, resolve } = Promise.withResolvers<{ code: number; out: string }>();
  // No key, no server, no PATH to find one on, and a home that must stay empty.
  const env = { HOME: path.join(cwd, 'home'), BRAID_HOME: path.join(cwd, 'home/.braid') };
  execFile(process.execPath, [MAIN, ...args], { cwd, env }, (error, stdout) => {
    resolve({ code: error === null ? 0 : Number(error.code), out: stdout });
  });
  return promise;
}

it('T1: needs neither key nor server nor store, and exits with 1 when something differs', async () => {
  const root = mkdtempSync(path.join(tmpdir(), 'braid-test-command-'));
  const folder = path.join(root, '.braid/workflows');
  await mkdir(folder, { recursive: true });
  await mkdir(path.join(root, 'home'));
  const { start, args, hasArgs } = programOf('return 1');
  const head = { from: 'r', start, args, hasArgs, phases: [], calls: [], end: { ok: true, value: 1 } as const };
  for (const [workflow, source] of [
    ['good', 'return 1'],
    ['bad', `return agent('x')`],
  ] as const) {
    await writeFile(path.join(folder, `${workflow}.js`), source);
    await writeFile(path.join(folder, `${workflow}.calls.jsonl`), recordingText({ workflow, ...head }));
  }
  expect(await braid(root, 'test', 'good')).toEqual({
    code: 0,
    out: 'ok   good: 0 calls answered from the recording\n',
  });
  const { code, out } = await braid(root, 'test', '--all', '-o', 'json');
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({
    passed: false,
    tests: [
      { workflow: 'bad', requests: 0, differences: ['new: x (agent) asks "x", and nothing like it is recorded'] },
      { workflow: 'good', passed: true },
    ],
  });
  expect((await braid(root, 'test')).code).toBe(2);
  expect(readdirSync(path.join(root, 'home'))).toEqual([]);
});
