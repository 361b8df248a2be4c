/** The command as a user meets it: what it prints where, its exit codes, its errors, one run seen from several processes. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useCli } from '../kit/cli.ts';
import { promptOf, startProvider, type TestProvider } from '../../testing/provider/index.ts';

const cli = useCli({ OPENAI_API_KEY: 'sk-secret-of-the-test' });
const at = (name: string) => path.join(cli.home, name);
const script = (name: string, source: string): string => {
  writeFileSync(at(name), source);
  return at(name);
};
let provider: TestProvider;

beforeAll(async () => {
  provider = await startProvider((request) => {
    const prompt = promptOf(request);
    if (prompt.includes('dies')) return { status: 400, body: { error: { message: 'no such thing' } } };
    return { text: `said ${prompt}`, delayMs: prompt.includes('slow') ? 1_500 : 0 };
  });
  cli.env['OPENAI_BASE_URL'] = provider.url;
  // The first run starts server and worker, which may take a while: getting a server binary is part of it.
  const first = await cli.run(['run', script('first.js', 'return 1'), '--model', 'offline/echo']);
  expect(first).toMatchObject({ code: 0, stdout: '1\n' });
  expect(first.stderr).toMatch(/Started a server and a worker in the background .*braid dev --stop/);
}, 400_000);
afterAll(() => provider.close());

describe('braid run', () => {
  it.each(['openai-chat/x', 'openai/x'])('prints the object with exact counts through %s', async (model) => {
    const source = `export const meta = {name: 'two', description: 'd'}\nreturn await parallel([() => agent('a'), () => agent('b')])`;
    const before = provider.requests.length;
    const result = await cli.run(['run', script('two.js', source), '--model', model, '--no-workspace', '-o', 'json']);
    expect(result.code).toBe(0);
    expect(result.json()).toEqual({
      run: expect.stringMatching(/^two/),
      status: 'completed',
      value: ['said a', 'said b'],
      error: null,
      usage: {
        calls: 2,
        requests: 2,
        replayed: 0,
        failed: 0,
        refused: 0,
        inputTokens: expect.any(Number),
        outputTokens: expect.any(Number),
        usd: null,
      },
      outcomes: [],
      startedAt: expect.stringMatching(/^\d{4}-/),
      endedAt: expect.stringMatching(/^\d{4}-/),
    });
    expect(provider.requests.length - before).toBe(2);
    expect(result.stderr).not.toMatch(/secret/);
  });

  it('writes events as JSON lines, the object last', async () => {
    const source = `phase('P'); log('l'); await agent('a', {label: 'A'}); return 'v'`;
    const result = await cli.run([
      'run',
      script('events.js', source),
      '--model',
      'openai-chat/x',
      '-o',
      'jsonl',
      '--no-workspace',
    ]);
    const lines = result.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type?: string; v?: number; status?: string });
    expect(lines.slice(0, -1).every((line) => line.v === 1)).toBe(true);
    const types = lines.map((line) => line.type);
    expect(types[0]).toBe('run.started');
    expect(types).toEqual(expect.arrayContaining(['phase', 'log', 'call.started', 'call.ended', 'run.ended']));
    expect(lines.at(-1)).toMatchObject({ status: 'completed', value: 'v' });
  });

  it('reads a script from standard input and args from a file', async () => {
    writeFileSync(at('args.json'), '{"n": 20}');
    const result = await cli.run(
      ['run', '-', '--args', `@${at('args.json')}`, '--model', 'offline/echo', '-o', 'json'],
      { input: 'return args.n + 1' },
    );
    expect(result.json()).toMatchObject({ value: 21 });
  });

  it('finds a saved name', async () => {
    mkdirSync(at('project/.braid/workflows'), { recursive: true });
    writeFileSync(
      at('project/.braid/workflows/hello.js'),
      `export const meta = {name: 'hello', description: 'd'}\nreturn 'saved'`,
    );
    const result = await cli.run(['run', 'hello', '--model', 'offline/echo'], { cwd: at('project') });
    expect(result).toMatchObject({ code: 0, stdout: 'saved\n' });
  });

  it('attaches by --id to the same input and refuses other input', async () => {
    const file = script('id.js', `return await agent('once ' + args)`);
    const args = ['run', file, '--id', 'my-id', '--model', 'openai-chat/x', '--no-workspace', '-o', 'json'];
    const before = provider.requests.length;
    await cli.run([...args, '--args', '1']);
    const again = await cli.run([...args, '--args', '1']);
    expect(again.json()).toMatchObject({ run: 'my-id', value: 'said once 1' });
    expect(provider.requests.length - before).toBe(1);
    const other = await cli.run([...args, '--args', '2']);
    expect(other.code).toBe(2);
    expect(other.stderr).toMatch(/BRAID_RUN_EXISTS/);
  });

  it('resumes from an earlier run without naming its script, args or model, and never starts fresh silently', async () => {
    const before = provider.requests.length;
    const resumed = await cli.run(['run', '--resume-from', 'my-id', '-o', 'json']);
    expect(resumed.json(), resumed.stderr).toMatchObject({
      value: 'said once 1',
      usage: { calls: 1, requests: 0, replayed: 1 },
    });
    expect(provider.requests.length).toBe(before);
    const unknown = await cli.run(['run', '--resume-from', 'never-was']);
    expect(unknown.code).not.toBe(0);
    expect(unknown.stderr).toMatch(/BRAID_RUN_UNKNOWN.*never-was/);
  });
});

describe('exit codes', () => {
  const dies = `return await agent('dies')`;
  it.each<[string, string[], string, number, RegExp]>([
    ['failures are 0', [], dies, 0, /400|no such thing/],
    ['failures with --strict are 1', ['--strict'], dies, 1, /no such thing/],
    ['a script error is 1', [], 'missing()', 1, /BRAID_SCRIPT_ERROR/],
    ['an invalid script is 2', [], 'return (', 2, /BRAID_SCRIPT_SYNTAX/],
    ['TypeScript is 2', [], 'const x: number = 1', 2, /TypeScript/],
    [
      'a non-literal meta is 2',
      [],
      'const n = "x"\nexport const meta = {name: n}',
      2,
      /BRAID_SCRIPT_META|first statement/,
    ],
    ['wrong args are 2', ['--args', '{x'], 'return 1', 2, /BRAID_ARGS_JSON/],
    ['an unknown option is 2', ['--frobnicate'], 'return 1', 2, /unknown option/],
    ['a bad limit is 2', ['--max-calls', 'many'], 'return 1', 2, /max-calls/],
    [
      'a missing folder is 2',
      ['--cwd', '/nowhere/at/all'],
      'return 1',
      2,
      /BRAID_WORKSPACE_UNREADABLE|BRAID_FILE_MISSING/,
    ],
    ['a limit is 3', ['--max-calls', '1'], `await agent('a'); return await agent('b')`, 3, /BRAID_BUDGET_EXHAUSTED/],
    ['an unknown provider is 4', ['--model', 'nobody/x'], `return await agent('a')`, 4, /BRAID_PROVIDER_UNKNOWN/],
    ['a loop without end is 1', [], 'for (;;) {}', 1, /BRAID_SANDBOX_GAS/],
  ])('%s', async (_name, flags, source, code, message) => {
    const model = flags.includes('--model') ? [] : ['--model', 'openai-chat/x'];
    const workspace = flags.includes('--cwd') ? [] : ['--no-workspace'];
    const result = await cli.run(['run', script('exit.js', source), ...model, ...workspace, ...flags]);
    expect(result.code, result.stderr).toBe(code);
    expect(result.stderr).toMatch(message);
  });

  it('no model is 4, before anything starts', async () => {
    const result = await cli.run(['run', script('m.js', 'return 1')]);
    expect(result.code).toBe(4);
    expect(result.stderr).toMatch(/BRAID_MODEL_MISSING.*--model/s);
  });

  it('an address that does not answer is 4', async () => {
    const result = await cli.run(['run', script('m.js', 'return 1'), '--model', 'offline/echo'], {
      env: { TEMPORAL_ADDRESS: '127.0.0.1:1' },
    });
    expect(result.code).toBe(4);
    expect(result.stderr).toMatch(/BRAID_SERVER_UNREACHABLE.*127\.0\.0\.1:1/s);
  });

  it('a missing file names the path', async () => {
    const result = await cli.run(['run', at('absent.js'), '--model', 'offline/echo']);
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(/BRAID_FILE_MISSING.*absent\.js/);
  });
});

describe('one run, several processes', () => {
  it('detach, list, pause, resume, watch, result, show, logs', async () => {
    const file = script(
      'long.js',
      `export const meta = {name: 'long', description: 'd'}\nlog('begun')\nfor (let i = 0; i < 4; i++) await agent('slow ' + i)\nreturn 'end'`,
    );
    const started = await cli.run([
      'run',
      file,
      '--model',
      'openai-chat/x',
      '--no-workspace',
      '--id',
      'long-1',
      '--detach',
    ]);
    expect(started).toMatchObject({ code: 0, stdout: 'long-1\n' });
    expect((await cli.run(['pause', 'long-1'])).code).toBe(0);
    await expect
      .poll(async () => (await cli.run(['list'])).stdout, { timeout: 20_000, interval: 500 })
      .toMatch(/long-1\s+long\s+paused/);
    expect((await cli.run(['resume', 'long-1'])).code).toBe(0);
    const watched = await cli.run(['watch', 'long-1']);
    expect(watched).toMatchObject({ code: 0, stdout: 'end\n' });
    expect((await cli.run(['result', 'long-1', '-o', 'json'])).json()).toMatchObject({
      status: 'completed',
      usage: { calls: 4 },
    });
    expect((await cli.run(['show', 'long-1'])).stdout).toMatch(/slow 3/);
    expect((await cli.run(['show', 'long-1', '--script'])).stdout).toMatch(/^export const meta/);
    expect((await cli.run(['logs', 'long-1'])).stdout).toMatch(/begun/);
    const ended = await cli.run(['pause', 'long-1']);
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/BRAID_RUN_ENDED/) });
  });

  it('cancel ends with 130 for whoever waits', async () => {
    const file = script('cancel.js', `await sleep('10m'); return 1`);
    const run = cli.start(['run', file, '--model', 'offline/echo', '--id', 'cancel-1', '-o', 'json']);
    await expect.poll(async () => (await cli.run(['list'])).stdout, { timeout: 20_000 }).toMatch(/cancel-1/);
    await cli.run(['cancel', 'cancel-1']);
    const result = await run.ended;
    expect(result.code).toBe(130);
    expect(result.json()).toMatchObject({ status: 'cancelled' });
  });

  it('Ctrl+C detaches and says how to come back', async () => {
    const run = cli.start([
      'run',
      script('ctrl.js', `await sleep('10m'); return 1`),
      '--model',
      'offline/echo',
      '--id',
      'ctrl-1',
    ]);
    await run.until(/ctrl-1 started/);
    run.child.kill('SIGINT');
    const result = await run.ended;
    expect(result.code).toBe(130);
    expect(result.stderr).toMatch(/braid watch ctrl-1/);
    expect((await cli.run(['list'])).stdout).toMatch(/ctrl-1\s+ctrl\S*\s+running/);
    await cli.run(['cancel', 'ctrl-1']);
  });

  it('an unknown run is an error', async () => {
    for (const command of ['show', 'watch', 'result', 'logs', 'cancel']) {
      const result = await cli.run([command, 'nothing-here']);
      expect(result.stderr, command).toMatch(/BRAID_RUN_UNKNOWN/);
      expect(result.code).not.toBe(0);
    }
  });
});

describe('without a worker', () => {
  it('says so after 5 s with the command, and goes on when one is there', async () => {
    const other = { BRAID_HOME: at('other') };
    const server = cli.start(['dev', '--no-worker'], { env: other });
    await server.until(/server started at (\S+)/, 60_000);
    const address = /server started at (\S+)/.exec(server.stderr())?.[1] ?? '';
    const env = { ...other, TEMPORAL_ADDRESS: address };
    const run = cli.start(['run', script('nw.js', 'return 7'), '--model', 'offline/echo', '-o', 'json'], { env });
    await run.until(/no worker is polling.*braid worker/, 20_000);
    const worker = cli.start(['worker'], { env });
    expect((await run.ended).json()).toMatchObject({ value: 7 });
    worker.child.kill('SIGTERM');
    await worker.ended;
  });
});

describe('help', () => {
  it.each([
    'run',
    'list',
    'show',
    'watch',
    'result',
    'logs',
    'pause',
    'resume',
    'cancel',
    'limit',
    'dev',
    'worker',
    'doctor',
  ])('braid %s --help has an example', async (command) => {
    const result = await cli.run([command, '--help']);
    expect(result.code).toBe(0);
    expect(result.stdout).toMatch(/Examples?:\n.*braid/);
  });

  it('doctor tells what is there, and exits 0', async () => {
    const result = await cli.run(['doctor', '-o', 'json']);
    expect(result.code).toBe(0);
    expect(JSON.stringify(result.json())).not.toMatch(/secret/);
  });
});
