import { TOOL_OUTPUT } from '../../protocol/limits.ts';
import type { Snapshot } from '../workspace/snapshot.ts';
import { plural } from './output.ts';
import { missingPath, workspacePath } from './paths.ts';
import type { SearchResult } from './search-job.ts';
import { search } from './search-threads.ts';
import { answer, defineTool, problem, refusal } from './tool.ts';

export const grep = defineTool({
  name: 'grep',
  description:
    'Searches the text files of the workspace line by line with a JavaScript regular expression. Gives path:line: text for each matching line.',
  properties: {
    pattern: {
      type: 'string',
      minLength: 1,
      maxLength: TOOL_OUTPUT.patternChars,
      description: 'Regular expression, without slashes around it.',
    },
    path: { type: 'string', description: 'File or folder to search in. Default: the whole workspace.' },
    glob: {
      type: 'string',
      maxLength: TOOL_OUTPUT.patternChars,
      description: 'Only files that match, for example *.ts or src/**/*.js.',
    },
    context: { type: 'integer', minimum: 0, maximum: 20, description: 'Lines to show before and after each match.' },
    ignoreCase: { type: 'boolean' },
  },
  required: ['pattern'],
  run: async (input, { snapshot, home, signal }) => {
    const at = workspacePath(input.text('path'), snapshot.root);
    if ('problem' in at) return refusal('BRAID_PATH_OUTSIDE', at.problem);
    const files = textFiles(snapshot, at.path);
    if (files === null) return { ...answer('search', 'grep', input, missingPath(snapshot, at.path)), isError: true };
    const found = await search(
      {
        kind: 'grep',
        home,
        files,
        pattern: input.text('pattern') ?? '',
        ignoreCase: input.flag('ignoreCase'),
        glob: input.text('glob') ?? null,
        context: input.number('context') ?? 0,
      },
      signal,
    );
    if ('problem' in found) return problem(`grep: ${found.problem}`);
    return answer('search', 'grep', input, textOf(found.result, input.text('pattern') ?? ''));
  },
});

function textOf(result: SearchResult, pattern: string): string {
  if (result.matches === 0 && !result.cut) return `No line matches ${pattern}.`;
  const count = `${plural(result.matches, 'match')} in ${plural(result.files, 'file')}`;
  const tail = result.cut
    ? `[cut: the first ${count}; there are more. Narrow it by path, glob or a stricter pattern.]`
    : `[${count}]`;
  return [...result.lines, tail].join('\n');
}

/** Path and ref of every text at or below `path`; null when there is nothing of that name. */
function textFiles(snapshot: Snapshot, path: string): [string, string][] | null {
  if (snapshot.entry(path) === undefined && snapshot.folder(path) === undefined) return null;
  const files: [string, string][] = [];
  for (const [name, entry] of snapshot.manifest.entries) {
    const wanted = path === '' || name === path || name.startsWith(`${path}/`);
    if (wanted && entry.hash !== null) files.push([name, entry.hash]);
  }
  return files;
}
