/** Finds the end of a TypeScript type in a list of tokens. */
import { afterGroup, isMark, wordAt, type TokenList } from './tokens.ts';

const PREFIXES: ReadonlySet<string> = new Set([
  'keyof',
  'readonly',
  'infer',
  'unique',
  'typeof',
  'asserts',
  'abstract',
]);
/** Words that end an expression or begin another statement: no type begins with them. */
const NO_TYPES: ReadonlySet<string> = new Set([
  'in',
  'of',
  'instanceof',
  'return',
  'if',
  'for',
  'let',
  'var',
  'function',
]);
/** Types nest by recursion, so their depth is bounded. */
const MAX_DEPTH = 30;

/** Index after the type that begins at `index`; -1 when none does. */
export function skipType(list: TokenList, index: number, depth = 0): number {
  if (depth > MAX_DEPTH) return -1;
  let next = isMark(list, index, '|', '&') ? index + 1 : index;
  for (;;) {
    next = skipMember(list, next, depth + 1);
    if (next === -1) return -1;
    if (isMark(list, next, '|', '&') || wordAt(list, next) === 'is') next++;
    else if (wordAt(list, next) === 'extends') return skipConditional(list, next + 1, depth + 1);
    else return next;
  }
}

/** `B ? C : D` after `extends`; a bare `B` is the bound of a type parameter. */
function skipConditional(list: TokenList, index: number, depth: number): number {
  const bound = skipType(list, index, depth);
  if (bound === -1 || !isMark(list, bound, '?')) return bound;
  const colon = skipType(list, bound + 1, depth);
  return colon !== -1 && isMark(list, colon, ':') ? skipType(list, colon + 1, depth) : -1;
}

/** A type with its prefixes, and with `[]` or `['key']` behind it. */
function skipMember(list: TokenList, index: number, depth: number): number {
  let next = index;
  while (
    PREFIXES.has(wordAt(list, next) ?? '') &&
    (wordAt(list, next + 1) !== null || isMark(list, next + 1, '(', '['))
  )
    next++;
  next = skipPrimary(list, next, depth);
  while (next !== -1 && isMark(list, next, '[') && !list.tokens[next]?.breaks) next = afterGroup(list, next);
  return next;
}

function skipPrimary(list: TokenList, index: number, depth: number): number {
  if (isMark(list, index, '(')) {
    const after = afterGroup(list, index);
    return isMark(list, after, '=>') ? skipType(list, after + 1, depth) : after;
  }
  if (isMark(list, index, '{', '[')) return afterGroup(list, index);
  if (isMark(list, index, '`')) return skipTemplate(list, index + 1);
  if (isMark(list, index, '-')) return list.tokens[index + 1]?.kind === 'literal' ? index + 2 : -1;
  if (isMark(list, index, '<')) {
    const after = skipArguments(list, index, depth);
    return after === -1 ? -1 : skipPrimary(list, after, depth);
  }
  if (list.tokens[index]?.kind === 'literal') return index + 1;
  const word = wordAt(list, index);
  if (word === null || NO_TYPES.has(word)) return -1;
  return word === 'new' ? skipPrimary(list, index + 1, depth) : skipName(list, index + 1, depth);
}

/** The rest of `a.b.c<D>`. */
function skipName(list: TokenList, index: number, depth: number): number {
  let next = index;
  while (isMark(list, next, '.')) next += 2;
  return isMark(list, next, '<') ? skipArguments(list, next, depth) : next;
}

/** `<A, B extends C = D>`: index after it, -1 when `index` begins none. Each is read once: they may open in each other. */
export function skipArguments(list: TokenList, index: number, depth = 0): number {
  const known = list.angles.get(index);
  if (known !== undefined) return known;
  const end = readArguments(list, index, depth + 1);
  list.angles.set(index, end);
  return end;
}

function readArguments(list: TokenList, index: number, depth: number): number {
  let next = index + 1;
  for (;;) {
    next = skipType(list, next, depth);
    if (next !== -1 && isMark(list, next, '=')) next = skipType(list, next + 1, depth);
    if (next === -1) return -1;
    if (isMark(list, next, '>')) return next + 1;
    if (!isMark(list, next, ',')) return -1;
    next++;
    if (isMark(list, next, '>')) return next + 1;
  }
}

function skipTemplate(list: TokenList, index: number): number {
  let next = index;
  while (next < list.tokens.length && !isMark(list, next, '`'))
    next = isMark(list, next, '${') ? afterGroup(list, next) : next + 1;
  return next + 1;
}
