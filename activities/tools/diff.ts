import { quoted } from '../workspace/git-path.ts';
import { pageOf, plural } from './output.ts';
import { splitPatch, type PatchSection } from './patch.ts';
import { workspacePath } from './paths.ts';
import { answer, defineTool, problem } from './tool.ts';

export const diff = defineTool({
  name: 'diff',
  description:
    'Shows what changed in the workspace against the base revision of this run, as a patch: first the changed files with their counts, then the changes.',
  properties: {
    path: { type: 'string', description: 'Only this file or folder. Default: all changes.' },
    offset: { type: 'integer', minimum: 1, description: 'First line of the answer to show, counted from 1.' },
  },
  run: async (input, { snapshot }) => {
    const at = workspacePath(input.text('path'), snapshot.root);
    if ('problem' in at) return problem(at.problem);
    const base = snapshot.manifest.base;
    const patch = await snapshot.diff();
    if (base === null || patch === null) {
      return problem('This run has no base revision to compare with (--base). git_log and git_show tell the history.');
    }
    const sections = splitPatch(patch).filter(
      ({ path }) => at.path === '' || path === at.path || path.startsWith(`${at.path}/`),
    );
    const against = `${base.revision} (${base.commit.slice(0, 12)})`;
    if (sections.length === 0) {
      return answer(
        'diff',
        'diff',
        input,
        `Nothing changed${at.path === '' ? '' : ` in ${at.path}`} against ${against}.`,
      );
    }
    const lines = [
      summary(sections, against),
      ...sections.map(countLine),
      '',
      ...sections.flatMap((section) => section.lines),
    ];
    const page = pageOf(lines, (input.number('offset') ?? 1) - 1);
    const tail =
      page.next === null
        ? []
        : [`[line ${page.next} of ${lines.length}; go on with offset ${page.next + 1}, or name a path]`];
    return answer('diff', 'diff', input, [...page.lines, ...tail].join('\n'));
  },
});

function summary(sections: PatchSection[], against: string): string {
  const added = sections.reduce((sum, section) => sum + section.added, 0);
  const removed = sections.reduce((sum, section) => sum + section.removed, 0);
  return `${plural(sections.length, 'file')} changed against ${against}: +${added} -${removed}`;
}

function countLine({ path, added, removed }: PatchSection): string {
  return `  +${added} -${removed}  ${quoted(path)}`;
}
