import { call } from './bridge.js';
import { kindOf, optionFault } from './errors.js';
import { NativeError, named, plain, stringify } from './intrinsics.js';

/** What `call()` takes, each with what it is: `[{name, kind, description}]`. */
export const agents = named('agents', async () => await call('describe', 'null', new NativeError('')));

/** One of these, with its prompt, what it takes, and what calls of it have cost so far. */
export const describe = named('describe', async (name) => {
  const given = plain(name);
  if (typeof given === 'string' && given !== '') return await call('describe', stringify(given), new NativeError(''));
  throw optionFault(
    'describe() takes a name that agents() lists, got ' + (given === '' ? 'an empty one' : kindOf(given)) + '.',
  );
});
