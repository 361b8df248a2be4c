/** Which sandbox this machine has. */
import { findOnPath } from './on-path.ts';
import { BraidError, toErrorInfo } from '../../../protocol/errors.ts';
import type { SandboxKind } from './command.ts';
import { inFolders } from './folders.ts';
import { runCommand } from './run.ts';

export interface Found {
  kind: SandboxKind | null;
  /** What was tried and why it does not do, for people. */
  problems: string[];
}

let known: Promise<Found> | null = null;

/**
 * Tries them, once per process as long as one is found. A superuser's commands must not run under id 0, not even in a namespace, which
 * bubblewrap cannot change; so it is for all others, for whom it needs fewer rights than `unshare`.
 */
export async function findSandbox(): Promise<Found> {
  known ??= search();
  const found = await known;
  if (found.kind === null) known = null;
  return found;
}

/** Errors: BRAID_SHELL_UNAVAILABLE, with what to install. */
export async function needSandbox(): Promise<SandboxKind> {
  const { kind, problems } = await findSandbox();
  if (kind !== null) return kind;
  throw new BraidError('BRAID_SHELL_UNAVAILABLE', `Commands are not run here: ${problems.join('; ')}.`, {
    fix: 'Where the worker runs, install bubblewrap (bwrap), or util-linux 2.38 or newer with user namespaces allowed.',
  });
}

async function search(): Promise<Found> {
  const problems: string[] = [];
  if (process.platform !== 'linux')
    return { kind: null, problems: [`a sandbox needs Linux, and this is ${process.platform}`] };
  for (const kind of process.getuid?.() === 0 ? (['unshare'] as const) : (['bubblewrap', 'unshare'] as const)) {
    const problem = findOnPath(kind === 'bubblewrap' ? 'bwrap' : kind) ? await tried(kind) : 'it is not installed';
    if (problem === null) return { kind, problems };
    problems.push(`${kind}: ${problem}`);
  }
  return { kind: null, problems };
}

/** Null when a command runs in it. */
async function tried(kind: SandboxKind): Promise<string | null> {
  try {
    return await inFolders({ network: false, readOnly: [] }, async (place) => {
      const { code, output, ended } = await runCommand({ kind, place, command: 'echo $((6 * 7))', seconds: 10 });
      return code === 0 && output.trim() === '42'
        ? null
        : `a trial ended with ${ended ?? code}: ${output.slice(0, 200)}`;
    });
  } catch (error) {
    return toErrorInfo(error).message;
  }
}
