import type { ReadRecord, ToolResponse } from '../../protocol/activities.ts';
import { OVERLAY } from '../../protocol/limits.ts';
import { changed, exactText, keepText } from './change.ts';
import { ambiguous, notFound } from './edit-answers.ts';
import { placesOf, replaced } from './edit-places.ts';
import { plural } from './output.ts';
import { fileRecord } from './read.ts';
import { defineTool, refusal, type ToolContext, type ToolInput } from './tool.ts';
import { fileOf } from './writable.ts';

export const edit = defineTool({
  name: 'edit',
  changes: true,
  description:
    'Replaces text in a file of the workspace. old must be there exactly once, letter by letter, without the line numbers that read shows; with all: true every place is replaced.',
  properties: {
    path: { type: 'string' },
    old: { type: 'string', minLength: 1, description: 'Text to replace, with enough lines around to be unique.' },
    new: { type: 'string', description: 'What stands there afterwards; empty removes it.' },
    all: { type: 'boolean' },
  },
  required: ['path', 'old', 'new'],
  run: async (input, context) => {
    const at = fileOf(context.snapshot, input.text('path'));
    if ('problem' in at) return refusal(at.code, at.problem);
    const reads = [fileRecord(at.path, at.entry)];
    const text = at.entry.hash === null ? null : await exactText(context, at.entry.hash);
    if (text === null)
      return refusal('BRAID_FILE_BINARY', `${at.path} is no text in UTF-8; edit cannot change it.`, reads);
    return editText({ path: at.path, mode: at.entry.mode, text, reads }, input, context);
  },
});

interface EditedFile {
  path: string;
  mode: number;
  text: string;
  reads: ReadRecord[];
}

async function editText(file: EditedFile, input: ToolInput, context: ToolContext): Promise<ToolResponse> {
  const { path, mode, text, reads } = file;
  const [old = '', fresh = '', all] = [input.text('old'), input.text('new'), input.flag('all')];
  if (old === fresh) return refusal('BRAID_TOOL_INPUT', 'edit: old and new are the same text.', reads);
  const found = placesOf(text, old, all);
  if (found.length === 0) return refusal('BRAID_EDIT_NO_MATCH', notFound(path, text, old), reads);
  if (found.length > 1 && !all) return refusal('BRAID_EDIT_AMBIGUOUS', ambiguous(path, text, found), reads);
  // Told before it is built: a short text can stand in a file a million times.
  if (text.length + found.length * (fresh.length - old.length) > OVERLAY.fileBytes) {
    return refusal(
      'BRAID_FILE_TOO_LARGE',
      `${path} would become larger than ${OVERLAY.fileBytes.toLocaleString('en')} bytes.`,
      reads,
    );
  }
  const next = replaced(text, found, fresh);
  const entry = await keepText(context, next, mode);
  if ('problem' in entry) return refusal(entry.code, `${path}: ${entry.problem}`, reads);
  const line = text.slice(0, found[0]?.start).split('\n').length;
  const where = found.length === 1 ? `at line ${line}` : `the first at line ${line}`;
  return changed(context, { path, entry }, `${path}: ${plural(found.length, 'place')} replaced, ${where}.`, reads);
}
