/** What is there without being declared: functions of the language, and the hooks of the dialect. */
import type { AnyNode } from 'acorn';
import type { Json } from '../../protocol/json.ts';
import { HOOKS, hookOf } from './hooks.ts';
import { itemsOf } from './lists.ts';
import type { Machine } from './machine.ts';
import {
  listOf,
  listOfLength,
  literal,
  maxOf,
  numberUpTo,
  objectOf,
  shownOf,
  text,
  toJson,
  fromJson,
  UNKNOWN,
  unknownLength,
  type List,
  type Value,
} from './values.ts';

const LANGUAGE = new Set([
  ...['Array', 'Object', 'Math', 'Promise', 'JSON', 'Set', 'Map', 'Number', 'String', 'Boolean', 'console', 'Error'],
  ...['setTimeout', 'structuredClone'],
]);

export function isNative(name: string): boolean {
  return LANGUAGE.has(name) || HOOKS.has(name);
}

export function native(machine: Machine, name: string, args: readonly Value[], at: AnyNode): Value {
  if (HOOKS.has(name)) return hookOf(machine, name, args, at);
  const [first = UNKNOWN, second] = args;
  switch (name) {
    case 'Array':
      return arrayOfLength(first);
    case 'Array.from':
      return second === undefined
        ? listFrom(first)
        : machine.each(listFrom(first), (item, index) => machine.call(second, [item, index], at));
    case 'Array.of':
      return listOf([...args]);
    case 'Object.keys':
    case 'Object.values':
    case 'Object.entries':
      return partsOf(first, name);
    case 'Object.assign':
    case 'Object.freeze':
    case 'structuredClone':
      return first;
    case 'Promise.all':
    case 'Promise.allSettled':
      return itemsOf(first, 'promises');
    case 'Promise.race':
    case 'Promise.any':
      return itemsOf(first, 'promises').each;
    case 'Promise.resolve':
      return first;
    case 'JSON.stringify':
      return json(first);
    case 'JSON.parse':
      return parsed(first);
    case 'String':
      return text(shownOf(first));
    case 'Number':
      return first.kind === 'literal' ? literal(Number(first.value)) : numberUpTo(maxOf(first));
    case 'Boolean':
      return UNKNOWN;
    case 'setTimeout':
      return machine.call(first, args.slice(2), at);
    default:
      return name.startsWith('Math.') ? mathOf(name.slice(5), args) : called(machine, args, at);
  }
}

export function construct(machine: Machine, name: string, args: readonly Value[], at: AnyNode): Value {
  const born = machine.frame.factor;
  const [first] = args;
  if (name === 'Array') return arrayOfLength(first ?? literal(0));
  if (name === 'Set' || name === 'Map') {
    if (first === undefined) return { ...listOf([]), born };
    const { each, length } = itemsOf(first, '');
    return { ...listOfLength(each, { ...length, exact: false }), born };
  }
  if (name !== 'Promise' || first === undefined) return UNKNOWN;
  machine.call(first, [UNKNOWN, UNKNOWN], at);
  return UNKNOWN;
}

/** Functions that are given away may be called. */
function called(machine: Machine, args: readonly Value[], at: AnyNode): Value {
  for (const arg of args) if (arg.kind === 'closure') machine.maybe(() => machine.call(arg, [UNKNOWN, UNKNOWN], at));
  return UNKNOWN;
}

function arrayOfLength(length: Value): List {
  if (length.kind === 'literal' && typeof length.value !== 'number') return listOf([length]);
  const max = maxOf(length);
  return listOfLength(UNKNOWN, max === null ? unknownLength('') : { max, exact: length.kind === 'literal', what: '' });
}

/** `{length: n}` as well. */
function listFrom(value: Value): List {
  const length = value.kind === 'object' ? value.members.get('length') : undefined;
  return length === undefined ? itemsOf(value, '') : arrayOfLength(length);
}

function partsOf(value: Value, name: string): List {
  if (value.kind !== 'object' || value.open) {
    const what = value.kind === 'data' ? value.what : '';
    const each =
      name === 'Object.entries' ? listOf([text('…'), UNKNOWN]) : name === 'Object.keys' ? text('…') : UNKNOWN;
    return listOfLength(each, unknownLength(what));
  }
  const entries = [...value.members];
  if (name === 'Object.keys') return listOf(entries.map(([key]) => literal(key)));
  if (name === 'Object.values') return listOf(entries.map(([, member]) => member));
  return listOf(entries.map(([key, member]) => listOf([literal(key), member])));
}

function json(value: Value): Value {
  const known = toJson(value);
  return known === undefined ? text('…') : literal(JSON.stringify(known).slice(0, 20_000));
}

function parsed(value: Value): Value {
  if (value.kind !== 'literal' || typeof value.value !== 'string') return UNKNOWN;
  try {
    return fromJson(JSON.parse(value.value) as Json);
  } catch {
    return UNKNOWN;
  }
}

function mathOf(name: string, args: readonly Value[]): Value {
  const bounds = args.map(maxOf);
  const known = args.every(({ kind }) => kind === 'literal') && bounds.every((bound) => bound !== null);
  const numbers = bounds.filter((bound) => bound !== null);
  if (name === 'min') {
    // One bound is enough.
    if (numbers.length === 0) return numberUpTo(null);
    return known ? literal(Math.min(...numbers)) : numberUpTo(Math.min(...numbers));
  }
  if (numbers.length < bounds.length) return numberUpTo(null);
  if (name === 'max') return known ? literal(Math.max(...numbers)) : numberUpTo(Math.max(...numbers));
  const [first = 0] = numbers;
  const round = { ceil: Math.ceil, floor: Math.floor, round: Math.round, trunc: Math.trunc }[name];
  if (round === undefined) return numberUpTo(null);
  return known ? literal(round(first)) : numberUpTo(round(first));
}

/** The variables of a script that nobody declares. */
export function budgetOf(total: number | null): Value {
  return objectOf([['total', literal(total)]], true);
}
