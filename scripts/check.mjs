/** All static gates: npm run check. Runs every one, also after a failure, and ends with 1 when one failed. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');
const GATES = [
  ['format', 'node_modules/oxfmt/bin/oxfmt', '--check'],
  ['lint', 'node_modules/oxlint/bin/oxlint'],
  ['imports', 'scripts/check-imports.mjs'],
  ['sizes', 'scripts/check-sizes.mjs'],
  ['types', 'node_modules/typescript/bin/tsc', '--project', 'tsconfig.json'],
  ['dead code', 'node_modules/knip/bin/knip.js', '--treat-config-hints-as-errors'],
  ['lock file', 'scripts/check-lock.mjs'],
  ['error page', 'scripts/docs-errors.mjs', '--check'],
  ['sandbox', 'scripts/build-sandbox.mjs', '--check'],
];

const failed = GATES.filter((gate) => !passes(...gate)).map(([name]) => name);
if (failed.length > 0) {
  console.error(`\nFailed: ${failed.join(', ')}.${failed.includes('format') ? ' Type: npm run format' : ''}`);
  process.exitCode = 1;
}

function passes(name, file, ...args) {
  const since = Date.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(root, file), ...args], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const ok = status === 0;
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${name.padEnd(10)} ${((Date.now() - since) / 1000).toFixed(1)} s`);
  if (!ok) process.stdout.write(`${stdout}${stderr}\n`);
  return ok;
}
