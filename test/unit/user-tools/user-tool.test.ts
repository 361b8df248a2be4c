import { execFileSync } from 'node:child_process';
import { mkdtempSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test } from 'vitest';
import { callTool, createUserTool } from '../../../activities/user-tools/user-tool.ts';
import { parseConfig } from '../../../client/input/config-schema.ts';

const TAG = { address: 'rlm:1/tool:1', label: 'add', phase: null, model: null, turn: 0 };

/** A configuration file with these tools. */
function config(tools: string, name = 'braid.config.mjs'): string {
  const file = join(mkdtempSync(join(tmpdir(), 'braid-tools-')), name);
  writeFileSync(file, `export default { rlm: { tools: { ${tools} } } };\n`);
  return file;
}

const call = (file: string, tool: string, args: Parameters<typeof callTool>[0]['args'] = null) =>
  callTool({ file, tool, args }, new AbortController().signal);

test('a tool gets its argument and gives JSON', async () => {
  const file = config(`add: { description: 'adds', run: ({ a, b }) => a + b },
    late: { description: 'waits', async run() { return { when: new Date(0), none: undefined }; } },
    nothing: { description: 'gives nothing', run() {} }`);
  expect(await call(file, 'add', { a: 1, b: 2 })).toBe(3);
  expect(await call(file, 'late')).toEqual({ when: '1970-01-01T00:00:00.000Z' });
  expect(await call(file, 'nothing')).toBeNull();
});

test('what a tool throws is told with its name and without its stack', async () => {
  const file = config(`bad: { description: 'fails', run() { throw new TypeError('no such city'); } }`);
  const failure = await new MockActivityEnvironment()
    .run(createUserTool(), TAG, { file, tool: 'bad', args: null })
    .then(
      () => null,
      (error: unknown) => error,
    );
  expect(failure).toMatchObject({
    type: 'BRAID_TOOL_FAILED',
    message: 'The tool bad failed: no such city',
    nonRetryable: true,
  });
  expect(failure).not.toHaveProperty('cause.cause');
});

test('an unknown tool names those that there are', async () => {
  const file = config(`add: { description: '', run: () => 1 }, sub: { description: '', run: () => 2 }`);
  await expect(call(file, 'mul')).rejects.toMatchObject({
    code: 'BRAID_TOOL_FAILED',
    message: expect.stringContaining('there are: add, sub') as string,
  });
});

test('what is no JSON is an error, not a crash', async () => {
  const file = config(`cycle: { description: '', run() { const a = {}; a.a = a; return a; } }`);
  await expect(call(file, 'cycle')).rejects.toMatchObject({ code: 'BRAID_TOOL_FAILED' });
});

test('F1: a changed file is loaded anew, an unchanged one is not evaluated again', async () => {
  const file = config(`n: { description: '', run: () => 0 }`);
  writeFileSync(file, `let n = 0; export default { rlm: { tools: { n: { description: '', run: () => ++n } } } };\n`);
  expect([await call(file, 'n'), await call(file, 'n')]).toEqual([1, 2]);
  writeFileSync(file, `export default { rlm: { tools: { n: { description: '', run: () => 'new' } } } };\n`);
  utimesSync(file, 1, 1);
  expect(await call(file, 'n')).toBe('new');
});

test('a configuration in TypeScript is stripped by Node', () => {
  const file = config(`twice: { description: '', run: (n: number): number => n * 2 }`, 'braid.config.ts');
  const module = new URL('../../../activities/user-tools/tool-file.ts', import.meta.url).href;
  const program = `const { loadTools } = await import(${JSON.stringify(module)});
    process.stdout.write(String((await loadTools(${JSON.stringify(file)})).get('twice')(21, {})));`;
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  expect(out).toBe('42');
});

test('F2: a file that is missing or broken is BRAID_CONFIG with its name', async () => {
  await expect(call('/nowhere/braid.config.ts', 'x')).rejects.toMatchObject({ code: 'BRAID_CONFIG' });
  const file = config('broken');
  writeFileSync(file, 'export default {');
  await expect(call(file, 'x')).rejects.toMatchObject({
    code: 'BRAID_CONFIG',
    message: expect.stringContaining(file) as string,
  });
});

test('cancelling a call ends it, also when the tool does not listen', async () => {
  const file = config(`slow: { description: '', run: () => new Promise(() => undefined) }`);
  const env = new MockActivityEnvironment();
  const running = env.run(createUserTool(), TAG, { file, tool: 'slow', args: null });
  setTimeout(() => env.cancel(), 50);
  await expect(running).rejects.toThrow('CANCELLED');
});

test('the configuration knows the keys of rlm', () => {
  const tools = { add: { description: 'adds', run: () => 1 } };
  const rlm = { tools, prompts: { root: 'r' }, iterations: 5, depth: 2 };
  expect(parseConfig({ rlm }, 'braid.config.ts')).toEqual({ rlm });
  expect(() => parseConfig({ rlm: { tool: {} } }, 'f')).toThrow('unknown key "rlm.tool"');
  expect(() => parseConfig({ rlm: { tools: { 'a-b': tools.add } } }, 'f')).toThrow('must be a JavaScript name');
  expect(() => parseConfig({ rlm: { tools: { a: { description: '', run: 1 } } } }, 'f')).toThrow('must be a function');
});
