/**
 * The check that every script passes before it runs (DW-02).
 *
 *  K1  What passes parses by itself as the body of an async sloppy-mode function, so nothing in it can close the wrapper
 *      that the sandbox puts around it.
 *  K2  Every line and column of the checked source is the user's own: what must go is blanked by spaces, never cut.
 *  K3  Rules look at syntax, never at text: words in strings, templates and comments trip nothing (DW-06).
 *  K4  Time is bounded for any source, and every failure is a typed error with place, frame and fix.
 */
import { BraidError } from '../../protocol/errors.ts';
import type { JsonObject } from '../../protocol/json.ts';
import { KIB, LIMITS } from '../../protocol/limits.ts';
import { refuseForbidden } from './forbidden.ts';
import { readMeta } from './meta.ts';
import { findNondeterminism } from './nondeterminism.ts';
import { parseScript } from './parse.ts';
import { prepareSource } from './prepare.ts';
import { ScriptText } from './script-text.ts';
import { surveyOf } from './survey.ts';

/** A script that may run. */
export interface CheckedScript {
  /** The source for the sandbox: BOM, hashbang and fences gone, the `export` of meta blanked, places unchanged. */
  source: string;
  /** `meta` as data; null when the script has none. */
  meta: JsonObject | null;
  /** `meta.name`, else the file's name without its extension. */
  name: string;
  /** Things that do not stop the run, in words for people. */
  warnings: string[];
}

/**
 * Checks a script of the dialect. `file` is the name for messages; it is not opened.
 *
 * @throws BraidError BRAID_SCRIPT_SYNTAX, BRAID_SCRIPT_META, BRAID_SCRIPT_FORBIDDEN, BRAID_SCRIPT_TOO_LARGE; all but the
 * last with `at: {line, column, frame}`.
 */
export function checkScript(source: string, options: { file: string }): CheckedScript {
  refuseTooLarge(source, options.file);
  const prepared = prepareSource(source);
  const text = new ScriptText(prepared.source, options.file);
  const program = parseScript(text);
  const survey = surveyOf(program);
  const meta = readMeta(text, program);
  refuseForbidden(text, survey, meta.declaration);
  return {
    source: meta.blank === null ? text.source : blankRange(text.source, meta.blank),
    meta: meta.value,
    name: meta.name ?? nameOfFile(options.file),
    warnings: [...prepared.warnings, ...meta.warnings, ...findNondeterminism(text, survey)],
  };
}

/** The name of a script without `meta`: its file's, without folder and extension. */
function nameOfFile(file: string): string {
  const base = file.split(/[\\/]/).pop() ?? '';
  return base.replace(/(?<=.)\.[cm]?[jt]s$/, '') || 'script';
}

function refuseTooLarge(source: string, file: string): void {
  const bytes = utf8Length(source);
  if (bytes <= LIMITS.scriptBytes) return;
  const kib = Math.ceil(bytes / KIB);
  throw new BraidError(
    'BRAID_SCRIPT_TOO_LARGE',
    `${file} has ${kib} KiB; a script may have ${LIMITS.scriptBytes / KIB} KiB.`,
  );
}

/** Counted by hand: this also runs where there is no Buffer. */
function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x800) bytes += unit >= 0xd800 && unit <= 0xdfff ? 1 : 2;
    else if (unit >= 0x80) bytes += 1;
  }
  return bytes;
}

function blankRange(source: string, range: { start: number; end: number }): string {
  const blank = source.slice(range.start, range.end).replace(/[^\r\n]/g, ' ');
  return source.slice(0, range.start) + blank + source.slice(range.end);
}
