/** examples/migrate.js by the command, with its worker killed twice while agents write: the patch is whole, and the folder is touched by `apply` only. */
import { execFileSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { findSandbox } from '../../activities/effects/sandbox/find.ts';
import { ROOT, useCli, type Running } from '../kit/cli.ts';
import { finishedIn } from '../kit/kill-play.ts';
import { filesIn, migratePackage } from '../unit/offline/migrator-kit.ts';
import { git, tempFolder, tempRepository } from '../unit/workspace/kit.ts';

// Each request takes a while, so that a kill hits agents at work.
const cli = useCli({ BRAID_OFFLINE_LATENCY_MS: '120' });
const { kind } = await findSandbox();
/** Finished requests, of some sixty that are made before the tests run. */
const KILLS = [12, 30];
const EXAMPLE = path.join(ROOT, 'examples/migrate');

afterAll(() => cli.killAll());

it.runIf(kind !== null)('gives the same patch as without a kill, and applies it', async () => {
  const files = filesIn(path.join(EXAMPLE, 'package'));
  const tree = Object.fromEntries(files);
  const sources = [...files.keys()].filter((name) => name.endsWith('.js'));
  const root = tempFolder(tree);
  const typed = tempFolder();
  copyFileSync(path.join(EXAMPLE, 'braid.config.json'), path.join(typed, 'braid.config.json'));
  const server = cli.start(['dev', '--no-worker']);
  await server.until(/Temporal server started/, 300_000);
  let worker = await startWorker();
  const script = path.join(ROOT, 'examples/migrate.js');
  const args = ['run', script, '--cwd', root, '--model', 'offline/migrator', '--id', 'migration', '-o', 'json'];
  const run = cli.start(args, { cwd: typed });
  for (const finished of KILLS) {
    await expect.poll(() => finishedIn(cli.home), { timeout: 120_000, interval: 20 }).toBeGreaterThanOrEqual(finished);
    worker.child.kill('SIGKILL');
    await worker.ended;
    worker = await startWorker();
  }
  const { stderr, json } = await run.ended;
  expect(stderr).not.toMatch(/BRAID_INTERNAL/);
  // The last kill was long before the end.
  expect(json().usage.requests).toBeGreaterThan(50);
  expect(json()).toMatchObject({
    status: 'completed',
    value: { tests: { passed: true, failed: 0, repaired: true }, left: [], conflicts: [] },
    usage: { calls: sources.length + 4, failed: 0 },
  });
  expect(filesIn(root)).toEqual(files);

  const diff = await cli.run(['diff', 'migration']);
  const copy = tempRepository(tree);
  git(copy, 'apply', path.join(tempFolder({ 'all.patch': diff.stdout }), 'all.patch'));
  expect(git(copy, 'diff', '--name-only').split('\n')).toEqual([...sources, 'package.json'].toSorted());
  expect(tests(copy)).toMatch(/fail 0/);

  expect(await cli.run(['apply', 'migration', '--yes'])).toMatchObject({ code: 0 });
  expect(filesIn(root)).toEqual(migratePackage(files).files);
});

function tests(cwd: string): string {
  return execFileSync(process.execPath, ['--test'], { cwd, encoding: 'utf8' });
}

async function startWorker(): Promise<Running> {
  const worker = cli.start(['worker']);
  await worker.until(/Worker ready/);
  return worker;
}
