import type { ReadRecord, ToolResponse } from '../../protocol/activities.ts';
import type { Entry } from '../../store/workspace-manifest.ts';
import type { Snapshot } from '../workspace/snapshot.ts';
import { linesOf, pageOf } from './output.ts';
import { missingPath, workspacePath } from './paths.ts';
import { defineTool, problem, refusal } from './tool.ts';

export const read = defineTool({
  name: 'read',
  description:
    'Reads a text file of the workspace. Every line comes with its number and a tab. Long files come in parts: go on with offset.',
  properties: {
    path: { type: 'string', description: 'File, relative to the root of the workspace.' },
    offset: { type: 'integer', minimum: 1, description: 'First line to read, counted from 1. Default 1.' },
    limit: { type: 'integer', minimum: 1, description: 'How many lines. Default: as many as fit.' },
  },
  required: ['path'],
  run: async (input, { snapshot }) => {
    const at = workspacePath(input.text('path'), snapshot.root);
    if ('problem' in at) return refusal('BRAID_PATH_OUTSIDE', at.problem);
    const entry = snapshot.entry(at.path);
    const reads = [fileRecord(at.path, entry)];
    if (entry === undefined) {
      const isFolder = snapshot.folder(at.path) !== undefined;
      return problem(
        isFolder ? `${at.path || 'The root'} is a folder; use list.` : missingPath(snapshot, at.path),
        reads,
      );
    }
    if (entry.hash === null) return problem(whyNot(snapshot, at.path, entry), reads);
    const text = await snapshot.text({ ...entry, hash: entry.hash });
    return numbered(at.path, linesOf(text), input.number('offset') ?? 1, input.number('limit'), reads);
  },
});

function numbered(
  path: string,
  lines: string[],
  offset: number,
  limit: number | undefined,
  reads: ReadRecord[],
): ToolResponse {
  if (lines.length === 0) return { output: `${path} is empty.`, isError: false, reads };
  if (offset > lines.length) return problem(`${path} has ${lines.length} lines; there is no line ${offset}.`, reads);
  const page = pageOf(
    lines.map((line, i) => `${i + 1}\t${line}`),
    offset - 1,
    limit,
  );
  const tail =
    page.next === null
      ? []
      : [`[lines ${page.next + 1} to ${lines.length} not shown; go on with offset ${page.next + 1}]`];
  return { output: [...page.lines, ...tail].join('\n'), isError: false, reads };
}

/** Files that have no hash are known by what a listing tells of them, so that a change of kind or size is seen. */
export function fileRecord(path: string, entry: Entry | undefined): ReadRecord {
  const hash = entry === undefined ? 'absent' : (entry.hash ?? `${entry.kind}:${entry.target ?? entry.size}`);
  return { kind: 'file', what: path, hash };
}

function whyNot(snapshot: Snapshot, path: string, entry: Entry): string {
  switch (entry.kind) {
    case 'binary':
      return `${path} is binary (${entry.size} bytes) and cannot be read.`;
    case 'huge':
      return `${path} has ${entry.size} bytes, too many to be part of the workspace's snapshot.`;
    case 'symlink':
      return linkText(snapshot, path, entry.target ?? '');
    default:
      return `${path} could not be read when the snapshot was taken.`;
  }
}

function linkText(snapshot: Snapshot, path: string, target: string): string {
  const slash = path.lastIndexOf('/');
  const inside = workspacePath(target.startsWith('/') ? target : `${path.slice(0, slash + 1)}${target}`, snapshot.root);
  if ('path' in inside && snapshot.entry(inside.path) !== undefined)
    return `${path} is a link to ${inside.path}; read that.`;
  if ('path' in inside && snapshot.folder(inside.path) !== undefined)
    return `${path} is a link to ${inside.path}; list that.`;
  return `${path} is a link to ${target}, which is no part of the workspace.`;
}
