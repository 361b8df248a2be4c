/** What agents changed, for people: one line per file. */
import type { Patch, PatchFile } from '../../protocol/overlay.ts';
import { plural } from './format.ts';
import { safeLine } from './sanitize.ts';
import type { Paint } from './style.ts';
import { fit } from './width.ts';

/** The rest is a command away. */
const SHOWN = 50;

const MARKS = { added: 'A', changed: 'M', deleted: 'D' } as const;

/** `M src/a.js  +3 -1`, of each file. */
export function fileLines(files: readonly PatchFile[]): string[] {
  return files.map(({ path, kind, added, removed }) => {
    const lines = added === null || removed === null ? 'binary' : `+${added} -${removed}`;
    return `${MARKS[kind]} ${safeLine(path)}  ${lines}`;
  });
}

/** What a whole run has to show, and what can be done with it. */
export function changeSection(run: string, patch: Patch, { width }: { width: number }, paint: Paint): string[] {
  return [
    `${paint('bold', 'changes')}  ${paint('dim', `${plural(patch.files.length, 'file')}; braid diff ${run}, braid apply ${run}`)}`,
    ...fileLines(patch.files.slice(0, SHOWN)).map((line) => `  ${fit(line, Math.max(20, width - 2))}`),
    ...(patch.files.length > SHOWN ? [paint('dim', `  … and ${patch.files.length - SHOWN} more`)] : []),
  ];
}
