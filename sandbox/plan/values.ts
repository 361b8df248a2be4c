/** What the outline of a plan knows of a value: as much as decides how often something is called, and how it is named. */
import type { ArrowFunctionExpression, Class, Function as FunctionNode } from 'acorn';
import { isJsonObject, type Json, type JsonObject } from '../../protocol/json.ts';
import { PLAN } from '../../protocol/limits.ts';
import type { Factor } from './frame.ts';
import type { Scope } from './scope.ts';

/** `max`: null when nothing bounds it. `exact`: it is `max`, not less. `what`: what it is the length of, for people. */
export interface Length {
  max: number | null;
  exact: boolean;
  what: string;
}

export interface List {
  kind: 'list';
  /** Every item, when each is known by itself. */
  items: Value[] | null;
  /** What stands for any item. */
  each: Value;
  length: Length;
  /** How often what made it happens. */
  born?: Factor;
}

export interface Closure {
  kind: 'closure';
  node: FunctionNode | ArrowFunctionExpression;
  scope: Scope;
  self: Value | null;
}

export type Value =
  | { kind: 'literal'; value: string | number | boolean | null | undefined }
  /** A number that is at most `max`. */
  | { kind: 'number'; max: number | null }
  /** A text with `…` in place of what is not known. */
  | { kind: 'text'; shown: string }
  | List
  /** `open`: it may have other members. */
  | { kind: 'object'; members: Map<string, Value>; open: boolean }
  | Closure
  | { kind: 'class'; node: Class; scope: Scope }
  /** A function of the dialect or of the language. */
  | { kind: 'native'; name: string }
  /** Anything else; `schema` when it is known what shape it has, `what` says where it comes from. */
  | { kind: 'data'; schema: JsonObject | null; what: string };

export const UNDEFINED: Value = { kind: 'literal', value: undefined };
export const UNKNOWN: Value = { kind: 'data', schema: null, what: '' };

export const literal = (value: string | number | boolean | null | undefined): Value => ({ kind: 'literal', value });
export const text = (shown: string): Value => ({ kind: 'text', shown });
export const data = (what: string, schema: JsonObject | null = null): Value => ({ kind: 'data', schema, what });
export const numberUpTo = (max: number | null): Value => ({ kind: 'number', max });

export function listOf(items: Value[]): List {
  return {
    kind: 'list',
    items: items.length > PLAN.listed ? null : items,
    each: items.length === 0 ? UNKNOWN : items.slice(0, PLAN.listed).reduce(join),
    length: { max: items.length, exact: true, what: '' },
  };
}

export function listOfLength(each: Value, length: Length): List {
  return { kind: 'list', items: null, each, length };
}

export function objectOf(members: Iterable<[string, Value]>, open = false): Value {
  return { kind: 'object', members: new Map(members), open };
}

export function fromJson(json: Json | undefined): Value {
  if (Array.isArray(json)) return listOf(json.map(fromJson));
  if (isJsonObject(json)) return objectOf(Object.entries(json).map(([key, value]) => [key, fromJson(value)]));
  return literal(json);
}

/** The value as JSON; undefined when a part of it is not known. */
export function toJson(value: Value): Json | undefined {
  if (value.kind === 'literal') return value.value;
  if (value.kind === 'list') {
    const items = value.items?.map(toJson) ?? [undefined];
    return items.every((item) => item !== undefined) ? items : undefined;
  }
  if (value.kind !== 'object' || value.open) return undefined;
  const members: JsonObject = {};
  for (const [name, member] of value.members) {
    const json = toJson(member);
    if (json === undefined || name === '__proto__') return undefined;
    members[name] = json;
  }
  return members;
}

/** Null: either. */
export function truthOf(value: Value): boolean | null {
  if (value.kind === 'literal') return Boolean(value.value);
  if (value.kind === 'number' || value.kind === 'data') return null;
  if (value.kind === 'text') return value.shown.replaceAll('…', '') === '' ? null : true;
  return true;
}

/** What either of two values may be; of lists the longer one, and what is there rather than what is missing: bounds are upper ones. */
export function join(a: Value, b: Value): Value {
  if (a === b) return a;
  if (isMissing(a)) return b;
  if (isMissing(b)) return a;
  if (a.kind === 'literal' && b.kind === 'literal' && a.value === b.value) return a;
  if (a.kind === 'list' && b.kind === 'list') return joinLists(a, b);
  if (isNumber(a) && isNumber(b)) return numberUpTo(higher(maxOf(a), maxOf(b)));
  if (isText(a) && isText(b)) return text(commonText(shownOf(a), shownOf(b)));
  if (a.kind === 'object' && b.kind === 'object') {
    const names = [...a.members.keys()].filter((name) => b.members.has(name));
    return objectOf(
      names.map((name) => [name, join(a.members.get(name) ?? UNKNOWN, b.members.get(name) ?? UNKNOWN)]),
      true,
    );
  }
  if (a.kind === 'list' && b.kind === 'data') return { ...a, items: null, length: unknownLength(b.what) };
  if (b.kind === 'list' && a.kind === 'data') return join(b, a);
  if (a.kind === 'data' && b.kind === 'data') return data(a.what === '' ? b.what : a.what);
  return a.kind === 'closure' || a.kind === 'native' ? a : UNKNOWN;
}

export function unknownLength(what: string): Length {
  return { max: null, exact: false, what };
}

/** As many at most. */
export function upTo(length: Length): Length {
  return { ...length, exact: false };
}

export function maxOf(value: Value): number | null {
  if (value.kind === 'literal') return typeof value.value === 'number' ? value.value : null;
  return value.kind === 'number' ? value.max : null;
}

/** The value as a part of a text. */
export function shownOf(value: Value): string {
  if (value.kind === 'literal') return String(value.value);
  return value.kind === 'text' ? value.shown : '…';
}

/** A text that doubles in every step must not fill the memory: of a long one the start is enough. */
export function clipped(value: Value): Value {
  const shown = isText(value) ? shownOf(value) : '';
  return shown.length <= 20_000 ? value : text(`${shown.slice(0, 20_000)}…`);
}

export function isText(value: Value): boolean {
  return value.kind === 'text' || (value.kind === 'literal' && typeof value.value === 'string');
}

export function isNumber(value: Value): boolean {
  return value.kind === 'number' || (value.kind === 'literal' && typeof value.value === 'number');
}

function isMissing(value: Value): boolean {
  return value.kind === 'literal' && (value.value === undefined || value.value === null);
}

function joinLists(a: List, b: List): List {
  const max = higher(a.length.max, b.length.max);
  const longer = max === a.length.max ? a : b;
  const same = a.length.max === b.length.max && a.length.exact && b.length.exact;
  const each = a.length.max === 0 ? b.each : b.length.max === 0 ? a.each : join(a.each, b.each);
  return listOfLength(each, { max, exact: same, what: longer.length.what });
}

function higher(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : Math.max(a, b);
}

/** What two texts have in common at their start and at their end. */
function commonText(a: string, b: string): string {
  if (a === b) return a;
  let start = 0;
  while (start < Math.min(a.length, b.length) && a[start] === b[start]) start += 1;
  let end = 0;
  const most = Math.min(a.length, b.length) - start;
  while (end < most && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  return `${a.slice(0, start)}…${end === 0 ? '' : a.slice(-end)}`.replaceAll(/…+/g, '…');
}

export function isKnownMissing(value: Value): boolean {
  return value.kind === 'literal' && value.value === undefined;
}
