/**
 * Counting in bytes of UTF-8, four at a time: reading byte by byte takes three times as long, and every byte of a context
 * passes here once.
 */

/** How often the ASCII character `byte` stands in `bytes`. Bytes of longer characters are never ASCII. */
export function countByte(bytes: Uint8Array, byte: number): number {
  const { words, rest } = inWords(bytes);
  const pattern = byte * 0x01010101;
  let count = 0;
  for (let i = 0; i < words.length;) {
    // Each lane of the accumulator holds a count of its own, so it must be emptied before one can overflow.
    const end = Math.min(words.length, i + 255);
    let lanes = 0;
    for (; i < end; i++) {
      const x = (words[i] as number) ^ pattern;
      lanes = (lanes + (~(((x & 0x7f7f7f7f) + 0x7f7f7f7f) | x | 0x7f7f7f7f) >>> 7)) | 0;
    }
    count += sumLanes(lanes);
  }
  for (const other of rest) if (other === byte) count += 1;
  return count;
}

/** UTF-16 units of valid UTF-8: one for each character, two for those of four bytes. */
export function countUnits(bytes: Uint8Array): number {
  const { words, rest } = inWords(bytes);
  let units = words.length * 4;
  for (let i = 0; i < words.length;) {
    const end = Math.min(words.length, i + 255);
    let following = 0;
    let four = 0;
    for (; i < end; i++) {
      const x = words[i] as number;
      following = (following + ((x >>> 7) & ~(x >>> 6) & 0x01010101)) | 0;
      four = (four + ((x >>> 7) & (x >>> 6) & (x >>> 5) & (x >>> 4) & 0x01010101)) | 0;
    }
    units += sumLanes(four) - sumLanes(following);
  }
  for (const byte of rest) units += unitsOf(byte);
  return units;
}

/** What a byte adds to the number of units: following bytes add nothing, the first of four bytes adds two. */
function unitsOf(byte: number): number {
  return (byte & 0xc0) === 0x80 ? 0 : byte >= 0xf0 ? 2 : 1;
}

/** Bytes at the end that begin a character without ending it: 0 to 3. */
export function openTail(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number;
    if ((byte & 0xc0) === 0x80) continue;
    return byte >= 0xc0 && sequenceLength(byte) > back ? back : 0;
  }
  return 0;
}

/** Bytes of the character that begins with `lead`. */
export function sequenceLength(lead: number): number {
  return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/** The middle of `bytes` as aligned words, and what stands before and after it. */
function inWords(bytes: Uint8Array): { words: Int32Array; rest: number[] } {
  const head = -bytes.byteOffset & 3;
  const count = (bytes.length - head) >> 2;
  if (count < 1) return { words: new Int32Array(), rest: [...bytes] };
  return {
    words: new Int32Array(bytes.buffer, bytes.byteOffset + head, count),
    rest: [...bytes.subarray(0, head), ...bytes.subarray(head + count * 4)],
  };
}

function sumLanes(lanes: number): number {
  return (lanes & 255) + ((lanes >>> 8) & 255) + ((lanes >>> 16) & 255) + (lanes >>> 24);
}
