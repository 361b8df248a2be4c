/** Lines of a byte stream of any size: one line is in memory at a time, and one that is too long is not. */
export type Line = { number: number } & ({ text: string } | { problem: string });

/** Line breaks are LF or CRLF. A byte order mark is dropped; the last line needs no break behind it. */
export async function* splitLines(stream: AsyncIterable<Uint8Array | string>, maxBytes: number): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let number = 0;
  let parts: Buffer[] = [];
  let size = 0;
  const take = (): Line => {
    number += 1;
    const bytes = size <= maxBytes ? Buffer.concat(parts) : null;
    const length = size;
    parts = [];
    size = 0;
    if (bytes === null) return { number, problem: `it has ${length} bytes; an item has at most ${maxBytes}` };
    try {
      return { number, text: decoder.decode(bytes).replace(/\r$/, '') };
    } catch {
      return { number, problem: 'it is no UTF-8' };
    }
  };
  const keep = (bytes: Buffer): void => {
    size += bytes.byteLength;
    if (size <= maxBytes) parts.push(bytes);
    else parts = [];
  };
  for await (const piece of stream) {
    const block =
      typeof piece === 'string' ? Buffer.from(piece) : Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    let from = 0;
    for (let at = block.indexOf(0x0a); at >= 0; at = block.indexOf(0x0a, from)) {
      keep(block.subarray(from, at));
      yield take();
      from = at + 1;
    }
    // The stream may use its buffer again.
    if (from < block.byteLength) keep(Buffer.from(block.subarray(from)));
  }
  if (size > 0) yield take();
}
