import { quoted } from '../../store/git-path.ts';
import type { Entry } from '../../store/workspace-manifest.ts';
import type { Snapshot } from '../workspace/snapshot.ts';
import { pageOf, plural } from './output.ts';
import { missingPath, workspacePath } from './paths.ts';
import { answer, defineTool, refusal } from './tool.ts';

export const list = defineTool({
  name: 'list',
  description:
    'Lists a folder of the workspace: subfolders end with /, files have their size in bytes. Files that .gitignore names are not part of the workspace.',
  properties: {
    path: { type: 'string', description: 'Folder, relative to the root of the workspace. Default: the root.' },
    offset: { type: 'integer', minimum: 1, description: 'First entry to show, counted from 1.' },
  },
  run: (input, { snapshot }) => {
    const at = workspacePath(input.text('path'), snapshot.root);
    if ('problem' in at) return Promise.resolve(refusal('BRAID_PATH_OUTSIDE', at.problem));
    const folder = snapshot.folder(at.path);
    if (folder === undefined) {
      const isFile = snapshot.entry(at.path) !== undefined;
      const text = isFile ? `${at.path} is a file; use read.` : missingPath(snapshot, at.path);
      return Promise.resolve({ ...answer('list', 'list', input, text), isError: true });
    }
    const path = (name: string) => (at.path === '' ? name : `${at.path}/${name}`);
    const lines = [
      ...folder.folders.map((name) => `${quoted(name)}/`),
      ...folder.files.map((name) => `${quoted(name)}  ${describe(snapshot, snapshot.entry(path(name)))}`),
    ];
    const page = pageOf(lines, (input.number('offset') ?? 1) - 1);
    const head = `${at.path === '' ? 'The workspace' : at.path}: ${plural(folder.folders.length, 'folder')}, ${plural(folder.files.length, 'file')}`;
    const tail =
      page.next === null ? [] : [`[${lines.length - page.next} more entries; go on with offset ${page.next + 1}]`];
    return Promise.resolve(answer('list', 'list', input, [head, ...page.lines, ...tail].join('\n')));
  },
});

/** What a listing says of one file. */
function describe(snapshot: Snapshot, entry: Entry | undefined): string {
  switch (entry?.kind) {
    case 'text':
      return String(entry.size);
    case 'symlink':
      return `-> ${quoted(entry.target ?? '')}`;
    case 'binary':
    case 'huge':
      return `${entry.size} (${entry.kind}, cannot be read)`;
    case 'unreadable':
      return '(unreadable)';
    default:
      throw new Error(`a listed file has no entry in snapshot ${snapshot.hash}`);
  }
}
