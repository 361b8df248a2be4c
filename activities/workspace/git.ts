/**
 * Running git on a repository that may be hostile. Invariants:
 *
 *  G1  No shell; the repository's configuration starts no program: hooks, pagers, fsmonitor, external diffs, textconv,
 *      signature checks, lazy fetches and (see {@link localFilters}) content filters are off.
 *  G2  Nothing of the caller's GIT_* environment reaches git; the repository is never written to.
 *  G3  Every command ends: bounded in time and in output, and killed with its caller.
 *  G4  Text of a user or a model stands behind `--end-of-options` or `--`, and paths are literal.
 */
import { spawn } from 'node:child_process';
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
export function runGit(cwd: string, args: readonly string[], options: GitOptions): Promise<GitResult> {
  options.signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => reject(startError(cause));
    try {
      // A NUL in an argument throws here, at once.
      const child = spawn('git', [...GLOBAL, ...args], {
        cwd,
        env: environment(options.config ?? []),
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const result: GitResult = { code: null, stdout: Buffer.alloc(0), stderr: '', truncated: false, timedOut: false };
      const chunks: Buffer[] = [];
      let size = 0;
      const kill = () => child.kill('SIGKILL');
      const timer = setTimeout(() => {
        result.timedOut = true;
        kill();
      }, TOOL_OUTPUT.gitMs);
      options.signal?.addEventListener('abort', kill);
      child.stdout.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.byteLength;
        if (size <= options.maxBytes) return;
        result.truncated = true;
        kill();
      });
      child.stderr.on('data', (chunk: Buffer) => {
        if (result.stderr.length < 2000) result.stderr += chunk.toString('utf8');
      });
      child.on('error', fail);
      child.on('close', (code) => {
        clearTimeout(timer);
        options.signal?.removeEventListener('abort', kill);
        if (options.signal?.aborted === true) return reject(options.signal.reason as unknown);
        resolve({ ...result, code, stdout: Buffer.concat(chunks).subarray(0, options.maxBytes) });
      });
    } catch (error) {
      fail(error);
    }
  });
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
  const args = ['config', '--show-scope', '--name-only', '-z', '--get-regexp', '^filter\\..*\\.(clean|smudge|process|required)$'];
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

function startError(cause: unknown): BraidError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new BraidError('BRAID_GIT', `git could not be started: ${why}.`, {
    fix: 'Install git where the worker runs, or do without --base.',
    cause,
  });
}
