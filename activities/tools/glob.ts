import { TOOL_OUTPUT } from '../../protocol/limits.ts';
import { quoted } from '../../store/git-path.ts';
import { pageOf, plural } from './output.ts';
import { workspacePath } from './paths.ts';
import { search } from './search-threads.ts';
import { answer, defineTool, problem, refusal } from './tool.ts';

export const glob = defineTool({
  name: 'glob',
  description:
    'Finds files of the workspace by a glob pattern such as src/**/*.ts or **/{package,tsconfig}.json. Gives paths, sorted.',
  properties: {
    pattern: {
      type: 'string',
      minLength: 1,
      maxLength: TOOL_OUTPUT.patternChars,
      description: '** matches any folders, * within a name.',
    },
    path: { type: 'string', description: 'Folder to search in; the pattern is relative to it. Default: the root.' },
    offset: { type: 'integer', minimum: 1, description: 'First path to show, counted from 1.' },
  },
  required: ['pattern'],
  run: async (input, { snapshot, signal }) => {
    const pattern = input.text('pattern') ?? '';
    const at = workspacePath(input.text('path'), snapshot.root);
    if ('problem' in at) return refusal('BRAID_PATH_OUTSIDE', at.problem);
    if (pattern.split('/').includes('..'))
      return problem(`glob: ${pattern} leads out of the folder; patterns hold no "..".`);
    const prefix = at.path === '' ? '' : `${at.path}/`;
    const paths = [...snapshot.paths]
      .filter((path) => path.startsWith(prefix))
      .map((path) => path.slice(prefix.length));
    const found = await search({ kind: 'glob', pattern, anyDepth: false, paths }, signal);
    if ('problem' in found) return problem(`glob: ${found.problem}`);
    const lines = found.result.lines.map((path) => quoted(prefix + path));
    if (lines.length === 0) return answer('search', 'glob', input, nothing(pattern, prefix));
    const page = pageOf(lines, (input.number('offset') ?? 1) - 1);
    const rest =
      page.next === null
        ? []
        : [`[${plural(lines.length - page.next, 'more path')}; go on with offset ${page.next + 1}]`];
    return answer('search', 'glob', input, [...page.lines, ...rest].join('\n'));
  },
});

function nothing(pattern: string, prefix: string): string {
  const where = prefix === '' ? 'the workspace' : prefix;
  return `No file of ${where} matches ${pattern}.${pattern.includes('/') ? '' : ` In any folder: **/${pattern}`}`;
}
