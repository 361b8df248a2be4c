/** What the tools that change files have in common: from the new content of a file to the answer with the new overlay. */
import type { ReadRecord, ToolResponse } from '../../protocol/activities.ts';
import { isBraidError } from '../../protocol/errors.ts';
import { OVERLAY } from '../../protocol/limits.ts';
import type { OverlayEntry } from '../../protocol/overlay.ts';
import { withChanges, writeOverlay, type FileChange } from '../../store/overlays.ts';
import { refusal, type ToolContext } from './tool.ts';

/** The answer `output` with the overlay after the change. */
export async function changed(
  { changes }: ToolContext,
  change: FileChange,
  output: string,
  reads: ReadRecord[],
): Promise<ToolResponse> {
  if (changes === undefined) throw new Error(`${change.path} was to be changed by an agent that changes nothing`);
  const { store, overlay, base } = changes;
  try {
    const next = await writeOverlay(store, withChanges(overlay, base.manifest, [change]));
    return { output, isError: false, reads, overlay: next };
  } catch (error) {
    if (isBraidError(error, 'BRAID_OVERLAY_TOO_LARGE')) return refusal(error.code, error.message, reads);
    throw error;
  }
}

/** Keeps the text of a file; a problem for the model when it is no text or too large. */
export async function keepText(
  { changes }: ToolContext,
  text: string,
  mode: number,
): Promise<OverlayEntry | { code: 'BRAID_FILE_TOO_LARGE' | 'BRAID_FILE_BINARY'; problem: string }> {
  const limit = OVERLAY.fileBytes.toLocaleString('en');
  // A string has no more units than its UTF-8 has bytes: what is far too large is not even encoded.
  const size = text.length > OVERLAY.fileBytes ? text.length : Buffer.byteLength(text);
  if (size > OVERLAY.fileBytes) {
    return {
      code: 'BRAID_FILE_TOO_LARGE',
      problem: `The file would have ${size.toLocaleString('en')} bytes; at most ${limit} are kept.`,
    };
  }
  if (!text.isWellFormed()) {
    return { code: 'BRAID_FILE_BINARY', problem: 'The text holds half a surrogate pair, which no file in UTF-8 can.' };
  }
  if (text.includes('\0')) {
    return { code: 'BRAID_FILE_BINARY', problem: 'The text holds a NUL character; such a file is not text.' };
  }
  if (changes === undefined) throw new Error('a text was to be kept for an agent that changes nothing');
  return { hash: await changes.store.put(text), size, mode, binary: false };
}

/** A file's text with its byte order mark and line ends as they are, or null when it is not UTF-8. */
export async function exactText({ changes }: ToolContext, hash: string): Promise<string | null> {
  const bytes = await changes?.store.get(hash);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
