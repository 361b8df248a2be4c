/** What a cell printed, as its host keeps it: the first and the last characters of all of them. */
export interface CellOutput {
  head: string;
  /** Empty when `head` holds everything; never overlaps it. */
  tail: string;
  /** Length of the whole output in UTF-16 units. */
  chars: number;
}

/** One text for the model (RL-03): says how much is left out and how to see it. Never shows half a surrogate pair. */
export function joinOutput({ head, tail, chars }: CellOutput): string {
  if (chars <= head.length + tail.length) return head + tail;
  const start = endsInHalf(head) ? head.slice(0, -1) : head;
  const end = startsInHalf(tail) ? tail.slice(1) : tail;
  const left = chars - start.length - end.length;
  const shown = String(left).replace(/\B(?=(?:\d{3})+$)/g, ',');
  return `${start}\n… ${shown} characters left out; print a slice of it to see more …\n${end}`;
}

function endsInHalf(text: string): boolean {
  const unit = text.charCodeAt(text.length - 1);
  return unit >= 0xd800 && unit <= 0xdbff;
}

function startsInHalf(text: string): boolean {
  const unit = text.charCodeAt(0);
  return unit >= 0xdc00 && unit <= 0xdfff;
}
