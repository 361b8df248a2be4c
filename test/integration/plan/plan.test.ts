/** `braid plan` as a process of its own, against the suite's server, with a worker and a scripted provider of this file's. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, inject, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../../protocol/json.ts';
import { PLAN } from '../../../protocol/limits.ts';
import { lastOf, promptOf } from '../../../testing/provider/index.ts';
import { useHarness } from '../../kit/harness.ts';

const h = useHarness();
const MAIN = fileURLToPath(new URL('../../../client/cli/main.ts', import.meta.url));
const META = `export const meta = { name: 'pair', description: 'Asks two' }\n`;
const GOOD = `${META}return await parallel(['a', 'b'].map((x) => () => agent('say ' + x, { label: x, tools: [] })))`;
const WRONG = ['return (', `${META}import fs from 'fs'`];

interface Told {
  code: number | null;
  stdout: string;
  stderr: string;
}

function braid(cwd: string, ...args: string[]): Promise<Told> {
  const env = { PATH: process.env['PATH'], HOME: cwd, NO_COLOR: '1', BRAID_HOME: h.store.home };
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { ...env, TEMPORAL_ADDRESS: inject('temporalAddress') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
}

function project(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'braid-project-'));
  mkdirSync(path.join(folder, 'src'));
  writeFileSync(path.join(folder, 'src', 'app.js'), 'export const one = 1');
  return folder;
}

it('has two wrong scripts corrected, shows the plan, and runs it: five requests in all', async () => {
  const folder = project();
  const asked: string[] = [];
  h.answer((request) => {
    asked.push(promptOf(request));
    if (!promptOf(request).startsWith('Write the script')) return `said ${promptOf(request)}`;
    return { submit: { script: [...WRONG, GOOD][asked.length - 1] ?? '' } };
  });
  const told = await braid(
    folder,
    ...['plan', 'Ask a pair', '--model', 'openai-chat/x', '--id', 'pair', '--yes', '--save', 'duo', '-o', 'json'],
  );
  h.adopt('pair');
  h.adopt('pair-run');
  expect(told, told.stderr).toMatchObject({ code: 0 });
  expect(JSON.parse(told.stdout)).toMatchObject({
    run: 'pair-run',
    value: ['said say a', 'said say b'],
    usage: { calls: 2, requests: 2 },
  });
  expect(asked).toHaveLength(5);
  expect(asked[0]).toContain('src/app.js');
  expect(asked[1]).toMatch(/Your script before:\n\nreturn \(\n.*BRAID_SCRIPT_SYNTAX/s);
  expect(asked[2]).toMatch(/BRAID_SCRIPT_FORBIDDEN/);
  expect(readFileSync(path.join(folder, '.braid/workflows/duo.js'), 'utf8')).toBe(GOOD);
  const { result } = { result: (await h.client.workflow.getHandle('pair').result()) as JsonObject };
  expect(result).toMatchObject({
    status: 'completed',
    value: { script: GOOD, tries: 3 },
    usage: { calls: 3, requests: 3 },
  });

  // The same id is the same plan: nothing is asked again.
  const again = await braid(folder, ...['plan', 'Ask a pair', '--model', 'openai-chat/x', '--id', 'pair']);
  expect(again.code, again.stderr).toBe(0);
  expect(again.stdout).toMatch(/^pair: Asks two\n/);
  expect(again.stdout).toContain('2 × agent "…" (openai-chat/x; no tools; line 2)');
  expect(again.stdout).toContain('Calls: 2 (--max-calls 1,000)');
  expect(again.stderr).toMatch(/Not run\. Run it: braid run \S*plans\/pair\.js --model openai-chat\/x/);
  expect(asked).toHaveLength(5);
});

it('gives up after five scripts, with the last problems, and keeps the last script', async () => {
  let tries = 0;
  h.answer((request) => {
    tries += 1;
    expect(lastOf(request)).toContain(tries === 1 ? 'Call submit' : 'Give the whole corrected script');
    return { submit: { script: `return (${tries}` } };
  });
  const told = await braid(project(), ...['plan', 'Never', '--model', 'openai-chat/x', '--id', 'never']);
  h.adopt('never');
  expect(told.code).toBe(1);
  expect(told.stderr).toMatch(/BRAID_PLAN_INVALID: No valid script came in 5 tries\..*BRAID_SCRIPT_SYNTAX/s);
  expect(told.stderr).toMatch(/braid result never/);
  expect(tries).toBe(PLAN.tries);
  const kept = await braid(project(), 'result', 'never', '-o', 'json');
  const { value, status } = JSON.parse(kept.stdout) as JsonObject;
  expect(status).toBe('failed');
  expect(isJsonObject(value) ? value['script'] : null).toBe('return (5');
});

it('shows a plan of 10,000 agents, and refuses it', async () => {
  const script = `${META}return await parallel(Array.from({ length: 10000 }, (_, i) => () => agent('n' + i, { label: 'n' })))`;
  let asked = 0;
  h.answer(() => {
    asked += 1;
    return { submit: { script } };
  });
  const told = await braid(
    project(),
    ...['plan', 'Too much', '--model', 'openai-chat/x', '--id', 'many', '--yes', '--no-workspace'],
  );
  h.adopt('many');
  expect(told.code, told.stderr).toBe(3);
  expect(told.stderr).toContain('10,000 × agent');
  expect(told.stderr).toMatch(/BRAID_PLAN_TOO_LARGE.*10,000 calls.*may make 1,000/s);
  expect(told.stderr).toMatch(/--max-calls 10000 .*--no-workspace|--max-calls 10000/);
  expect(asked).toBe(1);
});
