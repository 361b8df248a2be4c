import { runGit } from '../../store/git.ts';
import { resolveCommit } from '../workspace/git.ts';
import type { ToolContext } from './tool.ts';

/**
 * The commit that a model names, or what is wrong with the name. A run sees one moment of the repository: HEAD is the
 * commit that was HEAD when the snapshot was taken, and nothing outside of that commit's history (or the base's) is shown,
 * so branches that move meanwhile make no difference.
 */
export async function pinnedCommit(
  context: ToolContext,
  revision: string,
): Promise<{ commit: string } | { problem: string }> {
  const { snapshot, signal } = context;
  const { git, base } = snapshot.manifest;
  if (git === null) return { problem: 'The workspace is in no git repository that can be read.' };
  if (git.head === null) return { problem: 'The repository has no commits.' };
  if (!/^[\w@][\w./@~^-]{0,199}$/.test(revision) || revision.includes('..')) {
    return {
      problem: `${JSON.stringify(revision.slice(0, 80))} is no revision. Use a commit id, a tag, HEAD or HEAD~2.`,
    };
  }
  const [, name = '', steps = ''] = /^([^~^]*)(.*)$/.exec(revision) ?? [];
  const start = name === 'HEAD' || name === '@' ? git.head : name === base?.revision ? base.commit : name;
  const commit = await resolveCommit(snapshot.root, start + steps, signal);
  if (commit === null) return { problem: `The repository has no revision ${revision}.` };
  for (const tip of [git.head, base?.commit]) {
    if (tip === undefined) continue;
    const { code } = await runGit(snapshot.root, ['merge-base', '--is-ancestor', commit, tip], {
      maxBytes: 1024,
      signal,
    });
    if (code === 0) return { commit };
  }
  return { problem: `${revision} is not in the history of this run's snapshot (commit ${git.head.slice(0, 12)}).` };
}

/** Runs git for a tool; its output as lines, or what went wrong in words for the model. */
export async function gitText(
  { snapshot, signal }: ToolContext,
  args: string[],
  maxBytes: number,
): Promise<{ text: string; truncated: boolean } | { problem: string }> {
  const result = await runGit(snapshot.root, args, { maxBytes, signal });
  if (result.timedOut) return { problem: 'git took too long. Ask for less: a path, a smaller limit.' };
  if (result.code !== 0 && !result.truncated) {
    return { problem: `git failed: ${result.stderr.trim().split('\n')[0]?.slice(0, 300) ?? ''}` };
  }
  return { text: result.stdout.toString('utf8'), truncated: result.truncated };
}
