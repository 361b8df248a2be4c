import type { ToolResponse } from '../../protocol/activities.ts';
import { WORKSPACE } from '../../protocol/limits.ts';
import { DIFF_FLAGS } from '../workspace/git.ts';
import { withGit } from './git-log.ts';
import { gitText, pinnedCommit } from './git-revision.ts';
import { linesOf, pageOf } from './output.ts';
import { workspacePath } from './paths.ts';
import { answer, defineTool, problem, type ToolContext, type ToolInput, refusal } from './tool.ts';

export const gitShow = defineTool({
  name: 'git_show',
  description:
    'Shows one commit: its message and what it changed. With content: true, shows the file at path as it was at that commit.',
  properties: {
    revision: { type: 'string', description: 'Commit id, tag, HEAD, HEAD~2.' },
    path: { type: 'string', description: 'Only this file or folder.' },
    content: { type: 'boolean', description: 'Show the whole file at path instead of the change.' },
    offset: { type: 'integer', minimum: 1, description: 'First line to show, counted from 1.' },
  },
  required: ['revision'],
  run: (input, context) => withGit(() => show(input, context)),
});

async function show(input: ToolInput, context: ToolContext): Promise<ToolResponse> {
  const at = workspacePath(input.text('path'), context.snapshot.root);
  if ('problem' in at) return refusal('BRAID_PATH_OUTSIDE', at.problem);
  const found = await pinnedCommit(context, input.text('revision') ?? 'HEAD');
  if ('problem' in found) return problem(found.problem);
  const content = input.flag('content');
  if (content && at.path === '') return problem('git_show: content: true needs the path of a file.');
  const args = content ? contentArgs(found.commit, at.path) : changeArgs(found.commit, at.path);
  const output = await gitText(context, args, WORKSPACE.fileBytes);
  if ('problem' in output) return problem(output.problem);
  if (content && output.text.slice(0, WORKSPACE.sniffBytes).includes('\0'))
    return problem(`${at.path} is binary at that commit.`);
  const lines = linesOf(output.text).map((line, i) => (content ? `${i + 1}\t${line}` : line));
  if (lines.length === 0) return answer('git', 'git_show', input, 'Empty.');
  const page = pageOf(lines, (input.number('offset') ?? 1) - 1);
  const total = `${lines.length}${output.truncated ? ' or more' : ''}`;
  const tail = page.next === null ? [] : [`[line ${page.next} of ${total}; go on with offset ${page.next + 1}]`];
  return answer('git', 'git_show', input, [...page.lines, ...tail].join('\n'));
}

/** `./` makes git take the path relative to the workspace, not to the top of the repository around it. */
function contentArgs(commit: string, path: string): string[] {
  return ['cat-file', 'blob', `${commit}:./${path}`];
}

function changeArgs(commit: string, path: string): string[] {
  const format = '--format=commit %H%nAuthor: %an%nDate:   %ad%n%n%w(0,4,4)%B';
  const flags = ['--no-show-signature', '--no-notes', '--date=iso-strict', '--diff-merges=first-parent', ...DIFF_FLAGS];
  return ['show', ...flags, format, '--end-of-options', commit, '--', path === '' ? '.' : path];
}
