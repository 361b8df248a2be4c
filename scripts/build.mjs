/**
 * Builds `dist/`: compiled modules, the files they read, and the workflow bundle. Runs on Node 20, because a fresh clone may
 * have nothing newer yet. `--if-stale` does nothing when `dist/` is what the sources build.
 *
 * Invariants
 * B1 A running command never sees half a build: it is made aside and moved into place.
 * B2 A build that fails leaves the one before it.
 * B3 One builds at a time; the others wait.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { filesIn, isStale, signatureOf, sourceFolders, STAMP } from './build-state.cjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const at = (...parts) => path.join(root, ...parts);
const out = at('dist.new');
const old = at('dist.old');
const lock = at('dist.lock');

// `npx braid` in a clone links the clone into npm's cache and runs `prepare` for it, unseen. Were that to fail, every later
// `npx braid` here would fail too (npm 11 leaves half a folder); and bin/braid.cjs builds by itself, where people see it.
if (process.env.npm_lifecycle_event === 'prepare' && process.env.npm_command === 'exec') process.exit(0);

await takeLock();
try {
  if (!process.argv.includes('--if-stale') || isStale(root)) await build();
} finally {
  rmSync(out, { recursive: true, force: true });
  rmSync(lock, { force: true });
}

async function build() {
  // Taken before: what is edited while this builds is stale afterwards.
  const signature = signatureOf(root);
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out);
  if (!compile()) {
    process.exitCode = 1;
    return;
  }
  copyAssets();
  await bundle();
  writeFileSync(path.join(out, STAMP), signature);
  moveIntoPlace();
}

function compile() {
  const compiler = at('node_modules/typescript/bin/tsc');
  if (!existsSync(compiler)) {
    process.stderr.write('The build needs the development packages, and typescript is not there.\nType: npm ci\n');
    return false;
  }
  const stdio = ['ignore', 2, 2];
  const { status } = spawnSync(process.execPath, [compiler, '-p', at('tsconfig.build.json'), '--outDir', out], {
    stdio,
  });
  return status === 0;
}

/** What modules read at run time, and generated ones. The guests' preludes are in generated modules already. */
function copyAssets() {
  for (const file of sourceFolders(root).flatMap((folder) => filesIn(root, folder))) {
    const compiled = file.endsWith('.ts') && !file.endsWith('.d.ts');
    if (compiled || /^sandbox\/prelude(-repl)?\//.test(file)) continue;
    mkdirSync(path.dirname(path.join(out, file)), { recursive: true });
    copyFileSync(at(file), path.join(out, file));
  }
}

async function bundle() {
  const { bundleWorkflows } = await import(pathToFileURL(path.join(out, 'worker/bundle.js')).href);
  const { code } = await bundleWorkflows();
  writeFileSync(path.join(out, 'worker/workflow-bundle.js'), code);
}

function moveIntoPlace() {
  rmSync(old, { recursive: true, force: true });
  if (existsSync(at('dist'))) renameSync(at('dist'), old);
  renameSync(out, at('dist'));
  rmSync(old, { recursive: true, force: true });
}

/** A file that holds the process id of who builds; one of a process that died is taken over. */
async function takeLock() {
  for (;;) {
    try {
      return writeFileSync(lock, String(process.pid), { flag: 'wx' });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (isAbandoned()) rmSync(lock, { force: true });
      else await sleep(100);
    }
  }
}

function isAbandoned() {
  try {
    // Empty for a moment after it was made.
    const pid = Number(readFileSync(lock, 'utf8'));
    if (pid !== 0) process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}
