/** What snapshots and tools ask git about a repository; how git is run: store/git.ts. */
import { runGit } from '../../store/git.ts';

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
