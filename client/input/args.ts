import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BraidError } from '../../protocol/errors.ts';
import type { Json } from '../../protocol/json.ts';
import type { Place } from './place.ts';

export interface ScriptArgs {
  args: Json | null;
  /** False when nothing was given: `args` is `undefined` in the script then (DW-04). */
  hasArgs: boolean;
  warnings: string[];
}

/**
 * `--args`: JSON text, `@file`, or `@-` for standard input; `{value}` from the library.
 *
 * @throws BraidError BRAID_ARGS_JSON with the place in the text, BRAID_FILE_MISSING.
 */
export async function readArgs(given: string | { value: Json } | undefined, place: Place): Promise<ScriptArgs> {
  if (given === undefined) return { args: null, hasArgs: false, warnings: [] };
  if (typeof given !== 'string') return unwrap(given.value);
  return unwrap(await readJson(given, '--args', place));
}

/** JSON that an option holds: its text, `@file`, or `@-`. Throws as {@link readArgs} does. */
export async function readJson(given: string, option: string, place: Place): Promise<Json> {
  const { text, origin } = await textOf(given, option, place);
  return parse(text, origin, option);
}

/** The text that an argument stands for: itself, a file's as `@file`, or standard input's as `@-`. */
export async function textOf(given: string, option: string, place: Place): Promise<{ text: string; origin: string }> {
  if (given === '@-') return { text: await place.stdin(), origin: 'standard input' };
  if (!given.startsWith('@')) return { text: given, origin: option };
  const file = given.slice(1);
  try {
    return { text: await readFile(resolve(place.cwd, file), 'utf8'), origin: file };
  } catch (cause) {
    throw new BraidError('BRAID_FILE_MISSING', `${option} names ${file}, which cannot be read (${codeOf(cause)}).`, {
      cause,
    });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

/** A model that fills in `args` often writes JSON into a string; scripts then read `undefined` from it (DW-04). */
function unwrap(value: Json): ScriptArgs {
  if (typeof value === 'string' && /^\s*[[{]/.test(value)) {
    try {
      const warnings = ['--args is a JSON string that holds JSON; it was parsed once more.'];
      return { args: JSON.parse(value) as Json, hasArgs: true, warnings };
    } catch {
      // A text that only begins like JSON is a text.
    }
  }
  return { args: value, hasArgs: true, warnings: [] };
}

function parse(text: string, origin: string, option: string): Json {
  const source = text.startsWith('\ufeff') ? text.slice(1) : text;
  try {
    return JSON.parse(source) as Json;
  } catch (cause) {
    const at = positionOf(cause, source);
    const message = `${origin} is no JSON at character ${at + 1}: ${shorten(source, at)}`;
    throw new BraidError('BRAID_ARGS_JSON', message, { fix: fixFor(source, origin, option), cause });
  }
}

function positionOf(error: unknown, text: string): number {
  const found = error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : undefined;
  if (found !== undefined) return Math.min(Number(found), text.length);
  // The engine gives no position when the text ends too early, and only a token when it is short.
  const token = error instanceof Error ? /^Unexpected token '(.)'/u.exec(error.message)?.[1] : undefined;
  const index = token === undefined ? -1 : text.indexOf(token);
  return index === -1 ? text.length : index;
}

function shorten(text: string, at: number): string {
  if (text.trim() === '') return 'it is empty';
  const from = Math.max(0, at - 30);
  const before = text.slice(from, at);
  const after = text.slice(at, at + 30);
  const window = `${before}⟨here⟩${after}`.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
  return `${from > 0 ? '…' : ''}${window}${at + 30 < text.length ? '…' : ''}`;
}

function fixFor(text: string, origin: string, option: string): string {
  if (origin !== option) return `Correct ${origin}.`;
  const word = text.trim();
  if (/^[\w .,:/-]+$/.test(word) && !/^[\d-]/.test(word))
    return `For a plain text write: ${option} '${JSON.stringify(word)}'`;
  if (/^\{\s*[\w$]+\s*:/.test(word)) {
    return `Quote keys and texts, and the whole for the shell: ${option} '{"key": "value"}'. Without outer quotes the shell eats the inner ones.`;
  }
  return `Quote it for the shell: ${option} '{"key": 1}', or put it into a file: ${option} @file.json.`;
}
