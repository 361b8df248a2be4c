/**
 * Contexts: texts that are read by reference. A text lives in the store as chunks named by a manifest; what crosses a border
 * is a {@link ContextRef} or a {@link TextRef} of constant size, never the text (RL-24, RL-43).
 *
 *  X1  All positions and lengths are UTF-16 code units, as JavaScript counts, whatever the encoding in the store.
 *  X2  A chunk is whole characters of UTF-8: no character is split between two chunks.
 *  X3  A manifest is immutable and names everything below it by hash: equal texts have equal refs.
 */

/** `text`: one text. `files`: many, each with a name. `json`: a value that cells see parsed. */
export type ContextKind = 'text' | 'files' | 'json';

/** How a part's text was made, and what its lines are. */
export type PartFormat = 'text' | 'markdown' | 'json' | 'jsonl' | 'csv' | 'html' | 'pdf' | 'docx';

/** Blob content behind {@link ContextRef} and {@link TextRef}, as JSON. */
export interface ContextManifest {
  v: 1;
  kind: ContextKind;
  parts: ContextPart[];
}

export interface ContextPart {
  /** Path or other name; `context` for a text without one. */
  name: string;
  format: PartFormat;
  /** UTF-16 units of the whole part. */
  length: number;
  /** UTF-8 bytes. */
  bytes: number;
  /** Number of lines; a text without a line break has one, an empty text none. */
  lines: number;
  chunks: ContextChunk[];
  /** Where pages or headings of a converted document begin. */
  marks?: { at: number; label: string }[];
}

export interface ContextChunk {
  /** Blob of the chunk's UTF-8 bytes. */
  ref: string;
  bytes: number;
  length: number;
  /** Line feeds in it. */
  feeds: number;
}

/** Some characters of one part. */
export interface TextRef {
  manifest: string;
  part: number;
  start: number;
  end: number;
}

/** A text in a request: itself when it is short, else pieces, each a text or a reference. */
export type PromptText = string | (string | TextRef)[];

/** A context as it is passed between nodes, with what a first prompt tells of it (RL-01). A few KiB at most. */
export interface ContextRef {
  kind: ContextKind;
  /** All parts of a manifest, or some texts. */
  of: { manifest: string } | { pieces: (TextRef & { name: string })[] };
  /** Number of parts. */
  parts: number;
  length: number;
  bytes: number;
  lines: number;
  /** The first parts. */
  names: { name: string; length: number }[];
  /** Start and end of the text, or of the first and the last part. */
  head: string;
  tail: string;
}

/** Whether a prompt piece or a value is a {@link TextRef}. */
export function isTextRef(value: unknown): value is TextRef {
  if (typeof value !== 'object' || value === null) return false;
  const { manifest, part, start, end } = value as { [key in keyof TextRef]?: unknown };
  return (
    typeof manifest === 'string' &&
    /^[0-9a-f]{64}$/.test(manifest) &&
    [part, start, end].every((n) => Number.isSafeInteger(n) && Number(n) >= 0)
  );
}
