import { ownMember } from '../../store/overlays.ts';
import { keepBinary } from '../workspace/keep-binary.ts';
import { changed } from './change.ts';
import { fileRecord } from './read.ts';
import { defineTool, refusal } from './tool.ts';
import { fileOf } from './writable.ts';

export const deleteFile = defineTool({
  name: 'delete',
  changes: true,
  description: 'Deletes one file of the workspace. Folders go with their last file.',
  properties: { path: { type: 'string', description: 'File, relative to the root of the workspace.' } },
  required: ['path'],
  run: async (input, context) => {
    const at = fileOf(context.snapshot, input.text('path'));
    if ('problem' in at) return refusal(at.code, at.problem);
    const { path, entry } = at;
    const reads = [fileRecord(path, entry)];
    const done = `${path}: deleted.`;
    const { changes } = context;
    if (changes === undefined || entry.kind !== 'binary' || ownMember(changes.overlay.changes, path) !== undefined) {
      return changed(context, { path, entry: null }, done, reads);
    }
    const kept = await keepBinary(changes.store, changes.base, path);
    return kept === null
      ? refusal('BRAID_FILE_BINARY', `${path} is binary, and no longer what it was when the run began.`, reads)
      : changed(context, { path, entry: null, kept }, done, reads);
  },
});
