/**
 * Files and functions stay short (blank lines and comments do not count). What may be longer stands in size-limits.json with
 * its own limit and the reason; an exception that nothing needs any more is a problem too. Functions of test files are not
 * measured: a `describe` holds many.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');
const limits = JSON.parse(readFileSync(path.join(root, 'scripts/size-limits.json'), 'utf8'));

const problems = judge(measure());
for (const problem of problems) console.error(problem);
if (problems.length === 0)
  console.log(`no file above ${limits.fileLines} lines, no function above ${limits.functionLines}`);
else process.exitCode = 1;

/** What the linter finds too long: { file, line, name: null for a file, lines }. */
function measure() {
  const folder = mkdtempSync(path.join(tmpdir(), 'braid-sizes-'));
  try {
    const config = path.join(folder, 'oxlintrc.json');
    writeFileSync(config, JSON.stringify(linterConfig()));
    const ignore = ['test/fixtures/**', 'sandbox/engine/generated/**', 'sandbox/engine/kept/*.js'].flatMap(
      (pattern) => ['--ignore-pattern', pattern],
    );
    const args = [path.join(root, 'node_modules/oxlint/bin/oxlint'), '--config', config, '--format', 'json', ...ignore];
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 });
    if (!stdout.startsWith('{')) throw new Error(`oxlint failed: ${stdout}${stderr}`);
    return JSON.parse(stdout)
      .diagnostics.map(toSize)
      .filter(({ file, name }) => name === null || !file.endsWith('.test.ts'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function linterConfig() {
  const options = { skipBlankLines: true, skipComments: true };
  return {
    categories: { correctness: 'off' },
    rules: {
      'max-lines': ['error', { max: limits.fileLines, ...options }],
      'max-lines-per-function': ['error', { max: limits.functionLines, ...options }],
    },
  };
}

function toSize({ code, filename, message, labels }) {
  const lines = Number(/\((\d+)\)/.exec(message)?.[1]);
  if (Number.isNaN(lines)) throw new Error(`oxlint says something new: ${message}`);
  const name = code.includes('per-function') ? (/`([^`]+)`/.exec(message)?.[1] ?? '(anonymous)') : null;
  return { file: filename, line: labels[0]?.span.line ?? 1, name, lines };
}

function judge(sizes) {
  const unused = new Set(limits.exceptions);
  const tooLong = sizes.flatMap(({ file, line, name, lines }) => {
    const exception = limits.exceptions.find((one) => one.path === file && (one.function ?? null) === name);
    unused.delete(exception);
    const limit = exception?.lines ?? (name === null ? limits.fileLines : limits.functionLines);
    if (lines <= limit) return [];
    return [`${file}:${line} ${name ?? 'the file'} has ${lines} lines, more than ${limit}`];
  });
  return [
    ...tooLong,
    ...[...unused].map((one) => `scripts/size-limits.json: nothing needs the exception for ${one.path} any more`),
  ];
}
