import { NativeError, NativeTypeError, put, slice, stringify, NativeString } from './intrinsics.js';

const MAX_MESSAGE = 8_000;
const MAX_STACK = 4_000;

/** An error of the dialect. `code` is one of Braid's. */
export function fault(code, message) {
  return coded(new NativeError(message), code);
}

export function optionFault(message) {
  return coded(new NativeTypeError(message), 'BRAID_OPTION');
}

/** Makes the error that was created at a call say what became of the call: its stack is the caller's. */
export function faultAt(site, error) {
  put(site, 'message', error.message, false);
  return coded(site, error.code);
}

/** One line for a thrown thing, whatever it is. */
export function messageOf(thrown) {
  try {
    if (typeof thrown === 'object' && thrown !== null && typeof thrown.message === 'string')
      return short(thrown.message);
    return short(typeof thrown === 'string' ? thrown : (stringify(thrown) ?? NativeString(thrown)));
  } catch {
    return 'an error that cannot be shown';
  }
}

/**
 * A thrown thing as the text of a GuestError. Reads of a hostile object may throw or lie; the host checks the types. Only
 * strings go through JSON: this engine's JSON uses an array of its own for objects, and a setter on Array.prototype would
 * make even the report of an error throw.
 */
export function errorText(thrown) {
  let name = 'Error';
  let stack = '';
  let code;
  const message = messageOf(thrown);
  try {
    if (typeof thrown === 'object' && thrown !== null) {
      if (typeof thrown.name === 'string') name = short(thrown.name);
      if (typeof thrown.code === 'string') code = short(thrown.code);
      if (typeof thrown.stack === 'string') stack = slice(thrown.stack, 0, MAX_STACK);
    }
  } catch {
    // What could be read before stands.
  }
  const known = '{"name":' + quote(name) + ',"message":' + quote(message) + ',"stack":' + quote(stack);
  return code === undefined ? known + '}' : known + ',"code":' + quote(code) + '}';
}

/** Text of a string; a getter that answers differently each time cannot make it anything else. */
function quote(value) {
  return typeof value === 'string' ? stringify(value) : '""';
}

/** What a value is, for messages: `a Promise`, `an array`, `null`. */
export function kindOf(value) {
  if (value === null || value === undefined) return NativeString(value);
  if (typeof value !== 'object') return typeof value === 'function' ? 'a function' : 'a ' + typeof value;
  try {
    const { name } = value.constructor;
    return name === 'Array' ? 'an array' : name === 'Object' ? 'an object' : 'a ' + short(NativeString(name));
  } catch {
    return 'an object';
  }
}

function coded(error, code) {
  put(error, 'code', code);
  return error;
}

function short(text) {
  return text.length > MAX_MESSAGE ? slice(text, 0, MAX_MESSAGE) + '…' : text;
}
