/**
 * A session at rest as bytes: [magic, length of the header, header as JSON, page numbers, pages].
 *
 *  V1  The header names the engine; bytes of another one, torn ones and ones of another limit are refused.
 *  V2  Not compressed here, and not verified: whoever keeps them knows them by their hash.
 */
import { BraidError } from '../../protocol/errors.ts';
import type { SavedEngine } from '../engine/engine.ts';
import type { Pointer } from '../engine/exports.ts';
import type { RunningCell } from './report.ts';

/** What the host of a guest knows between turns. */
export interface SessionState {
  entry: Pointer;
  gasUsed: number;
  lastId: number;
  /** Ids of the calls that have no answer. */
  open: number[];
  /** The cell that waits, or null. */
  cell: RunningCell | null;
  main: 'pending' | 'done';
}

interface Header extends SessionState {
  engine: string;
  memoryBytes: number;
  slot: Pointer;
  pages: number;
}

const MAGIC = 0x31_53_52_42;
const PAGE = 4096;
const WASM_PAGE = 65_536;

export function encodeSession(engine: SavedEngine, state: SessionState, hash: string): Uint8Array {
  const { memoryBytes, slot, numbers } = engine;
  const header: Header = { ...state, engine: hash, memoryBytes, slot, pages: numbers.length };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + numbers.byteLength + engine.bytes.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, text.length, true);
  bytes.set(text, 8);
  const at = 8 + text.length;
  numbers.forEach((page, i) => view.setUint32(at + 4 * i, page, true));
  bytes.set(engine.bytes, at + numbers.byteLength);
  return bytes;
}

/** Throws BRAID_REPL_ENGINE. */
export function decodeSession(
  bytes: Uint8Array,
  memoryLimit: number,
  wanted: string,
): { engine: SavedEngine; state: SessionState } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8 || view.getUint32(0, true) !== MAGIC) throw refused('is none');
  const at = 8 + view.getUint32(4, true);
  const header = parseHeader(bytes.subarray(8, at));
  const { engine: hash, memoryBytes, slot, pages, ...state } = header;
  if (hash !== wanted) throw refused(`belongs to engine ${hash.slice(0, 12)}, this is ${wanted.slice(0, 12)}`);
  if (memoryBytes > memoryLimit || memoryBytes % WASM_PAGE !== 0)
    throw refused('does not fit into the memory of a session');
  if (bytes.length !== at + pages * (4 + PAGE)) throw refused('is torn');
  const numbers = Uint32Array.from({ length: pages }, (_, i) => view.getUint32(at + 4 * i, true));
  if (numbers.some((page) => page >= memoryBytes / PAGE)) throw refused('has pages outside of its memory');
  return { engine: { memoryBytes, slot, numbers, bytes: bytes.subarray(at + pages * 4) }, state };
}

function parseHeader(bytes: Uint8Array): Header {
  try {
    // Written by this module and known by the hash of its bytes: the shape is the engine's hash's to promise.
    const header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Header;
    if (typeof header.engine === 'string') return header;
  } catch {
    // Refused below, as any other damage.
  }
  throw refused('has no header');
}

function refused(what: string): BraidError {
  return new BraidError('BRAID_REPL_ENGINE', `The snapshot of the REPL session ${what}.`);
}
