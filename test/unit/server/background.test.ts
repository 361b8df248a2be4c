import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import {
  ensureBackground,
  listBackground,
  stopBackground,
  type BackgroundOptions,
} from '../../../server/background.ts';
import { identityOf, isAlive } from '../../../server/process-identity.ts';
import { listProcesses, registerProcess, writeEntry, type ProcessEntry } from '../../../server/process-files.ts';
import { afterTest, ANSWERS_VERSION, ENDED, fakeTemporal, recordServer, script, tempFolder } from './fakes.ts';

const STAND_IN = fileURLToPath(new URL('./background-process.ts', import.meta.url));

function world(change: Partial<BackgroundOptions> = {}): BackgroundOptions {
  const home = tempFolder();
  afterTest(() => stopBackground(home, 2000));
  return {
    home,
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      BRAID_TEMPORAL_BINARY: script(join(home, 'bin'), 'temporal', ANSWERS_VERSION),
    },
    serverCommand: [process.execPath, STAND_IN, 'server', home],
    workerCommand: [process.execPath, STAND_IN, 'worker'],
    fingerprint: 'settings-1',
    taskQueue: 'queue-1',
    progress: () => {},
    ...change,
  };
}

function logOf(entry: ProcessEntry | undefined): string {
  return readFileSync(entry?.logFile ?? '', 'utf8');
}

test('starts both, leaves them, finds them again, and two at once start one of each (B1)', async () => {
  const options = world();
  const both = await Promise.all([ensureBackground(options), ensureBackground(options)]);
  expect(both.flatMap(({ started }) => started)).toEqual(['server', 'worker']);
  expect(both[0]?.server.address).toBe(both[1]?.server.address);
  const running = listBackground(options.home);
  expect(running.map(({ kind, fingerprint }) => [kind, fingerprint])).toEqual([
    ['server', null],
    ['worker', 'settings-1'],
  ]);
  expect(new Set(running.map(({ address }) => address))).toEqual(new Set([both[0]?.server.address]));

  await vi.waitFor(() => expect(logOf(running[1])).toContain('worker is ready'), 5000);
  const stopped = await stopBackground(options.home);
  expect(stopped.map(({ kind }) => kind)).toEqual(['worker', 'server']);
  expect(stopped.some(isAlive)).toBe(false);
  expect(listProcesses(options.home)).toEqual([]);
  expect(logOf(stopped[0])).toContain('ending');
});

test('a background worker with other settings is asked to end and replaced, the server stays (B3)', async () => {
  const options = world();
  const first = await ensureBackground(options);
  const second = await ensureBackground({ ...options, fingerprint: 'settings-2' });
  expect(second.started).toEqual(['worker']);
  expect(second.server.address).toBe(first.server.address);
  expect(identityOf(first.worker?.pid ?? 0)).toBeNull();
  const workers = listBackground(options.home).filter(({ kind }) => kind === 'worker');
  expect(workers.map(({ pid, fingerprint }) => [pid, fingerprint])).toEqual([[second.worker?.pid, 'settings-2']]);
});

test('a worker in the foreground is enough; with other settings it is named, not replaced (B2)', async () => {
  const options = world();
  const { address, port } = await fakeTemporal();
  recordServer(options.home, port);
  const entry = { kind: 'worker', mode: 'foreground', address, taskQueue: 'queue-1', logFile: null } as const;
  const leave = registerProcess(options.home, { ...entry, fingerprint: 'settings-1' });
  expect(await ensureBackground(options)).toMatchObject({ started: [], worker: null, otherSettings: null });
  expect(await ensureBackground({ ...options, fingerprint: 'x' })).toMatchObject({
    started: [],
    otherSettings: { pid: process.pid },
  });
  expect(await stopBackground(options.home)).toEqual([]);
  leave();
  expect((await ensureBackground(options)).started).toEqual(['worker']);
});

test('a worker that was killed is started again; its file is swept', async () => {
  const options = world();
  const first = await ensureBackground(options);
  process.kill(first.worker?.pid ?? 0, 'SIGKILL');
  expect(await first.worker?.died).toMatch(/^SIGKILL/);
  expect((await ensureBackground(options)).started).toEqual(['worker']);
  expect(listBackground(options.home)).toHaveLength(2);
});

test('the file of an earlier process with the same pid is not believed', () => {
  const home = tempFolder();
  const entry = {
    ...ENDED,
    kind: 'worker',
    mode: 'background',
    startedAt: '2026',
    fingerprint: null,
    taskQueue: null,
    address: null,
  } as const;
  writeEntry(home, { ...entry, logFile: null, stopping: false });
  expect(listProcesses(home)).toEqual([]);
});

test('a background server that ends at once is an error with its last words', async () => {
  const options = world({ serverCommand: ['/bin/sh', '-c', 'echo no such luck; exit 4'] });
  await expect(ensureBackground(options)).rejects.toMatchObject({
    code: 'BRAID_SERVER_START',
    message: expect.stringContaining('no such luck'),
  });
  expect(listProcesses(options.home)).toEqual([]);
});

test('a worker that dies says how while its starter lives', async () => {
  const options = world({ workerCommand: ['/bin/sh', '-c', 'echo bundle is broken >&2; exit 1'] });
  const { worker } = await ensureBackground(options);
  expect(await worker?.died).toBe('exit code 1\nbundle is broken');
});

test('who ignores SIGTERM is killed', async () => {
  const options = world({
    workerCommand: [
      process.execPath,
      '-e',
      "process.on('SIGTERM', () => {}); console.log('deaf'); setInterval(() => {}, 1000)",
    ],
  });
  const { worker } = await ensureBackground(options);
  const identity = identityOf(worker?.pid ?? 0);
  await vi.waitFor(() => expect(logOf(listBackground(options.home)[1])).toContain('deaf'), 5000);
  await stopBackground(options.home, 300);
  expect(identity !== null && isAlive(identity)).toBe(false);
});
