import { fault, messageOf } from './errors.js';
import { isArray, ownKeys, stringify } from './intrinsics.js';

/** JSON text of a value that the script hands out; undefined becomes `null`. `what` begins the path in messages. */
export function textOf(value, what) {
  let text;
  try {
    text = stringify(value);
  } catch (error) {
    const path = obstacle(value, what, []);
    throw fault('BRAID_SCRIPT_VALUE', path ?? what + ' cannot be written as JSON: ' + messageOf(error) + '.');
  }
  return text ?? 'null';
}

/** What JSON made of a value without saying so, or null. */
export function lossOf(value) {
  if (typeof value === 'function' || typeof value === 'symbol')
    return 'The script returned a ' + typeof value + '; the result is null.';
  if ((value instanceof Map || value instanceof Set) && value.size > 0) {
    return 'The script returned a Map or a Set, which JSON writes as {}. Return [...it] or Object.fromEntries(it).';
  }
  return null;
}

/** Names the place of a cycle or a BigInt. Searched only after JSON refused the value. */
function obstacle(value, path, above) {
  if (typeof value === 'bigint') return path + ' is a BigInt, which JSON cannot hold: use Number() or String().';
  if (typeof value !== 'object' || value === null) return null;
  for (let i = 0; i < above.length; i++) {
    if (above[i] === value) return path + ' is a cycle: the object contains itself.';
  }
  const chain = { __proto__: null, length: above.length + 1 };
  for (let i = 0; i < above.length; i++) chain[i] = above[i];
  chain[above.length] = value;
  return obstacleBelow(value, path, chain);
}

function obstacleBelow(value, path, above) {
  try {
    const keys = ownKeys(value);
    for (let i = 0; i < keys.length; i++) {
      if (typeof keys[i] === 'symbol') continue;
      const found = obstacle(value[keys[i]], isArray(value) ? path + '[' + keys[i] + ']' : path + '.' + keys[i], above);
      if (found !== null) return found;
    }
  } catch {
    // A getter or Proxy trap of the script's: the caller's general message is all there is to say.
  }
  return null;
}
