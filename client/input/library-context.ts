import type { Json } from '../../protocol/json.ts';
import type { Store } from '../../store/blobs.ts';
import { contextOfValue } from '../../store/contexts/refs.ts';
import { readContexts } from './contexts.ts';
import { readingProgress } from './reading-progress.ts';
import type { OpenedContext } from './rlm-input.ts';

/**
 * A context as library callers give it: a text or another JSON value, or files and folders to be read where the caller runs
 * (paths and patterns relative to its working directory). A value that has only the member `file` or `files` names files.
 */
export type RlmContext = Json | { file: string } | { files: string | readonly string[] };

/** Errors: BRAID_CONTEXT_MISSING, BRAID_CONTEXT_UNREADABLE, BRAID_CONTEXT_TOO_LARGE. */
export async function openLibraryContext(
  context: RlmContext | undefined,
  store: Store,
  say: (line: string) => void,
): Promise<OpenedContext> {
  const paths = pathsOf(context);
  const progress = readingProgress(say);
  if (paths !== null) return readContexts(paths, { cwd: process.cwd(), stdin: process.stdin, store, progress });
  if (context === undefined || context === null) return { context: null, warnings: [] };
  return { context: await contextOfValue(store, context as Json), warnings: [] };
}

function pathsOf(context: RlmContext | undefined): string[] | null {
  if (typeof context !== 'object' || context === null || Array.isArray(context)) return null;
  const entries: [string, unknown][] = Object.entries(context);
  if (entries.length !== 1) return null;
  const [[name, value] = ['', null]] = entries;
  if (name === 'file' && typeof value === 'string') return [value];
  if (name !== 'files') return null;
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.every((path) => typeof path === 'string') ? list : null;
}
