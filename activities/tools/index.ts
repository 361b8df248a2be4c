import type { BraidActivities, ReadRecord, ToolRequest, ToolResponse } from '../../protocol/activities.ts';
import type { OverlayRef } from '../../protocol/overlay.ts';
import { READ_TOOLS, WRITE_TOOLS } from '../../protocol/tool-names.ts';
import type { Store } from '../../store/blobs.ts';
import { ownMember } from '../../store/overlays.ts';
import { working } from '../working.ts';
import { viewOf } from '../overlay/view.ts';
import { ensureSnapshot } from '../workspace/ensure.ts';
import type { OverlaidSnapshot } from '../workspace/overlaid.ts';
import { deleteFile } from './delete.ts';
import { diff } from './diff.ts';
import { edit } from './edit.ts';
import { gitLog } from './git-log.ts';
import { gitShow } from './git-show.ts';
import { glob } from './glob.ts';
import { grep } from './grep.ts';
import { list } from './list.ts';
import { read } from './read.ts';
import { problem, type Tool } from './tool.ts';
import { write } from './write.ts';

/** Every tool over a snapshot that an agent may have, by name. */
export const TOOLS: Readonly<Record<string, Tool>> = Object.fromEntries(
  [list, glob, read, grep, diff, gitLog, gitShow, edit, write, deleteFile].map((tool) => [tool.name, tool]),
);

const READING: ReadonlySet<string> = new Set(READ_TOOLS);

/** The `tool` activity: one tool call of an agent over the run's snapshot, or over its own changes of that. */
export function createToolActivity({ store }: { store: Store }): BraidActivities['tool'] {
  return async (_tag, request) => {
    const tool = toolFor(request);
    if (tool === null) return problem(noTool(request));
    const key = request.snapshot;
    if (key === null) return problem(`${tool.name}: this run has no workspace to read.`);
    return working(async (signal, report) => {
      const base = await ensureSnapshot(store, key, signal, report);
      const context = { home: store.home, signal };
      if (request.overlay === undefined) return tool.run(request.input, { ...context, snapshot: base });
      const snapshot = await viewOf(base, request.overlay);
      const changes = { store, overlay: snapshot.overlay, base };
      return readThrough(await tool.run(request.input, { ...context, snapshot, changes }), snapshot, request.overlay);
    });
  };
}

/** Null for a tool that there is not, or that changes files where nothing may be changed. */
function toolFor({ tool: name, overlay }: ToolRequest): Tool | null {
  const tool = Object.hasOwn(TOOLS, name) ? TOOLS[name] : undefined;
  return tool === undefined || (overlay === undefined && !READING.has(tool.name)) ? null : tool;
}

function noTool({ tool, overlay }: ToolRequest): string {
  const names = overlay === undefined ? READ_TOOLS : [...READ_TOOLS, ...WRITE_TOOLS];
  return `There is no tool ${tool.slice(0, 80)}. There are ${names.join(', ')}.`;
}

/**
 * What a call read of the workspace itself: a file that the changes hold says nothing of that, and an answer about many files can only be
 * had again through the same changes.
 */
function readThrough(response: ToolResponse, { overlay }: OverlaidSnapshot, ref: OverlayRef | null): ToolResponse {
  const reads = response.reads.flatMap((record): ReadRecord[] => {
    if (record.kind === 'git') return [record];
    if (record.kind === 'file') return ownMember(overlay.changes, record.what) === undefined ? [record] : [];
    return [ref === null ? record : { ...record, overlay: ref }];
  });
  return { ...response, reads };
}
