#!/usr/bin/env node
/**
 * The `braid` command. Plain CommonJS that any Node from 14 on can read: it finds a Node that is new enough, builds the
 * project when a clone's build is missing or older than its sources, and hands over.
 */
'use strict';
const { spawn, spawnSync } = require('node:child_process');
const { accessSync, constants, existsSync } = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const root = path.join(__dirname, '..');
const entry = path.join(root, 'dist', 'client', 'cli', 'main.js');
const builder = path.join(root, 'scripts', 'build.mjs');
/** Keeps a model's regular expression from hanging a worker for ever: V8 falls back to its linear engine. */
const REGEXP_FLAG = '--enable-experimental-regexp-engine-on-excessive-backtracks';

main();

function main() {
  const here = newEnough(process.version);
  const node = here ? process.execPath : bundledNode();
  if (node === null) {
    fail(
      `Braid needs Node 22.12 or newer; this is ${process.version}, and the one that Braid brings is not installed.`,
      'npm ci',
    );
  }
  buildIfNeeded(node);
  if (here) runHere();
  else runIn(node);
}

function runHere() {
  const { enableCompileCache } = require('node:module');
  if (enableCompileCache !== undefined) enableCompileCache(compileCache());
  require('node:v8').setFlagsFromString(REGEXP_FLAG);
  process.setSourceMapsEnabled(true);
  void import(pathToFileURL(entry).href);
}

/** The child ends with this process even when it is killed: it watches the channel between them (client/cli/main.ts). */
function runIn(node) {
  const args = [REGEXP_FLAG, '--enable-source-maps', entry, ...process.argv.slice(2)];
  const env = { NODE_COMPILE_CACHE: compileCache(), ...process.env };
  const child = spawn(node, args, { env, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // Ctrl+C reaches the whole process group by itself; what is sent to this process alone is passed on.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('error', (error) => fail(`${node} cannot be started: ${error.message}`, 'npm ci'));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code === null ? 1 : code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** Compiled code of our modules, kept between commands: most of a short command's time is loading. In the user's own cache. */
function compileCache() {
  return path.join(
    process.env.XDG_CACHE_HOME || path.join(require('node:os').homedir(), '.cache'),
    'braid',
    'compiled',
  );
}

function newEnough(version) {
  const [major, minor] = version.slice(1).split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 12);
}

/** The npm package `node` carries one. */
function bundledNode() {
  try {
    const file = path.join(path.dirname(require.resolve('node/package.json', { paths: [root] })), 'bin', 'node');
    return existsSync(file) ? file : null;
  } catch {
    return null;
  }
}

function buildIfNeeded(node) {
  const built = existsSync(entry);
  if (built && !isStale()) return;
  process.stderr.write(`${built ? 'The sources have changed: building' : 'Building'} Braid (about 10 s)…\n`);
  const { status } = spawnSync(node, [builder, '--if-stale'], { stdio: ['ignore', 2, 2] });
  if (status === 0) return;
  const installed = existsSync(path.join(root, 'node_modules'));
  fail('Braid could not be built; the reason is above.', installed ? 'npm run build' : 'npm ci');
}

/** An installed package has no sources to compare with; a clone that cannot be written to runs what it has. */
function isStale() {
  return existsSync(builder) && isWritable(root) && require('../scripts/build-state.cjs').isStale(root);
}

function isWritable(folder) {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function fail(what, next) {
  process.stderr.write(`${what}\nType: ${next}\n`);
  process.exit(1);
}
