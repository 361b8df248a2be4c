/** Which lines a patch in git's format adds, numbered as in the new file. */

/** Lines of a file that `patch` adds; the patch may be of several files, and be cut. */
export function addedLines(patch: string, path: string): Set<number> {
  const added = new Set<number>();
  let isHere = false;
  let line = 0;
  // Lines of a hunk that are still to come: no content passes for a header.
  let left = 0;
  for (const text of patch.split('\n')) {
    if (left > 0) {
      if (text.startsWith('\\')) continue;
      if (text.startsWith('-')) continue;
      if (text.startsWith('+') && isHere) added.add(line);
      line += 1;
      left -= 1;
      continue;
    }
    const hunk = /^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@/.exec(text);
    if (hunk !== null) {
      line = Number(hunk[1]);
      left = Number(hunk[2] ?? '1');
    } else if (text.startsWith('+++ ')) isHere = text.replace(/\t$/, '') === `+++ b/${path}`;
  }
  return added;
}
