/**
 * The test suite: node scripts/test.mjs [option of vitest…]
 *
 * What takes long is done here, before vitest's clocks run: the build that the e2e tests start, and the Temporal server's
 * binary, which may have to be built from source.
 */
import { spawn, spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');
const at = (...parts) => path.join(root, ...parts);
const args = process.argv.slice(2);

if (needs('e2e')) build();
if (needs('integration') || needs('e2e')) await getServer();
runTests();

/** Without `--project` all run. */
function needs(project) {
  const named = args.flatMap((arg, i) =>
    arg === '--project' ? [args[i + 1]] : arg.startsWith('--project=') ? [arg.slice(10)] : [],
  );
  return named.length === 0 || named.includes(project);
}

function build() {
  const { status } = spawnSync(process.execPath, [at('scripts/build.mjs'), '--if-stale'], { stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(1);
}

async function getServer() {
  const { findServerBinary } = await import('../server/binary.ts');
  try {
    await findServerBinary({ env: process.env, progress: (line) => process.stderr.write(`${line}\n`) });
  } catch (error) {
    process.stderr.write(`${error.message}\n${error.fix ?? ''}\n`);
    process.exit(1);
  }
}

function runTests() {
  const child = spawn(process.execPath, [at('node_modules/vitest/vitest.mjs'), 'run', ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code) => process.exit(code ?? 1));
}
