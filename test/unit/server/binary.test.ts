import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildWithGo } from '../../../server/binary-go.ts';
import { downloadWithSdk } from '../../../server/binary-sdk.ts';
import { findServerBinary, type BinarySearch } from '../../../server/binary.ts';
import { cacheFolder } from '../../../server/paths.ts';
import { afterTest, ANSWERS_VERSION, script, tempFolder } from './fakes.ts';

const OFFLINE = { name: 'the download', fetch: () => Promise.reject(new Error('no such host')) };
const GO = { name: 'go install', fetch: buildWithGo };

/** A world with an empty PATH but for what a test puts into `bin`, and an empty cache. */
function world(): { bin: string; cache: string; lines: string[]; search: BinarySearch } {
  const folder = tempFolder();
  const [bin, cache] = [join(folder, 'bin'), join(folder, 'cache')];
  mkdirSync(bin);
  const lines: string[] = [];
  const env = { PATH: bin, BRAID_CACHE: cache };
  return { bin, cache, lines, search: { env, progress: (line) => lines.push(line), sources: [OFFLINE, GO] } };
}

/** A `go` that counts its runs and "builds" what `built` prints. */
function fakeGo(bin: string, count: string, built: string): void {
  script(
    bin,
    'go',
    `echo "$* $GOFLAGS" >> ${count}\n/bin/sleep 0.3\nprintf '#!/bin/sh\\n${built}\\n' > "$GOBIN/temporal"\n/bin/chmod +x "$GOBIN/temporal"`,
  );
}

test('takes `temporal` on PATH first, whatever its version, and gets nothing', async () => {
  const { bin, cache, search, lines } = world();
  const onPath = script(bin, 'temporal', 'echo "temporal version 0.9.0"');
  script(cache, 'temporal', ANSWERS_VERSION);
  expect(await findServerBinary(search)).toBe(onPath);
  expect(lines).toEqual([]);
});

test('passes over a broken or foreign `temporal` on PATH to the cache', async () => {
  const { bin, cache, search } = world();
  const cached = script(cache, 'temporal', ANSWERS_VERSION);
  script(bin, 'temporal', 'exit 3');
  expect(await findServerBinary(search)).toBe(cached);
  script(bin, 'temporal', 'echo some other program');
  expect(await findServerBinary(search)).toBe(cached);
});

test('uses the download when it works and keeps it in the cache', async () => {
  const { cache, search } = world();
  const sources = [
    { name: 'the download', fetch: (folder: string) => Promise.resolve(script(folder, 'sdk-name', ANSWERS_VERSION)) },
    GO,
  ];
  expect(await findServerBinary({ ...search, sources })).toBe(join(cache, 'temporal'));
  expect(await findServerBinary({ ...search, sources: [] })).toBe(join(cache, 'temporal'));
});

test('falls through to `go install`, says so before, and builds once for two at once', async () => {
  const { bin, cache, search, lines } = world();
  const count = join(cache, '..', 'count');
  fakeGo(bin, count, 'echo temporal version 1.5.1');
  mkdirSync(join(cache, 'getting-left-by-a-killed-build'), { recursive: true });
  const found = await Promise.all([findServerBinary(search), findServerBinary(search)]);
  expect(found).toEqual([join(cache, 'temporal'), join(cache, 'temporal')]);
  expect(readFileSync(count, 'utf8')).toBe('install github.com/temporalio/cli/cmd/temporal@v1.5.1 -mod=mod\n');
  expect(lines.toSorted()).toEqual([
    'Building the Temporal server once with Go (about 3 minutes)…',
    `Waiting for process ${process.pid}, which is getting the Temporal server…`,
  ]);
  expect(readdirSync(cache).toSorted()).toEqual(['lock', 'temporal']);
});

test('the error lists every place in order, each with its reason', async () => {
  const { bin, cache, search } = world();
  script(bin, 'go', 'echo "go: module lookup disabled" >&2; exit 1');
  const error = await findServerBinary(search).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'BRAID_SERVER_START' });
  expect(String(error).split('\n').slice(1)).toEqual([
    '  - temporal on PATH: not there',
    `  - the cache (${join(cache, 'temporal')}): no executable file`,
    '  - the download: no such host',
    expect.stringMatching(
      /^ {2}- go install: `go install .*@v1\.5\.1` ended with exit code 1: go: module lookup disabled$/,
    ),
  ]);
});

test('a build that does not work is no build', async () => {
  const { bin, cache, search } = world();
  fakeGo(bin, join(cache, '..', 'count'), 'exit 1');
  await expect(findServerBinary(search)).rejects.toThrow(/go install \(.*\): `--version` failed/);
  expect(existsSync(join(cache, 'temporal'))).toBe(false);
});

test('BRAID_TEMPORAL_BINARY is used alone', async () => {
  const { bin, search } = world();
  script(bin, 'temporal', ANSWERS_VERSION);
  const named = script(join(bin, '..', 'mine'), 'server', ANSWERS_VERSION);
  expect(await findServerBinary({ ...search, env: { ...search.env, BRAID_TEMPORAL_BINARY: named } })).toBe(named);
  const missing = findServerBinary({ ...search, env: { ...search.env, BRAID_TEMPORAL_BINARY: '/no/such/binary' } });
  await expect(missing).rejects.toThrow('BRAID_TEMPORAL_BINARY (/no/such/binary): no executable file');
});

test('without Go the reason is that, not a crash', async () => {
  await expect(findServerBinary(world().search)).rejects.toThrow('go install: no `go` on PATH');
});

test('the SDK download without a network gives up at once where the network says no', async () => {
  const env = { ...process.env, HTTPS_PROXY: 'http://127.0.0.1:9', https_proxy: 'http://127.0.0.1:9' };
  const lines: string[] = [];
  const attempt = downloadWithSdk(tempFolder(), { env, progress: (line) => lines.push(line) });
  await expect(attempt).rejects.toThrow(/download/);
  expect(lines).toEqual(['Downloading the Temporal server once (about 100 MB; given up after 20 s without a byte)…']);
});

test('the SDK download gives up where the network says nothing', async () => {
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  afterTest(() => silent.close());
  const address = silent.address();
  const proxy = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const env = { ...process.env, HTTPS_PROXY: proxy, https_proxy: proxy };
  await expect(downloadWithSdk(tempFolder(), { env, progress: () => {} }, 1500)).rejects.toThrow(
    'nothing arrived for 1.5 s',
  );
});

test('the cache is where the system keeps such things', () => {
  expect(cacheFolder({ HOME: '/h' }, 'linux')).toBe('/h/.cache/braid');
  expect(cacheFolder({ HOME: '/h', XDG_CACHE_HOME: '/x' }, 'linux')).toBe('/x/braid');
  expect(cacheFolder({ HOME: '/h' }, 'darwin')).toBe('/h/Library/Caches/braid');
  expect(cacheFolder({ HOME: '/h', XDG_CACHE_HOME: '/x', BRAID_CACHE: '/b' }, 'darwin')).toBe('/b');
});

test('a file that is not executable does not count as a binary', async () => {
  const { bin, search } = world();
  writeFileSync(join(bin, 'temporal'), ANSWERS_VERSION);
  await expect(findServerBinary(search)).rejects.toThrow('temporal on PATH: not there');
});
