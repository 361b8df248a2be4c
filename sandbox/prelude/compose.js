import { say } from './bridge.js';
import { fault, kindOf, messageOf, optionFault } from './errors.js';
import { NativeArray, NativePromise, isArray, named, put, stringify } from './intrinsics.js';

/** DW-20: all at once, a barrier, never rejects for what a function does: a throw gives null at its index. */
export function makeParallel(maxItems) {
  return named('parallel', async (thunks) => {
    checkList('parallel', thunks, maxItems, '[() => agent(…), …]');
    for (let i = 0; i < thunks.length; i++)
      checkFunction(thunks[i], 'parallel() takes functions', 'item ' + i, '() => agent(…)');
    return await gather(thunks.length, async (i) => {
      try {
        const thunk = thunks[i];
        return await thunk();
      } catch (error) {
        noteNull('parallel[' + i + '] failed: ' + messageOf(error));
        return null;
      }
    });
  });
}

/** DW-21: each item walks all stages alone; a throw makes it null and skips its later stages. */
export function makePipeline(maxItems) {
  return named('pipeline', async function () {
    const items = arguments[0];
    const stages = arguments;
    checkList('pipeline', items, maxItems, 'pipeline(items, stage, …)');
    for (let s = 1; s < stages.length; s++) {
      checkFunction(stages[s], 'pipeline() takes functions as stages', 'stage ' + s, '(prev, item, index) => agent(…)');
    }
    const tally = { __proto__: null, passed: 0 };
    const results = await gather(items.length, (i) => walk(items[i], i, stages, tally));
    const { passed } = tally;
    if (passed > 0)
      noteNull(
        'pipeline: ' + passed + (passed === 1 ? ' null' : ' nulls') + ' passed on among ' + items.length + ' items',
      );
    return results;
  });
}

async function walk(item, index, stages, tally) {
  let value = item;
  for (let s = 1; s < stages.length; s++) {
    try {
      const stage = stages[s];
      value = await stage(value, item, index);
    } catch (error) {
      noteNull('pipeline[' + index + '] stage ' + s + ' failed: ' + messageOf(error));
      return null;
    }
    if (value === null) {
      tally.passed++;
      noteNull('pipeline[' + index + '] stage ' + s + ' gave null');
    }
  }
  return value;
}

/** Results of `one(0) … one(length - 1)` in this order, when the last of them is there. None of them rejects. */
function gather(length, one) {
  const results = new NativeArray(length);
  if (length === 0) return results;
  return new NativePromise((resolve) => {
    let open = length;
    const place = async (i) => {
      put(results, i, await one(i));
      if (--open === 0) resolve(results);
    };
    for (let i = 0; i < length; i++) place(i);
  });
}

function checkList(hook, list, maxItems, example) {
  if (!isArray(list)) throw optionFault(hook + '() takes an array, got ' + kindOf(list) + ': ' + example + '.');
  if (list.length > maxItems) {
    throw fault(
      'BRAID_TOO_MANY_ITEMS',
      hook +
        '() takes at most ' +
        maxItems +
        ' items, got ' +
        list.length +
        '. Walk the list in slices: ' +
        'for (let i = 0; i < items.length; i += ' +
        maxItems +
        ') { await ' +
        hook +
        '(items.slice(i, i + ' +
        maxItems +
        '), …) }',
    );
  }
}

function checkFunction(value, rule, place, example) {
  if (typeof value === 'function') return;
  const got = ': ' + place + ' is ' + kindOf(value) + '. Write ' + example;
  if (!(value instanceof NativePromise)) throw optionFault(rule + got + '.');
  throw optionFault(
    rule + ', not promises' + got + ' instead of agent(…), so that it starts when there is room for it.',
  );
}

/** DW-26: what became null says so. */
function noteNull(text) {
  say('log', '"level":"null","text":' + stringify(text));
}
