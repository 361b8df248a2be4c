/**
 * Prompts, questions and contexts of calls as JSON texts. A text by reference crosses as `{"$text":[doc,start,end]}`: passing
 * 100 MB on costs as much as passing a word (RL-43).
 */
import { kindOf, optionFault } from '../prelude/errors.js';
import { isFile, spanOf } from './context.js';
import { add, isArray, stringify } from './intrinsics.js';
import { commas, plainText } from './plain.js';

/** A string, a text, a file, or an array of these, as an array of JSON texts; `what` names it in messages. */
function piecesOf(value, what) {
  const pieces = [];
  if (isArray(value)) for (let i = 0; i < value.length; i++) add(pieces, pieceOf(value[i], what + '[' + i + ']'));
  else add(pieces, pieceOf(value, what));
  return pieces;
}

function pieceOf(value, what) {
  const text = textPiece(value);
  if (text === null) throw optionFault(what + ' is a string, a text, or an array of these, got ' + kindOf(value) + '.');
  return text;
}

/** JSON text of a string or of a reference, or null. */
function textPiece(value) {
  if (typeof value === 'string') return stringify(value);
  const span = spanOf(value);
  return span === null ? null : '{"$text":[' + span[0] + ',' + span[1] + ',' + span[2] + ']}';
}

/** The prompt with more content behind it. */
export function promptText(prompt, content, what) {
  const pieces = piecesOf(prompt, what);
  if (content !== undefined && content !== null) {
    add(pieces, '"\\n\\n"');
    const more = piecesOf(content, 'the content of ' + what);
    for (let i = 0; i < more.length; i++) add(pieces, more[i]);
  }
  return pieces.length === 1 ? pieces[0] : '[' + commas(pieces) + ']';
}

/** The context of a recursive call: texts with names, or a value. */
export function contextText(context) {
  if (context === undefined || context === null) return 'null';
  const whole = textPiece(context);
  if (whole !== null) return '{"texts":[{"name":"context","text":' + whole + '}]}';
  if (!isArray(context) || context.length === 0) return '{"value":' + plainText(context, 'context') + '}';
  const texts = [];
  for (let i = 0; i < context.length; i++) {
    const entry = entryText(context[i], i);
    if (entry === null) return '{"value":' + plainText(context, 'context') + '}';
    add(texts, entry);
  }
  return '{"texts":[' + commas(texts) + ']}';
}

/** A string, a text, a file, or `{name, text}`; null for anything else. */
function entryText(entry, index) {
  if (typeof entry !== 'object' || entry === null || (spanOf(entry) !== null && !isFile(entry))) {
    const text = textPiece(entry);
    return text === null ? null : '{"name":"part ' + (index + 1) + '","text":' + text + '}';
  }
  const text = isFile(entry) ? textPiece(entry) : textPiece(entry.text);
  if (text === null || typeof entry.name !== 'string') return null;
  return '{"name":' + stringify(entry.name) + ',"text":' + text + '}';
}
