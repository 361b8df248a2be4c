/**
 * Running git on a repository that may be hostile. Invariants:
 *
 *  G1  No shell; the repository's configuration starts no program: hooks, pagers, fsmonitor, external diffs, textconv,
 *      signature checks, lazy fetches and (see {@link localFilters}) content filters are off.
 *  G2  Nothing of the caller's GIT_* environment reaches git; the repository is never written to.
 *  G3  Every command ends: bounded in time and in output, and killed with its caller.
 *  G4  Text of a user or a model stands behind `--end-of-options` or `--`, and paths are literal.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { BraidError } from '../../protocol/errors.ts';
import { TOOL_OUTPUT } from '../../protocol/limits.ts';

interface GitOptions {
  /** Output is cut here; the command is then killed. */
  maxBytes: number;
  signal?: AbortSignal | undefined;
  /** Further settings, as name and value. */
  config?: [string, string][];
}

interface GitResult {
  /** Exit code; null when the command was killed. */
  code: number | null;
  stdout: Buffer;
  stderr: string;
  truncated: boolean;
  timedOut: boolean;
}

const FIXED = [
  ['core.fsmonitor', 'false'],
  ['core.hooksPath', '/dev/null'],
  ['core.alternateRefsCommand', ''],
  ['core.quotePath', 'false'],
  ['color.ui', 'false'],
  ['log.showSignature', 'false'],
  ['diff.noprefix', 'false'],
  ['diff.mnemonicPrefix', 'false'],
  ['submodule.recurse', 'false'],
  ['protocol.allow', 'never'],
].flatMap(([name, value]) => ['-c', `${name}=${value}`]);

const GLOBAL = ['--no-pager', '--no-optional-locks', '--literal-pathspecs', ...FIXED];

/** Flags of every command that prints differences. */
export const DIFF_FLAGS = [
  '--no-ext-diff',
  '--no-textconv',
  '--no-color',
  '--ignore-submodules=all',
  '--relative',
  '--find-renames',
  '--src-prefix=a/',
  '--dst-prefix=b/',
];

/** Runs git in `cwd`. A failing command is a result, not an error. Errors: BRAID_GIT when git cannot be started. */
export async function runGit(cwd: string, args: readonly string[], options: GitOptions): Promise<GitResult> {
  options.signal?.throwIfAborted();
  try {
    return await follow(startGit(cwd, args, options.config ?? []), options);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new BraidError('BRAID_GIT', `git could not be started: ${why}.`, {
      fix: 'Install git where the worker runs, or do without --base.',
      cause: error,
    });
  } finally {
    // Whatever the command said when it was killed, an abort is what happened.
    options.signal?.throwIfAborted();
  }
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** Throws at once when an argument holds a NUL. */
function startGit(cwd: string, args: readonly string[], config: [string, string][]): Child {
  return spawn('git', [...GLOBAL, ...args], { cwd, env: environment(config), stdio: ['ignore', 'pipe', 'pipe'] });
}

async function follow(child: Child, { maxBytes, signal }: GitOptions): Promise<GitResult> {
  const chunks: Buffer[] = [];
  const state = { size: 0, stderr: '', truncated: false, timedOut: false };
  const kill = () => child.kill('SIGKILL');
  const timer = setTimeout(() => {
    state.timedOut = true;
    kill();
  }, TOOL_OUTPUT.gitMs);
  signal?.addEventListener('abort', kill);
  child.stdout.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    state.size += chunk.byteLength;
    if (state.size <= maxBytes) return;
    state.truncated = true;
    kill();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    if (state.stderr.length < 2000) state.stderr += chunk.toString('utf8');
  });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject).on('close', resolve);
    });
    const { stderr, truncated, timedOut } = state;
    return { code, stdout: Buffer.concat(chunks).subarray(0, maxBytes), stderr, truncated, timedOut };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', kill);
  }
}

/** The one line that `args` print, or null when git fails. */
export async function gitLine(cwd: string, args: readonly string[], signal?: AbortSignal): Promise<string | null> {
  const result = await runGit(cwd, args, { maxBytes: 64 * 1024, signal });
  return result.code === 0 && !result.truncated ? result.stdout.toString('utf8').replace(/\n$/, '') : null;
}

/** The commit that a revision names, as 40 or 64 hex digits, or null. */
export async function resolveCommit(cwd: string, revision: string, signal?: AbortSignal): Promise<string | null> {
  if (revision.includes('\0')) return null;
  return gitLine(cwd, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`], signal);
}

/**
 * Settings that take the programs out of the content filters which a repository's own configuration names: comparing a
 * work tree runs them. Those of the user's own configuration (git-lfs) stay.
 */
export async function localFilters(cwd: string, signal?: AbortSignal): Promise<[string, string][]> {
  const args = [
    'config',
    '--show-scope',
    '--name-only',
    '-z',
    '--get-regexp',
    '^filter\\..*\\.(clean|smudge|process|required)$',
  ];
  const { code, stdout } = await runGit(cwd, args, { maxBytes: 1024 * 1024, signal });
  if (code !== 0) return [];
  const words = stdout.toString('utf8').split('\0');
  const off: [string, string][] = [];
  for (let i = 0; i + 1 < words.length; i += 2) {
    const [scope = '', name = ''] = words.slice(i, i + 2);
    if (scope === 'local' || scope === 'worktree') off.push([name, name.endsWith('.required') ? 'false' : '']);
  }
  return off;
}

function environment(config: [string, string][]): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_LAZY_FETCH: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_CONFIG_COUNT: String(config.length),
    LC_ALL: 'C',
    TZ: 'UTC',
  };
  for (const name of ['PATH', 'HOME', 'XDG_CONFIG_HOME', 'USERPROFILE', 'SYSTEMROOT', 'TMPDIR']) {
    if (process.env[name] !== undefined) env[name] = process.env[name];
  }
  config.forEach(([name, value], i) => {
    env[`GIT_CONFIG_KEY_${i}`] = name;
    env[`GIT_CONFIG_VALUE_${i}`] = value;
  });
  return env;
}
