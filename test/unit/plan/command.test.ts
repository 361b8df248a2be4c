/** What `braid plan` asks and prints around a plan. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { askToRun } from '../../../client/cli/ask-to-run.ts';
import { runCommand } from '../../../client/cli/run-command.ts';

const MAIN = path.join(import.meta.dirname, '../../../client/cli/main.ts');

describe('the question', () => {
  const asked = async (...lines: string[]) => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    let shown = '';
    output.on('data', (chunk: Buffer) => {
      shown += chunk.toString();
      if (shown.endsWith('[n]o: ')) {
        const line = lines.shift();
        if (line === undefined) input.end();
        else input.write(`${line}\n`);
        shown += '|';
      }
    });
    return { run: await askToRun('/plans/a.js', { input, output }), shown: () => shown };
  };

  it.each<[string, string[], boolean]>([
    ['y', ['y'], true],
    ['YES', ['YES'], true],
    ['n', ['n'], false],
    ['the end of the input', [], false],
    ['what is no answer, then yes', ['perhaps', 'yes'], true],
  ])('%s', async (_, lines, run) => expect((await asked(...lines)).run).toBe(run));

  it('e shows where the script is, and asks again', async () => {
    const { run, shown } = await asked('e', 'n');
    expect(run).toBe(false);
    expect(shown()).toContain('/plans/a.js');
  });
});

it('the command that runs a plan has the settings that it was made with', () => {
  const flags = {
    model: 'openai/x',
    maxUsd: 2,
    args: `{"a": "it's"}`,
    workspace: false,
    yes: true,
    id: 'p',
    save: 's',
    strict: true,
  };
  expect(runCommand('/my plans/a.js', flags)).toBe(
    `braid run '/my plans/a.js' --model openai/x --max-usd 2 --args '{"a": "it'\\''s"}' --strict --no-workspace`,
  );
});

describe('braid plan --explain', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'braid-explain-'));
  const script = `export const meta = { name: 'many', description: 'd' }\nfor (const x of args.list) await agent('look at ' + x, { label: x })`;
  writeFileSync(path.join(folder, 'many.js'), script);
  const braid = (args: string[], input = '') =>
    spawnSync(process.execPath, [MAIN, 'plan', ...args], {
      cwd: folder,
      input,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: folder, NO_COLOR: '1', BRAID_HOME: path.join(folder, 'none') },
    });

  it('shows what a script would do, from standard input with args, without a server', () => {
    const { status, stdout, stderr } = braid(
      ['--explain', '-', '--args', '{"list": ["a", "b", "c"]}', '--max-calls', '2', '-o', 'json'],
      script,
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const { plan } = JSON.parse(stdout) as { plan: { calls: unknown; warnings: string[] } };
    expect(plan.calls).toEqual({ known: 3, exact: true, open: [], atMost: 2, maxCalls: 2 });
    expect(plan.warnings).toEqual(['It would make 3 calls; --max-calls is 2.']);
  });

  it.each<[string, string[], RegExp]>([
    ['a script that is not there', ['--explain', 'gone.js'], /BRAID_FILE_MISSING/],
    ['a task beside it', ['do it', '--explain', 'many.js'], /BRAID_USAGE.*both given/],
    ['no task', [], /BRAID_USAGE.*No task/],
    ['a name that is none', ['do it', '--save', '../up'], /BRAID_USAGE.*no name of a workflow/],
    ['two that read standard input', ['-', '--args', '@-'], /BRAID_USAGE.*standard input/],
  ])('%s is wrong usage', (_, args, message) => {
    const { status, stderr } = braid(args);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });
});
