/**
 * One part as UTF-16. Invariants:
 *
 *  U1  Every answer is that of the whole text as one JavaScript string; cuts inside a surrogate pair give halves.
 *  U2  A slice costs its own length and a few KiB more, wherever it lies; at worst {@link LARGE} times its length.
 */
import { BraidError } from '../../protocol/errors.ts';
import { CONTEXT, KIB } from '../../protocol/limits.ts';
import { countUnits } from './count.ts';
import { lastAtOrBefore, type PartBytes } from './part-bytes.ts';
import { Recent } from '../recent.ts';

/** Bytes between two entries of a chunk's table from units to bytes. */
const BLOCK = 4 * KIB;
/** Pieces of at least this part of a chunk that is not ASCII are cut from the decoded chunk. */
const LARGE = 8;
/** Decoded chunks that a thread keeps: a search reads one, and its neighbour where a match may cross the border. */
const decodedChunks = new Recent<string>(2);
/** Indexes of line feeds that a thread keeps: one of a chunk of empty lines takes 16 MiB. */
const feedIndexes = new Recent<Uint32Array>(4);
let lastId = 0;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

interface Table {
  /** Byte at which each block begins: always a character's first. */
  bytes: Uint32Array;
  units: Uint32Array;
}

export class PartText {
  readonly at: PartBytes;
  /** Names the part in the thread's caches, which all parts share: a context of many files must not end in memory as strings. */
  readonly #id = (lastId += 1);
  readonly #tables: (Table | undefined)[] = [];

  constructor(at: PartBytes) {
    this.at = at;
  }

  get length(): number {
    return this.at.part.length;
  }

  /** Text of [start, end), which must lie in the part. Errors: BRAID_CONTEXT_TOO_LARGE above {@link CONTEXT.stringChars}. */
  slice(start: number, end: number): string {
    if (end <= start) return '';
    if (end - start > CONTEXT.stringChars) throw tooLong(end - start);
    const { unitAt } = this.at;
    let text = '';
    for (let i = this.at.chunkOf(start); i < this.at.count && (unitAt[i] ?? 0) < end; i++) {
      const base = unitAt[i] ?? 0;
      text += this.#piece(i, Math.max(0, start - base), Math.min(this.at.chunk(i).length, end - base));
    }
    return text;
  }

  /** A whole chunk as a string; the last ones are kept. */
  chunkText(chunk: number): string {
    return decodedChunks.get(`${this.#id}/${chunk}`, () => {
      const bytes = this.at.bytes(chunk);
      return this.at.isAscii(chunk) ? bytes.toString('latin1') : decoder.decode(bytes);
    });
  }

  isDecoded(chunk: number): boolean {
    return decodedChunks.has(`${this.#id}/${chunk}`);
  }

  /** Places of the line feeds of a chunk, in units from its start. */
  feedsOf(chunk: number): Uint32Array {
    return feedIndexes.get(`${this.#id}/${chunk}`, () => {
      const found = new Uint32Array(this.at.chunk(chunk).feeds);
      const text = this.chunkText(chunk);
      let at = -1;
      for (let i = 0; i < found.length; i++) {
        at = text.indexOf('\n', at + 1);
        found[i] = at;
      }
      return found;
    });
  }

  /** UTF-8 bytes before a unit; half a pair counts as U+FFFD. */
  bytesBefore(unit: number): number {
    if (unit <= 0) return 0;
    if (unit >= this.length) return this.at.part.bytes;
    const chunk = this.at.chunkOf(unit);
    const within = unit - (this.at.unitAt[chunk] ?? 0);
    if (this.at.isAscii(chunk)) return this.at.byteAt(chunk) + within;
    const { bytes, units } = this.#table(chunk);
    const block = lastAtOrBefore(units, within);
    const text = this.#decode(chunk, bytes[block] ?? 0, bytes[block + 1] ?? this.at.chunk(chunk).bytes);
    return this.at.byteAt(chunk) + (bytes[block] ?? 0) + Buffer.byteLength(text.slice(0, within - (units[block] ?? 0)));
  }

  /** Whether `unit` lies between the halves of a surrogate pair. */
  splitsPair(unit: number): boolean {
    if (unit <= 0 || unit >= this.length || this.at.isAscii(this.at.chunkOf(unit))) return false;
    const [high, low] = [this.slice(unit - 1, unit).charCodeAt(0), this.slice(unit, unit + 1).charCodeAt(0)];
    return (high & 0xfc00) === 0xd800 && (low & 0xfc00) === 0xdc00;
  }

  #piece(chunk: number, from: number, to: number): string {
    const { length, bytes } = this.at.chunk(chunk);
    if (length === bytes) return this.at.bytes(chunk).toString('latin1', from, to);
    if (this.isDecoded(chunk) || (to - from) * LARGE >= length) return this.chunkText(chunk).slice(from, to);
    // Near an end of the chunk its table is not needed: three bytes hold any unit.
    if (to <= BLOCK) return this.#decode(chunk, 0, this.#characterAt(chunk, to * 3)).slice(from, to);
    if (length - from <= BLOCK) {
      const tail = this.#decode(chunk, this.#characterAt(chunk, bytes - (length - from) * 3 - 3), bytes);
      return tail.slice(tail.length - (length - from), tail.length - (length - to));
    }
    const table = this.#table(chunk);
    const first = lastAtOrBefore(table.units, from);
    const base = table.units[first] ?? 0;
    const text = this.#decode(
      chunk,
      table.bytes[first] ?? 0,
      table.bytes[lastAtOrBefore(table.units, to - 1) + 1] ?? bytes,
    );
    return text.slice(from - base, to - base);
  }

  #decode(chunk: number, from: number, to: number): string {
    return decoder.decode(this.at.bytes(chunk).subarray(from, to));
  }

  /** The first place at or after `byte` where a character begins. */
  #characterAt(chunk: number, byte: number): number {
    const bytes = this.at.bytes(chunk);
    let at = Math.max(0, byte);
    while (at < bytes.byteLength && ((bytes[at] ?? 0) & 0xc0) === 0x80) at += 1;
    return Math.min(at, bytes.byteLength);
  }

  #table(chunk: number): Table {
    const known = this.#tables[chunk];
    if (known !== undefined) return known;
    const whole = this.at.bytes(chunk);
    const count = Math.ceil(whole.byteLength / BLOCK);
    const [bytes, units] = [new Uint32Array(count), new Uint32Array(count)];
    for (let i = 1; i < count; i++) {
      bytes[i] = this.#characterAt(chunk, i * BLOCK);
      units[i] = (units[i - 1] ?? 0) + countUnits(whole.subarray(bytes[i - 1], bytes[i]));
    }
    return (this.#tables[chunk] = { bytes, units });
  }
}

function tooLong(chars: number): BraidError {
  const [found, limit] = [chars, CONTEXT.stringChars].map((count) => count.toLocaleString('en'));
  return new BraidError(
    'BRAID_CONTEXT_TOO_LARGE',
    `${found} characters of a context are too many for one string (${limit}).`,
  );
}
