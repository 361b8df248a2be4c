import type { Entry } from '../../store/workspace-manifest.ts';
import { changed, exactText, keepText } from './change.ts';
import { linesOf, plural } from './output.ts';
import { fileRecord } from './read.ts';
import { defineTool, refusal, type ToolContext } from './tool.ts';
import { targetOf } from './writable.ts';

/** Of a file that is made. */
const NEW_MODE = 0o644;

export const write = defineTool({
  name: 'write',
  changes: true,
  description:
    'Writes a text file of the workspace as a whole: makes it, with the folders above it, or replaces all that is in it. To change a part of a file, use edit.',
  properties: {
    path: { type: 'string', description: 'File, relative to the root of the workspace.' },
    content: { type: 'string' },
  },
  required: ['path', 'content'],
  run: async (input, context) => {
    const at = targetOf(context.snapshot, input.text('path'));
    if ('problem' in at) return refusal(at.code, at.problem);
    const { path, entry: before } = at;
    const reads = [fileRecord(path, before)];
    if (before?.kind === 'binary') {
      return refusal('BRAID_FILE_BINARY', `${path} is binary; write would replace it by text. Delete it first.`, reads);
    }
    const content = await alikeBefore(context, before, input.text('content') ?? '');
    const entry = await keepText(context, content, before?.mode ?? NEW_MODE);
    if ('problem' in entry) return refusal(entry.code, `${path}: ${entry.problem}`, reads);
    if (before?.hash === entry.hash) return { output: `${path} holds just that already.`, isError: false, reads };
    const done = before === undefined ? 'made' : 'replaced';
    const size = `${plural(linesOf(content).length, 'line')}, ${plural(entry.size, 'byte')}`;
    return changed(context, { path, entry }, `${path}: ${done}, ${size}.`, reads);
  },
});

/** Models do not see byte order marks and carriage returns, so they cannot be meant to take them away: a file keeps both. */
async function alikeBefore(context: ToolContext, before: Entry | undefined, content: string): Promise<string> {
  const old = before?.hash == null ? null : await exactText(context, before.hash);
  if (old === null) return content;
  const mark = old.startsWith('\ufeff') && !content.startsWith('\ufeff') ? '\ufeff' : '';
  const returns = /\r\n/.test(old) && !/(?<!\r)\n/.test(old) && !content.includes('\r');
  return mark + (returns ? content.replaceAll('\n', '\r\n') : content);
}
