/**
 * Walks a script without running it, and notes what it would call and how often.
 *
 *  O1  Counts are upper bounds: of two branches both are walked, a filter keeps all, unless it is known what happens.
 *  O2  What is not known is said to be so: it never counts as nothing and never as one.
 *  O3  The walk ends: steps, depth and items are bounded for any source.
 */
import type { AnyNode } from 'acorn';
import { PLAN } from '../../protocol/limits.ts';
import type { Book } from './book.ts';
import type { Factor, Frame } from './frame.ts';
import { Scope } from './scope.ts';
import {
  listOf,
  listOfLength,
  literal,
  numberUpTo,
  UNKNOWN,
  type Closure,
  type Length,
  type List,
  type Value,
} from './values.ts';

/** The walk of the language; given from outside, because its parts need each other. */
export interface Language {
  body(machine: Machine, closure: Closure, args: readonly Value[]): Value;
  native(machine: Machine, name: string, args: readonly Value[], at: AnyNode): Value;
}

/** The walk was given up (O3). */
export class TooMuch extends Error {}

export class Machine {
  readonly book: Book;
  frame: Frame = { factor: { times: 1, of: [], exact: true }, group: null, sure: true };
  phase: string | null = null;
  private readonly language: Language;
  private readonly calling: Closure['node'][] = [];
  private steps = 0;

  constructor(book: Book, language: Language) {
    this.book = book;
    this.language = language;
  }

  step(): void {
    this.steps += 1;
    if (this.steps > PLAN.steps) throw new TooMuch();
  }

  within<T>(change: Partial<Frame>, work: () => T): T {
    const before = this.frame;
    this.frame = { ...before, ...change };
    try {
      return work();
    } finally {
      this.frame = before;
    }
  }

  /** What happens only sometimes. */
  maybe<T>(work: () => T): T {
    const { factor } = this.frame;
    return this.within({ sure: false, factor: { ...factor, exact: false } }, work);
  }

  repeated<T>(length: Length, work: () => T): T {
    return this.within({ sure: false, factor: times(this.frame.factor, length) }, work);
  }

  /** `visit` for each item of a list: by itself where items are few, else once for all. */
  each(list: List, visit: (item: Value, index: Value) => Value): List {
    const { items, length } = list;
    if (items !== null && items.length > 0 && items.length <= PLAN.unrolled) {
      return listOf(items.map((item, index) => visit(item, literal(index))));
    }
    const last = length.max === null ? null : length.max - 1;
    const one = this.repeated(length, () => visit(list.each, numberUpTo(last)));
    return listOfLength(one, length);
  }

  call(callee: Value, args: readonly Value[], at: AnyNode): Value {
    this.step();
    if (callee.kind === 'native') return this.language.native(this, callee.name, args, at);
    if (callee.kind === 'closure') return this.enter(callee, args);
    // Nobody knows what it does with functions: perhaps it calls them, however often.
    const functions = args.filter((arg) => arg.kind === 'closure');
    const length = { max: null, exact: false, what: 'calls by a function that is not known' };
    for (const given of functions) this.repeated(length, () => this.call(given, [UNKNOWN, UNKNOWN], at));
    return UNKNOWN;
  }

  private enter(callee: Closure, args: readonly Value[]): Value {
    const depth = this.calling.filter((node) => node === callee.node).length;
    if (depth > 1) return UNKNOWN;
    if (this.calling.length > PLAN.depth) throw new TooMuch();
    this.calling.push(callee.node);
    try {
      if (depth === 0) return this.language.body(this, callee, args);
      const length = { max: null, exact: false, what: 'recursion' };
      return this.repeated(length, () => this.language.body(this, callee, args));
    } finally {
      this.calling.pop();
    }
  }
}

export function scopeOf({ scope, self }: Closure): Scope {
  const own = new Scope(scope, { isBody: true });
  if (self !== null) own.declare('this', self);
  return own;
}

function times(factor: Factor, { max, exact, what }: Length): Factor {
  if (max === null) return { ...factor, of: [...factor.of, what === '' ? 'items' : what], exact: false };
  return { ...factor, times: Math.min(factor.times * Math.max(0, max), 1e12), exact: factor.exact && exact };
}
