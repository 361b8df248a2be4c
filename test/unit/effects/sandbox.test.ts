import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findSandbox, needSandbox } from '../../../activities/effects/sandbox/find.ts';
import { handOver, inFolders } from '../../../activities/effects/sandbox/folders.ts';
import { runCommand, type CommandOptions, type CommandResult } from '../../../activities/effects/sandbox/run.ts';
import { attempts, outcomesOf, scriptOf } from './escapes.ts';

const { kind, problems } = await findSandbox();
const MIB = 2 ** 20;

async function run(command: string, options: Partial<CommandOptions> = {}): Promise<CommandResult> {
  return inFolders({ network: false, readOnly: [] }, async (place) => {
    await handOver(place);
    if (kind === null) throw new Error('there is no sandbox');
    return runCommand({ kind, place, command, seconds: 20, ...options });
  });
}

describe.runIf(kind === null)(`without a sandbox (${problems.join('; ')})`, () => {
  it('R3: no command is run, and the error says what to install', async () => {
    await expect(needSandbox()).rejects.toMatchObject({
      code: 'BRAID_SHELL_UNAVAILABLE',
      fix: expect.stringContaining('install'),
    });
  });
});

describe.skipIf(kind === null)('attempts to escape', () => {
  const canary = path.join(tmpdir(), `braid-canary-${process.pid}`);
  const socket = `braid-test-${process.pid}`;
  const listening: Server[] = [];
  let victim: ChildProcess;
  let reached = 0;
  let outcomes: ReturnType<typeof outcomesOf>;
  let before: string[];
  const list = attempts({ canary, port: 1, pid: 1, socket });

  beforeAll(async () => {
    process.env['BRAID_TEST_SECRET'] = 'sk-not-to-be-seen';
    writeFileSync(canary, 'sings', { mode: 0o666 });
    victim = spawn('sleep', ['300']);
    const port = await listen({ host: '127.0.0.1', port: 0 });
    await listen({ path: `\0${socket}` });
    before = machine();
    const real = attempts({ canary, port, pid: victim.pid ?? 0, socket });
    const files = await inFolders({ network: false, readOnly: [] }, async (place) => {
      writeFileSync(path.join(place.workspace, 'attempts.sh'), scriptOf(real));
      await handOver(place);
      if (kind === null) throw new Error('there is no sandbox');
      const command = 'bash attempts.sh > out.txt 2>&1; echo "ended $?"';
      const result = await runCommand({ kind, place, command, seconds: 60 });
      return { result, text: readFileSync(path.join(place.workspace, 'out.txt'), 'utf8') };
    });
    expect(files.result).toMatchObject({ code: 0, output: 'ended 0\n' });
    outcomes = outcomesOf(files.text);
  }, 90_000);

  afterAll(() => {
    delete process.env['BRAID_TEST_SECRET'];
    victim.kill('SIGKILL');
    for (const server of listening) server.close();
    rmSync(canary);
  });

  async function listen(where: { host: string; port: number } | { path: string }): Promise<number> {
    const server = createServer((connection) => {
      reached += 1;
      connection.end();
    });
    listening.push(server);
    await new Promise<void>((resolve) => server.listen(where, resolve));
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  it('are at least forty', () => expect(list.length).toBeGreaterThanOrEqual(40));

  it.each(list.map(({ name }, at) => ({ name, at })))('$name: to no avail', ({ at }) => {
    const outcome = outcomes.get(at);
    expect(outcome).toBeDefined();
    const { says, not } = list[at] ?? {};
    if (not !== undefined) expect(outcome?.code).not.toBe(not);
    if (says !== undefined) expect(outcome?.output).toMatch(says);
    expect(outcome?.output).not.toContain('sk-not-to-be-seen');
    expect(outcome?.output).not.toContain('sings');
  });

  it('nothing outside is changed, reached or ended', () => {
    expect(readFileSync(canary, 'utf8')).toBe('sings');
    expect(reached).toBe(0);
    expect(victim.exitCode).toBeNull();
    expect(victim.signalCode).toBeNull();
    expect(machine()).toEqual(before);
  });
});

describe.skipIf(kind === null)('commands that do not end well', () => {
  it.each([
    ['hangs', 'sleep 1000', { seconds: 1 }, 'time'],
    ['hangs and heeds no signal', 'trap "" TERM INT HUP QUIT; while :; do :; done', { seconds: 1 }, 'time'],
    ['hangs without output', 'exec >&- 2>&-; setsid sleep 1000 & exec sleep 1000', { seconds: 1 }, 'time'],
    ['forks without end', 'b() { b | b & }; b; sleep 1000', { seconds: 2 }, 'time'],
    ['floods', 'yes', { seconds: 20, limits: limits({ outputBytes: MIB }) }, 'output'],
    [
      'fills the disk',
      'for i in 1 2 3 4 5 6 7 8; do head -c 8M /dev/zero > $i; done; sleep 20',
      { limits: limits({ grownBytes: 16 * MIB }) },
      'disk',
    ],
    [
      'makes files without end',
      'i=0; while :; do i=$((i+1)); : > f$i; done',
      { limits: limits({ grownFiles: 500 }) },
      'disk',
    ],
    [
      'makes folders in folders',
      'd=$(printf "d%.0s" {1..200}); for i in {1..60}; do mkdir $d && cd $d; done; sleep 20',
      {},
      'disk',
    ],
    [
      'fills the memory',
      'node -e "const a=[];setInterval(()=>a.push(Buffer.alloc(8e6,1)),5)"',
      { limits: limits({ memoryBytes: 256 * MIB }) },
      'memory',
    ],
  ] as const)(
    '%s: is ended',
    async (_name, command, options, why) => {
      const result = await run(command, options);
      expect(result).toMatchObject({ ended: why, code: null });
      expect(result.output.length).toBeLessThan(20_000);
      expect(await leftOvers()).toEqual([]);
    },
    60_000,
  );

  it('R1: what a command leaves in the background ends with it', async () => {
    const result = await run(
      '(while :; do date > beat; sleep 0.05; done) & disown; setsid nohup sleep 1000 & sleep 0.2; exit 3',
    );
    expect(result).toMatchObject({ code: 3, ended: null });
    expect(result.ms).toBeLessThan(15_000);
  });

  it('a command that kills all it can ends itself', async () => {
    const result = await run('kill -9 1; kill -9 $PPID; kill -STOP 1; kill -9 -1; kill -9 $$; sleep 1; echo there');
    expect(result).toMatchObject({ ended: null, output: expect.not.stringContaining('there') });
    expect(result.code).not.toBe(0);
  });

  it('one file is no larger than it may be, and the exit code tells', async () => {
    const result = await run('head -c 100M /dev/zero > big; stat -c %s big');
    expect(result.output).toContain(`${64 * MIB}\n`);
  });

  it('I1: the death of the worker ends it', async () => {
    const worker = spawn(process.execPath, [path.join(import.meta.dirname, 'dying-worker.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const workspace = await new Promise<string>((resolve) =>
      worker.stdout.once('data', (text) => resolve(String(text).trim())),
    );
    const beat = () =>
      existsSync(path.join(workspace, 'beat')) ? readFileSync(path.join(workspace, 'beat'), 'utf8') : '';
    await expect.poll(beat, { timeout: 15_000 }).not.toBe('');
    worker.kill('SIGKILL');
    await sleep(1_000);
    const last = beat();
    await sleep(1_000);
    expect(beat()).toBe(last);
    rmSync(path.dirname(workspace), { recursive: true });
  }, 30_000);

  it('R2: an abort ends it and rejects with its reason', async () => {
    const reason = new Error('the run was cancelled');
    const signal = AbortSignal.any([AbortSignal.timeout(60_000), abortIn(700, reason)]);
    const began = performance.now();
    await expect(run('sleep 1000', { signal })).rejects.toBe(reason);
    expect(performance.now() - began).toBeLessThan(15_000);
  });

  it('gives the exit code and both outputs in order, and starts anew each time', async () => {
    expect(await run('echo one; echo two >&2; export A=1; cd /; exit 5')).toMatchObject({
      code: 5,
      output: 'one\ntwo\n',
      ended: null,
    });
    expect(await run('echo "$A"; pwd; id -un; ls -A')).toMatchObject({ code: 0, output: '\n/workspace\nbraid\n' });
  });

  it('keeps the head and the tail of a long output', async () => {
    const { output } = await run('seq 1 100000');
    expect(output.startsWith('1\n2\n')).toBe(true);
    expect(output.endsWith('99999\n100000\n')).toBe(true);
    expect(output).toMatch(/… \d+ characters are left out …/);
  });
});

function limits(some: Partial<NonNullable<CommandOptions['limits']>>): NonNullable<CommandOptions['limits']> {
  return { memoryBytes: 2 ** 31, grownBytes: 2 ** 28, grownFiles: 20_000, outputBytes: 2 ** 24, ...some };
}

function abortIn(ms: number, reason: Error): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), ms);
  return controller.signal;
}

/** What no command may change. */
function machine(): string[] {
  const read = (file: string) => readFileSync(file, 'utf8');
  const mounts = read('/proc/self/mountinfo')
    .split('\n')
    .filter((line) => !line.includes('/braid-shell-'));
  return [hostname(), read('/proc/sys/kernel/core_pattern'), read('/etc/passwd'), ...mounts];
}

/** Folders of commands of this process that were not removed. */
async function leftOvers(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith(`braid-shell-${process.pid}-`));
}
