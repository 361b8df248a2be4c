/** Reading what `git merge-file --diff3` prints, as one character per byte. */

interface RawHunk {
  /** First line in the text where all conflicts are resolved to ours, from 1. */
  line: number;
  base: string;
  ours: string;
  theirs: string;
}

/** A marker length that no line of the texts could be taken for. */
export function unusedMarker(texts: readonly Uint8Array[]): number {
  const used = new Set<number>();
  for (const bytes of texts) {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    for (const [, run = ''] of text.matchAll(/^([<|=>])\1*(?= (?:ours|base|theirs)\r?$|\r?$)/gm)) used.add(run.length);
    for (const [run] of text.matchAll(/^(?:<{7,}|\|{7,}|={7,}|>{7,})/gm)) used.add(run.length);
  }
  let size = 7;
  while (used.has(size)) size += 1;
  return size;
}

/** The conflicts, and the text with each of them resolved to ours. */
export function readMerge(output: Buffer, marker: number): { hunks: RawHunk[]; resolved: Buffer } {
  const hunks: RawHunk[] = [];
  const resolved: string[] = [];
  let open: RawHunk | null = null;
  let side: 'ours' | 'base' | 'theirs' = 'ours';
  const marks: Record<string, 'start' | 'base' | 'theirs' | 'end'> = {
    [`${'<'.repeat(marker)} ours`]: 'start',
    [`${'|'.repeat(marker)} base`]: 'base',
    ['='.repeat(marker)]: 'theirs',
    [`${'>'.repeat(marker)} theirs`]: 'end',
  };
  for (const line of linesWithEnds(output.toString('latin1'))) {
    const mark = marks[line.replace(/\r?\n$/, '')];
    if (mark === 'start') {
      [open, side] = [{ line: resolved.length + 1, base: '', ours: '', theirs: '' }, 'ours'];
      hunks.push(open);
    } else if (mark === 'end') open = null;
    else if (mark !== undefined) side = mark;
    else {
      if (open !== null) open[side] += line;
      if (open === null || side === 'ours') resolved.push(line);
    }
  }
  return { hunks, resolved: Buffer.from(resolved.join(''), 'latin1') };
}

/** From lines of the later text to those of the earlier, by the hunk headers of a diff without context. */
export function lineBefore(diff: string): (line: number) => number {
  const hunks = [...diff.matchAll(/^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/gm)].map(
    ([, , removed = '1', at = '0', added = '1']) => ({
      // A hunk that only removes names the line before it.
      end: Number(at) + Number(added) - (added === '0' ? 0 : 1),
      grown: Number(added) - Number(removed),
    }),
  );
  return (line) => {
    const before = hunks.filter(({ end }) => end < line);
    return Math.max(1, line - before.reduce((sum, { grown }) => sum + grown, 0));
  };
}

function linesWithEnds(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}
