/**
 * Questions that the host answers at once: operations on the session's texts.
 *
 *  H1  `read` gets characters as they are, without a copy in the guest: the reply is the text itself. Where it cannot be
 *      (a NUL, half a surrogate pair, an error) the reply is undefined, and `take` gets it as JSON.
 *  H2  All other replies are JSON: `{"value": …}` or `{"error": {code, message}}`.
 */
import { fault } from '../prelude/errors.js';
import { parseJson } from './intrinsics.js';

let post;

export function connectHost(hostFunction) {
  post = hostFunction;
}

/** Characters [start, end) of text `doc`. */
export function read(doc, start, end) {
  const raw = post('{"type":"read","of":[' + doc + ',' + start + ',' + end + ']}');
  return raw === undefined ? valueOf(post('{"type":"take"}')) : raw;
}

/** `argsText`: JSON texts of the arguments, without brackets. */
export function ask(op, doc, start, end, argsText) {
  return valueOf(
    post('{"type":"text","op":"' + op + '","of":[' + doc + ',' + start + ',' + end + '],"args":[' + argsText + ']}'),
  );
}

function valueOf(reply) {
  const { value, error } = parseJson(reply);
  if (error !== undefined) throw fault(error.code, error.message);
  return value;
}
