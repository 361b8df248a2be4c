/**
 * Running git on a repository that may be hostile. Invariants:
 *
 *  G1  No shell; the repository's configuration starts no program: hooks, pagers, fsmonitor, external diffs, textconv,
 *      signature checks, lazy fetches and (activities/workspace/git.ts, `localFilters`) content filters are off.
 *  G2  Nothing of the caller's GIT_* environment reaches git; the repository is never written to.
 *  G3  Every command ends: bounded in time and in output, and killed with its caller.
 *  G4  Text of a user or a model stands behind `--end-of-options` or `--`, and paths are literal.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BraidError, isBraidError } from '../protocol/errors.ts';
import { TOOL_OUTPUT } from '../protocol/limits.ts';

interface GitOptions {
  /** Output is cut here; the command is then killed. */
  maxBytes: number;
  signal?: AbortSignal | undefined;
  /** Further settings, as name and value. */
  config?: [string, string][];
  /** What the command reads; nothing by default. */
  input?: AsyncIterable<Uint8Array | string>;
  /** Without the user's own configuration and attributes as well: for what must be the same on every machine. `cwd` is its home. */
  isolated?: boolean;
  /** Longest time of the command. */
  ms?: number;
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

/** Runs git in `cwd`. A failing command is a result, not an error. Errors: BRAID_GIT when git cannot be started. */
export async function runGit(cwd: string, args: readonly string[], options: GitOptions): Promise<GitResult> {
  options.signal?.throwIfAborted();
  try {
    return await follow(startGit(cwd, args, options), options);
  } catch (error) {
    if (isBraidError(error)) throw error;
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

type Child = ChildProcessByStdio<Writable | null, Readable, Readable>;

/** Throws at once when an argument holds a NUL. */
function startGit(cwd: string, args: readonly string[], { config = [], input, isolated = false }: GitOptions): Child {
  const env = { ...environment(config), ...(isolated ? ownEnvironment(cwd) : {}) };
  return input === undefined
    ? spawn('git', [...GLOBAL, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    : spawn('git', [...GLOBAL, ...args], { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
}

async function follow(
  child: Child,
  { maxBytes, signal, input, ms = TOOL_OUTPUT.gitMs }: GitOptions,
): Promise<GitResult> {
  const chunks: Buffer[] = [];
  const state = { size: 0, stderr: '', truncated: false, timedOut: false };
  const kill = () => child.kill('SIGKILL');
  const timer = setTimeout(() => {
    state.timedOut = true;
    kill();
  }, ms);
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
    const ended = new Promise<number | null>((resolve, reject) => {
      child.on('error', reject).on('close', resolve);
    });
    const fed = child.stdin === null || input === undefined ? null : feed(child, child.stdin, input);
    // Where git cannot be started at all nobody waits for this one.
    fed?.catch(() => undefined);
    const code = await ended;
    await fed;
    const { stderr, truncated, timedOut } = state;
    return { code, stdout: Buffer.concat(chunks).subarray(0, maxBytes), stderr, truncated, timedOut };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', kill);
  }
}

/** What reads the input ends early when it fails, which its exit code tells; a source that fails is an error of its own. */
async function feed(child: Child, stdin: Writable, input: AsyncIterable<Uint8Array | string>): Promise<void> {
  let failed: { error: unknown } | undefined;
  async function* source() {
    try {
      yield* input;
    } catch (error) {
      failed = { error };
      child.kill('SIGKILL');
    }
  }
  await pipeline(Readable.from(source(), { objectMode: true }), stdin).catch(() => undefined);
  if (failed !== undefined) throw failed.error;
}

function ownEnvironment(home: string): NodeJS.ProcessEnv {
  return {
    HOME: home,
    XDG_CONFIG_HOME: home,
    USERPROFILE: home,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_CEILING_DIRECTORIES: home,
  };
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
