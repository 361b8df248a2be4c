/**
 * Text from scripts, models and file names is hostile: it may move the cursor, rewrite the title, or hide itself. Everything a
 * terminal shows goes through here.
 */
import { stripVTControlCharacters } from 'node:util';

/** Longer text is cut before it is looked at: no screen shows it, and patterns over megabytes cost time. */
const ONE_LINE_CHARS = 2_000;

/** Characters that show nothing and change how their neighbours show: controls, bidirectional marks, tags, separators. */
const INVISIBLE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** Text in which only line feeds and tabs are left of all control characters. */
export function safeText(text: string): string {
  return stripVTControlCharacters(text.toWellFormed())
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(INVISIBLE, '');
}

/** The same as one line: white space of any kind becomes one blank. */
export function safeLine(text: string): string {
  const cut = text.length > ONE_LINE_CHARS ? `${text.slice(0, ONE_LINE_CHARS)}…` : text;
  return safeText(cut).replace(/\s+/gu, ' ').trim();
}
