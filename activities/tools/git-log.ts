import { isBraidError } from '../../protocol/errors.ts';
import { MIB, TOOL_OUTPUT } from '../../protocol/limits.ts';
import type { ToolResponse } from '../../protocol/activities.ts';
import { gitText, pinnedCommit } from './git-revision.ts';
import { linesOf, pageOf } from './output.ts';
import { workspacePath } from './paths.ts';
import { answer, defineTool, problem, type ToolContext, type ToolInput, refusal } from './tool.ts';

export const gitLog = defineTool({
  name: 'git_log',
  description: 'Lists commits of the workspace, newest first: id, date, author, subject.',
  properties: {
    path: { type: 'string', description: 'Only commits that changed this file or folder.' },
    revision: { type: 'string', description: 'Where to start (default HEAD), or a range such as v1.0..HEAD.' },
    limit: {
      type: 'integer',
      minimum: 1,
      maximum: TOOL_OUTPUT.gitCommits,
      description: 'How many commits. Default 30.',
    },
  },
  run: (input, context) => withGit(() => log(input, context)),
});

/** A machine without git is nothing that a model can mend, but something that it can work around. */
export async function withGit(work: () => Promise<ToolResponse>): Promise<ToolResponse> {
  try {
    return await work();
  } catch (error) {
    if (isBraidError(error, 'BRAID_GIT')) return problem(error.message);
    throw error;
  }
}

async function log(input: ToolInput, context: ToolContext): Promise<ToolResponse> {
  const at = workspacePath(input.text('path'), context.snapshot.root);
  if ('problem' in at) return refusal('BRAID_PATH_OUTSIDE', at.problem);
  const [first = 'HEAD', second] = (input.text('revision') ?? 'HEAD').split('..');
  const from = await pinnedCommit(context, second === undefined ? first : second || 'HEAD');
  if ('problem' in from) return problem(from.problem);
  const without = second === undefined ? null : await pinnedCommit(context, first);
  if (without !== null && 'problem' in without) return problem(without.problem);
  const limit = input.number('limit') ?? 30;
  const args = [
    'log',
    '--no-show-signature',
    '--no-notes',
    '--no-color',
    '--date=short',
    '--abbrev=12',
    '--format=%h %ad %an: %s',
  ];
  // One more than asked for, to know whether there are more.
  args.push(`--max-count=${limit + 1}`, '--end-of-options', from.commit);
  if (without !== null) args.push(`^${without.commit}`);
  const found = await gitText(context, [...args, '--', at.path === '' ? '.' : at.path], MIB);
  if ('problem' in found) return problem(found.problem);
  const lines = linesOf(found.text);
  if (lines.length === 0)
    return answer('git', 'git_log', input, `No commit${at.path === '' ? '' : ` of ${at.path}`} there.`);
  const page = pageOf(lines, 0, limit);
  const next = page.next === null ? undefined : lines[page.next]?.split(' ')[0];
  const tail = next === undefined ? [] : [`[there are more; go on with revision ${next}]`];
  return answer('git', 'git_log', input, [...page.lines, ...tail].join('\n'));
}
