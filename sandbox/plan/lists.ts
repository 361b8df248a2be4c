/** Methods of arrays, sets and maps. */
import type { Called } from './called.ts';
import type { Machine } from './machine.ts';
import {
  join,
  listOf,
  listOfLength,
  maxOf,
  numberUpTo,
  text,
  truthOf,
  UNKNOWN,
  unknownLength,
  upTo,
  type Length,
  type List,
  type Value,
} from './values.ts';

export function listMethod(machine: Machine, list: List, name: string, called: Called): Value | null {
  const { args, at } = called;
  const [first = UNKNOWN] = args;
  const visit = (): List => machine.each(list, (item, index) => machine.call(first, [item, index, list], at));
  switch (name) {
    case 'map':
      return visit();
    case 'forEach':
      return (visit(), UNKNOWN);
    case 'flatMap':
      return flat(visit());
    case 'filter':
      return filter(list, visit(), first, called.what);
    case 'flat':
      return flat(list);
    case 'some':
    case 'every':
    case 'findIndex':
      return (visit(), UNKNOWN);
    case 'find':
    case 'findLast':
      return (visit(), list.each);
    case 'reduce':
    case 'reduceRight':
      return reduce(machine, list, called);
    case 'slice':
      return slice(list, args);
    case 'concat':
      return args.reduce<List>((all, arg) => concat(all, arg), list);
    case 'push':
    case 'unshift':
    case 'add':
      return (grow(machine, list, listOf([...args])), list);
    case 'set':
      return (grow(machine, list, listOf(args.slice(1))), list);
    case 'splice':
      return (
        Object.assign(list, { items: null, length: upTo(list.length) }), listOfLength(list.each, upTo(list.length))
      );
    case 'pop':
    case 'shift':
      return (Object.assign(list, { items: null, length: upTo(list.length) }), list.each);
    default:
      return plain(list, name);
  }
}

function plain(list: List, name: string): Value | null {
  switch (name) {
    case 'entries':
      return pairs(list);
    case 'keys':
      return listOfLength(numberUpTo(null), list.length);
    case 'sort':
    case 'toSorted':
    case 'reverse':
    case 'toReversed':
      return list.items === null ? list : listOfLength(list.each, list.length);
    case 'values':
    case 'fill':
      return list;
    case 'at':
    case 'get':
      return list.each;
    case 'join':
      return text('…');
    default:
      return UNKNOWN;
  }
}

function pairs({ items, each, length }: List): List {
  if (items !== null) return listOf(items.map((item, index) => listOf([{ kind: 'literal', value: index }, item])));
  return listOfLength(listOf([numberUpTo(null), each]), length);
}

/** Which ones stay is known only where the function says it of each. */
function filter(list: List, kept: List, test: Value, what: string): List {
  if (test.kind === 'native') return listOfLength(list.each, upTo({ ...list.length, what: list.length.what || what }));
  const truths = kept.items?.map(truthOf) ?? [null];
  if (list.items !== null && truths.length === list.items.length && !truths.includes(null))
    return listOf(list.items.filter((_, index) => truths[index] === true));
  return listOfLength(list.each, upTo({ ...list.length, what: list.length.what || what }));
}

function reduce(machine: Machine, list: List, { args, at }: Called): Value {
  const [step = UNKNOWN, start] = args;
  let sum = start ?? list.each;
  machine.each(list, (item, index) => {
    const next = machine.call(step, [sum, item, index, list], at);
    sum = list.items !== null ? next : join(sum, next);
    return sum;
  });
  return sum.kind === 'list' && list.items === null
    ? { ...sum, items: null, length: unknownLength(list.length.what) }
    : sum;
}

function slice(list: List, args: readonly Value[]): List {
  const [from, to] = args.map((arg) => (arg.kind === 'literal' && typeof arg.value === 'number' ? arg.value : null));
  if (list.items !== null && from !== null && to !== null) return listOf(list.items.slice(from, to));
  const end = args[1] === undefined ? null : maxOf(args[1]);
  const { max } = list.length;
  if (end === null || end < 0) return listOfLength(list.each, upTo(list.length));
  const start = typeof from === 'number' && from > 0 ? from : 0;
  const most = Math.max(0, Math.ceil(end) - start);
  const length: Length = { ...list.length, max: max === null ? most : Math.min(max, most), exact: false };
  return listOfLength(list.each, length);
}

/** One list behind the other; what is no list is an item. */
export function concat(all: List, added: Value): List {
  if (added.kind !== 'list') return concat(all, listOf([added]));
  if (all.items !== null && added.items !== null) return listOf([...all.items, ...added.items]);
  const each = all.length.max === 0 ? added.each : added.length.max === 0 ? all.each : join(all.each, added.each);
  return listOfLength(each, sumOf(all.length, added.length));
}

/** One level deep. */
function flat(list: List): List {
  if (list.items !== null)
    return list.items.reduce<List>(
      (all, item) => concat(all, item.kind === 'data' ? open(item.what) : item),
      listOf([]),
    );
  const { each, length } = list;
  if (each.kind === 'data') return open(each.what || length.what);
  if (each.kind !== 'list') return list;
  const max = length.max === null || each.length.max === null ? null : length.max * each.length.max;
  const what = each.length.max === null ? each.length.what : length.what;
  return listOfLength(each.each, { max, exact: length.exact && each.length.exact, what });
}

function open(what: string): List {
  return listOfLength(UNKNOWN, unknownLength(what));
}

/** Lists that grow are walked later with what they hold then: in a loop as many as it has turns. */
export function grow(machine: Machine, list: List, added: List): void {
  const { factor, sure } = machine.frame;
  if (sure && list.items !== null && added.items !== null)
    return void Object.assign(list, listOf([...list.items, ...added.items]));
  const each = list.length.max === 0 ? added.each : join(list.each, added.each);
  const born = list.born ?? { times: 1, of: [], exact: true };
  const turns = factor.times / Math.max(1, born.times);
  const [unknown] = factor.of.slice(born.of.length);
  const { max, what } = list.length;
  const length: Length =
    unknown !== undefined || max === null || added.length.max === null
      ? unknownLength(unknown ?? (added.length.what || what))
      : { max: max + added.length.max * turns, exact: false, what };
  Object.assign(list, { items: null, each, length });
}

function sumOf(a: Length, b: Length): Length {
  if (a.max === null || b.max === null) return unknownLength(a.max === null ? a.what : b.what);
  return { max: a.max + b.max, exact: a.exact && b.exact, what: a.what || b.what };
}

/** Items of a value that is walked by `for … of`, `Array.from` or a spread. */
export function itemsOf(value: Value, what: string): List {
  if (value.kind === 'list') return value;
  if (value.kind === 'literal' && typeof value.value === 'string')
    return listOfLength(text('…'), { max: value.value.length, exact: true, what });
  return listOfLength(value.kind === 'data' ? { ...value, schema: null } : UNKNOWN, unknownLength(what));
}
