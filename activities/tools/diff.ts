import { quoted } from '../../store/git-path.ts';
import { pageOf, plural } from './output.ts';
import { splitPatch, type PatchSection } from './patch.ts';
import { workspacePath } from './paths.ts';
import { answer, defineTool, problem, refusal } from './tool.ts';

export const diff = defineTool({
  name: 'diff',
  description:
    'Shows what changed in the workspace against the base revision of this run, as a patch: first the changed files with their counts, then the changes.',
  properties: {
    path: { type: 'string', description: 'Only this file or folder. Default: all changes.' },
    offset: { type: 'integer', minimum: 1, description: 'First line of the answer to show, counted from 1.' },
  },
  run: async (input, { snapshot, signal }) => {
    const at = workspacePath(input.text('path'), snapshot.root);
    if ('problem' in at) return refusal('BRAID_PATH_OUTSIDE', at.problem);
    const base = snapshot.manifest.base;
    const patch = await snapshot.diff();
    const own = (await snapshot.changes(signal)) ?? '';
    if (patch === null && own === '') {
      return problem('This run has no base revision to compare with (--base). git_log and git_show tell the history.');
    }
    const parts: Part[] = [];
    if (base !== null)
      parts.push(partOf(patch ?? '', at.path, `against ${base.revision} (${base.commit.slice(0, 12)})`));
    if (own !== '') parts.push(partOf(own, at.path, base === null ? 'since the run began' : 'since then, by this run'));
    const sections = parts.flatMap((part) => part.sections);
    if (sections.length === 0) {
      const where = at.path === '' ? '' : ` in ${at.path}`;
      return answer(
        'diff',
        'diff',
        input,
        `Nothing changed${where} ${parts.map(({ against }) => against).join(', or ')}.`,
      );
    }
    const lines = [
      ...parts.flatMap((part) => (part.sections.length === 0 ? [] : [summary(part), ...part.sections.map(countLine)])),
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

/** What changed against one thing. */
interface Part {
  sections: PatchSection[];
  against: string;
}

function partOf(patch: string, below: string, against: string): Part {
  const wanted = ({ path }: PatchSection) => below === '' || path === below || path.startsWith(`${below}/`);
  return { sections: splitPatch(patch).filter(wanted), against };
}

function summary({ sections, against }: Part): string {
  const added = sections.reduce((sum, section) => sum + section.added, 0);
  const removed = sections.reduce((sum, section) => sum + section.removed, 0);
  return `${plural(sections.length, 'file')} changed ${against}: +${added} -${removed}`;
}

function countLine({ path, added, removed }: PatchSection): string {
  return `  +${added} -${removed}  ${quoted(path)}`;
}
