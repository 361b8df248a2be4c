/**
 * The `openContext` activity: a context for an RLM that a script starts.
 *
 *  O1  Texts come from the run's snapshot, so that all nodes of a run see the same. What a snapshot does not keep (files above
 *      its bound, PDF and DOCX) is read from the workspace at the time of the call; from then on its content is fixed, too.
 *  O2  Nothing outside of the workspace is read, whatever links are in it: scripts choose the paths.
 */
import { Context } from '@temporalio/activity';
import type { BraidActivities, ContextRequest } from '../../protocol/activities.ts';
import type { ContextPart, ContextRef } from '../../protocol/context.ts';
import { BraidError } from '../../protocol/errors.ts';
import type { Store } from '../../store/blobs.ts';
import { contextOfValue, putContext } from '../../store/contexts/refs.ts';
import { toFailure } from '../failures.ts';
import { beating } from '../heartbeat.ts';
import { missingPath, workspacePath } from '../tools/paths.ts';
import { search } from '../tools/search-threads.ts';
import { ensureSnapshot } from '../workspace/ensure.ts';
import type { Snapshot } from '../workspace/snapshot.ts';
import { partOf, partsOf } from './parts.ts';

export function createOpenContext({ store }: { store: Store }): BraidActivities['openContext'] {
  return async (_tag, request) => {
    try {
      const { cancellationSignal } = Context.current();
      return await beating(() => openContext(store, request, cancellationSignal));
    } catch (error) {
      throw toFailure(error);
    }
  };
}

/** Apart from Temporal. Errors: BRAID_CONTEXT_MISSING, BRAID_CONTEXT_UNREADABLE, BRAID_CONTEXT_TOO_LARGE, those of snapshots. */
export async function openContext(store: Store, request: ContextRequest, signal: AbortSignal): Promise<ContextRef> {
  if (request.kind === 'value') return contextOfValue(store, request.value);
  const snapshot = await ensureSnapshot(store, request.snapshot, signal);
  if (request.kind === 'file') return openFile(store, snapshot, request.pattern);
  return openFiles(store, snapshot, request.pattern, signal);
}

async function openFile(store: Store, snapshot: Snapshot, file: string): Promise<ContextRef> {
  const at = workspacePath(file, snapshot.root);
  if ('problem' in at) throw missing(at.problem);
  const entry = snapshot.entry(at.path);
  if (entry === undefined) {
    const isFolder = snapshot.folder(at.path) !== undefined;
    throw missing(
      isFolder ? `${at.path || 'The root'} is a folder; use files("…/**").` : missingPath(snapshot, at.path),
    );
  }
  return putContext(store, 'text', [await partOf(store, snapshot, at.path, entry)], at.path);
}

async function openFiles(store: Store, snapshot: Snapshot, pattern: string, signal: AbortSignal): Promise<ContextRef> {
  if (pattern.split('/').includes('..')) throw missing(`files(): ${pattern} leads out of the workspace.`);
  const paths = [...snapshot.paths];
  const found = await search({ kind: 'glob', pattern, anyDepth: false, paths }, signal);
  if ('problem' in found) throw missing(`files(): ${found.problem}`);
  const { lines } = found.result;
  if (lines.length === 0) {
    const any = pattern.includes('/') ? '' : ` In any folder: **/${pattern}`;
    throw missing(`files(): no file of the workspace matches ${pattern}.${any}`);
  }
  const parts: ContextPart[] = await partsOf(store, snapshot, lines, signal);
  if (parts.length > 0) return putContext(store, 'files', parts, pattern);
  const message = `files(): ${pattern} matches ${lines.length} files of the workspace, but none is text.`;
  throw new BraidError('BRAID_CONTEXT_UNREADABLE', message);
}

function missing(message: string): BraidError {
  return new BraidError('BRAID_CONTEXT_MISSING', message, {
    fix: 'Name files of the workspace: paths are relative to its root.',
  });
}
