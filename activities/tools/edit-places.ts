/**
 * Where a text stands in a file, whatever its line ends. Models never see a carriage return (`read` leaves it out), so a line end
 * in what they look for stands for either kind, and what they put in takes the kind of the lines around it.
 */

export interface Place {
  /** Units of UTF-16. */
  start: number;
  end: number;
}

/** All places of `old`; one may overlap the next unless `apart`, so that "exactly one" means just that. */
export function placesOf(text: string, old: string, apart: boolean): Place[] {
  const wanted = old.replaceAll('\r\n', '\n');
  if (!wanted.includes('\n') || !text.includes('\r\n')) return plain(text, wanted, apart);
  const returns = returnsIn(text);
  const at = (position: number) => position + countBelow(returns, position);
  return plain(text.replaceAll('\r\n', '\n'), wanted, apart).map(({ start, end }) => ({
    start: at(start),
    end: at(end),
  }));
}

function plain(text: string, old: string, apart: boolean): Place[] {
  const places: Place[] = [];
  for (let at = text.indexOf(old); at >= 0; at = text.indexOf(old, apart ? at + old.length : at + 1)) {
    places.push({ start: at, end: at + old.length });
  }
  return places;
}

/** Where the line ends with a carriage return stand once those are left out. */
function returnsIn(text: string): number[] {
  const returns: number[] = [];
  for (let at = text.indexOf('\r\n'); at >= 0; at = text.indexOf('\r\n', at + 2)) returns.push(at - returns.length);
  return returns;
}

function countBelow(sorted: readonly number[], limit: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** `text` with `fresh` at places that do not overlap. */
export function replaced(text: string, places: readonly Place[], fresh: string): string {
  const unified = fresh.replaceAll('\r\n', '\n');
  const withReturns = unified.replaceAll('\n', '\r\n');
  const last = text.lastIndexOf('\n');
  const pieces: string[] = [];
  let [done, lineEnd] = [0, -1];
  for (const { start, end } of places) {
    // The line's end is looked for once a line, not once a place. The last line goes with the one before it.
    if (lineEnd < start) lineEnd = start > last ? last : text.indexOf('\n', start);
    pieces.push(text.slice(done, start), lineEnd > 0 && text[lineEnd - 1] === '\r' ? withReturns : unified);
    done = end;
  }
  return pieces.join('') + text.slice(done);
}
