/**
 * Turns the bytes of a text into valid UTF-8, whatever encoding they are in. Invariants:
 *
 *  N1  Valid UTF-8 passes byte for byte; only a byte order mark at its start is dropped.
 *  N2  UTF-16 is taken by its byte order mark alone. Without one its NULs make it binary, which is an error.
 *  N3  From the first piece on that is no UTF-8: a text that holds other valid characters beyond ASCII is damaged UTF-8
 *      (its broken places become U+FFFD), any other is Windows-1252, which contains Latin-1. Both cost a warning.
 */
import { isUtf8 } from 'node:buffer';
import { BraidError } from '../../protocol/errors.ts';
import { WORKSPACE } from '../../protocol/limits.ts';
import { countByte, openTail, sequenceLength } from './count.ts';

/** Gets the bytes of a text in pieces and gives pieces of valid UTF-8, whole characters each. */
export interface Recoder {
  push(bytes: Uint8Array): Uint8Array[];
  end(): Uint8Array[];
  /** What had to be guessed or repaired, for people; null when nothing was. */
  readonly warning: string | null;
}

/**
 * The recoder for a text that begins with `start`, best {@link WORKSPACE.sniffBytes} of it. Errors: BRAID_CONTEXT_UNREADABLE
 * when that is no text.
 */
export function recoderFor(start: Uint8Array, name: string): Recoder {
  if (start[0] === 0xff && start[1] === 0xfe) return decoded('utf-16le', null);
  if (start[0] === 0xfe && start[1] === 0xff) return decoded('utf-16be', null);
  if (start.subarray(0, WORKSPACE.sniffBytes).includes(0)) throw unreadable(name, `it is binary${kindOf(start)}`);
  return new Utf8Gate(name);
}

export function unreadable(name: string, why: string, options: { fix?: string; cause?: unknown } = {}): BraidError {
  return new BraidError('BRAID_CONTEXT_UNREADABLE', `The context ${name} cannot be read as text: ${why}.`, options);
}

const encoder = new TextEncoder();

/** In the middle of a text U+FEFF is a character like any other. */
function decoded(encoding: string, warning: string | null, ignoreBOM = false): Recoder {
  const decoder = new TextDecoder(encoding, { ignoreBOM });
  return {
    push: (bytes) => [encoder.encode(decoder.decode(bytes, { stream: true }))],
    end: () => [encoder.encode(decoder.decode())],
    warning,
  };
}

class Utf8Gate implements Recoder {
  readonly #name: string;
  #started = false;
  /** Bytes of a character that the last piece split. */
  #open: Uint8Array = new Uint8Array();
  #other: Recoder | null = null;

  constructor(name: string) {
    this.#name = name;
  }

  get warning(): string | null {
    return this.#other?.warning ?? null;
  }

  push(bytes: Uint8Array): Uint8Array[] {
    if (this.#other !== null) return this.#other.push(bytes);
    const out: Uint8Array[] = [];
    let rest = bytes;
    if (this.#open.byteLength > 0) {
      const missing = sequenceLength(this.#open[0] ?? 0) - this.#open.byteLength;
      const first = Buffer.concat([this.#open, rest.subarray(0, missing)]);
      this.#open = rest.byteLength < missing ? first : new Uint8Array();
      if (rest.byteLength < missing) return [];
      rest = rest.subarray(missing);
      if (!isUtf8(first)) return this.#giveUp(Buffer.concat([first, rest]));
      out.push(first);
    }
    const whole = rest.subarray(0, rest.byteLength - openTail(rest));
    if (!isUtf8(whole)) return [...this.#withoutMark(out), ...this.#giveUp(rest)];
    // A copy also of a Buffer, whose slice() is none: the piece may be overwritten before the next one comes.
    this.#open = Uint8Array.from(rest.subarray(whole.byteLength));
    if (whole.byteLength > 0) out.push(whole);
    return this.#withoutMark(out);
  }

  end(): Uint8Array[] {
    if (this.#other !== null) return this.#endOther();
    if (this.#open.byteLength === 0) return [];
    return [...this.#giveUp(this.#open), ...this.#endOther()];
  }

  #endOther(): Uint8Array[] {
    return this.#other?.end() ?? [];
  }

  #withoutMark(pieces: Uint8Array[]): Uint8Array[] {
    const [first, ...others] = pieces;
    if (this.#started || first === undefined) return pieces;
    this.#started = true;
    return first[0] === 0xef && first[1] === 0xbb && first[2] === 0xbf ? [first.subarray(3), ...others] : pieces;
  }

  #giveUp(bytes: Uint8Array): Uint8Array[] {
    if (controlShare(bytes) > 0.01) throw unreadable(this.#name, `it is binary${kindOf(bytes)}`);
    this.#other = isDamagedUtf8(bytes)
      ? decoded('utf-8', `${this.#name} is damaged UTF-8; what cannot be read in it became U+FFFD.`, true)
      : decoded('windows-1252', `${this.#name} is no UTF-8; it was read as Windows-1252 (Latin-1).`);
    return this.#withoutMark(this.#other.push(bytes));
  }
}

function isDamagedUtf8(bytes: Uint8Array): boolean {
  const text = new TextDecoder('utf-8').decode(bytes);
  let broken = 0;
  let whole = 0;
  for (const [character] of text.matchAll(/[^\x00-\x7f]/gu)) {
    if (character === '\ufffd') broken += 1;
    else whole += 1;
  }
  return whole > broken;
}

function controlShare(bytes: Uint8Array): number {
  let controls = 0;
  for (const byte of CONTROLS) controls += countByte(bytes, byte);
  return controls / Math.max(1, bytes.byteLength);
}

/** Control characters that no text has: all but backspace, blanks, line ends and escape. */
const CONTROLS = Array.from({ length: 0x20 }, (_, byte) => byte).filter(
  (byte) => (byte < 8 || byte > 13) && byte !== 0x1b,
);

const MAGIC: [start: string, what: string][] = [
  ['PK\x03\x04', 'a ZIP archive'],
  ['\x1f\x8b', 'compressed by gzip'],
  ['\x28\xb5\x2f\xfd', 'compressed by zstd'],
  ['BZh', 'compressed by bzip2'],
  ['\xfd7zXZ', 'compressed by xz'],
  ['%PDF-', 'a PDF whose name does not end in .pdf'],
  ['\x89PNG', 'a PNG image'],
  ['\xff\xd8\xff', 'a JPEG image'],
  ['GIF8', 'a GIF image'],
  ['\x7fELF', 'a program'],
  ['MZ', 'a program'],
  ['SQLite format 3', 'a SQLite database'],
  ['PAR1', 'a Parquet file'],
  ['\xd0\xcf\x11\xe0', 'an old Office document'],
];

function kindOf(start: Uint8Array): string {
  const text = Buffer.from(start.subarray(0, 16)).toString('latin1');
  const found = MAGIC.find(([magic]) => text.startsWith(magic));
  return found === undefined ? ' (it holds NUL or control bytes)' : ` (${found[1]})`;
}
