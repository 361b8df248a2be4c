/**
 * Runs a script on the Node that this project brings (the npm package `node`), and installs everything first where a fresh
 * clone has nothing yet:
 *
 *     node scripts/with-node.mjs FILE [ARGUMENT…]
 *
 * npm scripts go through here because they start on whatever Node the machine has, and the shell of one npm script keeps
 * the `node` that it found first. So this file itself must run on Node 20 and import no package.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const at = (...parts) => path.join(root, ...parts);

if (!isInstalled()) install();
run(bundledNode(), process.argv.slice(2));

/** True when `node_modules` holds what package-lock.json asks for, optional packages of other machines left out. */
function isInstalled() {
  const wanted = packagesOf(at('package-lock.json'));
  const installed = packagesOf(at('node_modules/.package-lock.json'));
  if (wanted === null) throw new Error('package-lock.json is missing: this is no clone of Braid.');
  if (installed === null) return false;
  return Object.entries(wanted).every(
    ([place, { version, optional, devOptional }]) =>
      place === '' || optional === true || devOptional === true || installed[place]?.version === version,
  );
}

function packagesOf(lockFile) {
  return existsSync(lockFile) ? JSON.parse(readFileSync(lockFile, 'utf8')).packages : null;
}

function install() {
  say('Installing packages and building (npm ci; 1 to 3 minutes, about 700 MB)…');
  const npm = process.env.npm_execpath;
  const [command, first] = npm === undefined ? ['npm', []] : [process.execPath, [npm]];
  // stdout is the script's own.
  const { status } = spawnSync(command, [...first, 'ci', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (status === 0) return;
  say('The installation failed; the reason is above.\nType: npm ci');
  process.exit(1);
}

/** Its install script brings the binary; where such scripts are switched off, a machine's own new Node will do. */
function bundledNode() {
  const file = at('node_modules/node/bin/node');
  if (existsSync(file)) return file;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath;
  say(`${file} is missing: the install script of the package "node" did not run, and ${process.version} is too old.`);
  say('Type: npm rebuild node --ignore-scripts=false');
  process.exit(1);
}

/** Ends as the script ends. A Ctrl+C reaches it by itself: it is in the same process group. */
function run(node, args) {
  const paths = [at('node_modules/.bin'), process.env.PATH];
  const child = spawn(node, args, { stdio: 'inherit', env: { ...process.env, PATH: paths.join(path.delimiter) } });
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    say(`${node} cannot be started: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function say(line) {
  process.stderr.write(`${line}\n`);
}
