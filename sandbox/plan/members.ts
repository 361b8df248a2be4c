/** Members and methods of lists, texts and data. */
import { isJsonObject, type Json, type JsonObject } from '../../protocol/json.ts';
import { listMethod } from './lists.ts';
import type { Called } from './called.ts';
import type { Machine } from './machine.ts';
import {
  data,
  isText,
  listOf,
  listOfLength,
  literal,
  numberUpTo,
  shownOf,
  text,
  UNDEFINED,
  UNKNOWN,
  unknownLength,
  type Value,
} from './values.ts';

/** `key` null: which one is not known. `what`: the whole expression for people. */
export function memberOf(value: Value, key: string | null, what: string): Value {
  if (value.kind === 'list') {
    if (key === 'length' || key === 'size') {
      const { max, exact } = value.length;
      return max !== null && exact ? literal(max) : numberUpTo(max);
    }
    if (key === null) return value.each;
    return /^\d+$/.test(key) ? itemOf(value, Number(key)) : UNKNOWN;
  }
  if (value.kind === 'object') {
    const member = key === null ? undefined : value.members.get(key);
    return member ?? (value.open || key === null ? data(what) : UNDEFINED);
  }
  if (value.kind === 'literal' && typeof value.value === 'string' && key === 'length')
    return literal(value.value.length);
  if (value.kind === 'literal') return isText(value) ? UNKNOWN : UNDEFINED;
  if (value.kind === 'native') return { kind: 'native', name: `${value.name}.${key ?? ''}` };
  if (value.kind === 'data') return part(value.schema, key, what);
  return key === 'length' ? numberUpTo(null) : UNKNOWN;
}

function itemOf(list: Value & { kind: 'list' }, index: number): Value {
  if (list.items !== null) return list.items[index] ?? UNDEFINED;
  return list.each;
}

/** What a schema says of a member. */
function part(schema: JsonObject | null, key: string | null, what: string): Value {
  const properties = schema?.['properties'];
  const inner = key !== null && isJsonObject(properties) ? properties[key] : undefined;
  return ofSchema(inner, what);
}

/** A value of which only the schema is known. */
export function ofSchema(schema: Json | undefined, what: string): Value {
  if (!isJsonObject(schema)) return data(what);
  const { type, items, maxItems, enum: choices } = schema;
  if (type === 'array') {
    const length = typeof maxItems === 'number' ? { max: maxItems, exact: false, what } : unknownLength(what);
    return listOfLength(ofSchema(items, what), length);
  }
  if (type === 'number' || type === 'integer') {
    const { maximum } = schema;
    return numberUpTo(typeof maximum === 'number' ? maximum : null);
  }
  if (type === 'string' && choices === undefined) return text('…');
  return data(what, schema);
}

/** Null: it is no method of the language. */
export function methodOf(machine: Machine, object: Value, name: string, called: Called): Value | null {
  const { args, at } = called;
  const [first] = args;
  if (name === 'then' || name === 'catch' || name === 'finally') return chained(machine, object, name, called);
  if (name === 'call' && isFunction(object)) return machine.call(object, args.slice(1), at);
  if (name === 'apply' && isFunction(object)) return machine.call(object, first === undefined ? [] : [UNKNOWN], at);
  if (object.kind === 'list') return listMethod(machine, object, name, called);
  if (isText(object)) return textMethod(object, name, called);
  // Of data that is walked like a list nobody knows how long it is.
  if (object.kind === 'data' && (WALKS.has(name) || args.some((arg) => arg.kind === 'closure'))) {
    const list = listOfLength(data(called.what), unknownLength(called.what));
    return listMethod(machine, list, name, called);
  }
  return null;
}

const WALKS = new Set(['map', 'flatMap', 'filter', 'slice', 'concat', 'flat', 'entries', 'keys', 'values', 'toSorted']);

function isFunction({ kind }: Value): boolean {
  return kind === 'closure' || kind === 'native';
}

/** A promise is what it gives. */
function chained(machine: Machine, object: Value, name: string, { args, at }: Called): Value {
  const [first, second] = args;
  if (name === 'then') {
    if (second !== undefined) machine.maybe(() => machine.call(second, [UNKNOWN], at));
    return first === undefined || !isFunction(first) ? object : machine.call(first, [object], at);
  }
  if (first === undefined) return object;
  if (name === 'catch') machine.maybe(() => machine.call(first, [UNKNOWN], at));
  else machine.call(first, [], at);
  return object;
}

function textMethod(object: Value, name: string, { args, what }: Called): Value {
  const whole = object.kind === 'literal' ? String(object.value) : null;
  const [first] = args;
  if (name === 'split') {
    const by = first?.kind === 'literal' && typeof first.value === 'string' ? first.value : null;
    if (whole !== null && by !== null) return listOf(whole.split(by).map(literal));
    return listOfLength(text('…'), unknownLength(what));
  }
  if (name === 'match' || name === 'matchAll') return listOfLength(UNKNOWN, unknownLength(what));
  if (whole !== null && name === 'trim') return literal(whole.trim());
  if (whole !== null && name === 'toUpperCase') return literal(whole.toUpperCase());
  if (whole !== null && name === 'toLowerCase') return literal(whole.toLowerCase());
  if (['includes', 'startsWith', 'endsWith', 'indexOf', 'charCodeAt', 'localeCompare'].includes(name)) return UNKNOWN;
  if (['slice', 'substring', 'replace', 'replaceAll', 'padStart', 'padEnd', 'repeat', 'concat', 'trim'].includes(name))
    return text(name === 'slice' ? `${shownOf(object).slice(0, 60)}…` : '…');
  return UNKNOWN;
}
