/** Which expressions of a cell give promises that a reader of Python-style code would take for values (RL-04). */
import type { AnyNode, CallExpression, Program } from 'acorn';
import { COMBINERS, HOST_CALLS, PROMISE_COMBINERS, PROMISE_METHODS } from './names.ts';
import { isFunction, nodesOf, propertyName, rootName, unchained, type FunctionNode } from './nodes.ts';

/** What a cell as a whole tells about its names. */
export interface PromiseFacts {
  /** Names that the cell itself treats as promises: `Promise.all([a, b])`, `Promise.all(jobs)`, `a.then(…)`. */
  kept: ReadonlySet<string>;
  /** Functions of the cell that give promises. */
  asynchronous: ReadonlySet<string>;
}

export function promiseFacts(program: Program): PromiseFacts {
  const kept = new Set<string>();
  const asynchronous = new Set<string>();
  for (const node of nodesOf(program)) {
    if (node.type === 'CallExpression' && combines(node)) for (const part of node.arguments) collectKept(part, kept);
    if (node.type === 'MemberExpression' && PROMISE_METHODS.has(propertyName(node) ?? ''))
      collectKept(node.object, kept);
    const named = namedFunction(node);
    if (named !== null && givesPromise(named.fn)) asynchronous.add(named.name);
  }
  return { kept, asynchronous };
}

/** `Promise.all(…)` and its like, `parallel(…)`, `pipeline(…)`: promises among the arguments are meant. */
export function combines(call: CallExpression): boolean {
  const { callee } = call;
  if (callee.type === 'Identifier') return COMBINERS.has(callee.name);
  return isPromiseCombiner(callee);
}

function isPromiseCombiner(callee: AnyNode): boolean {
  if (callee.type !== 'MemberExpression' || callee.object.type !== 'Identifier') return false;
  return callee.object.name === 'Promise' && PROMISE_COMBINERS.has(propertyName(callee) ?? '');
}

function collectKept(node: AnyNode, kept: Set<string>): void {
  for (const part of nodesOf(node, passesPromises)) if (part.type === 'Identifier') kept.add(part.name);
}

function passesPromises(node: AnyNode): boolean {
  if (node.type === 'CallExpression') return propertyName(node.callee) === 'values';
  return node.type === 'ArrayExpression' || node.type === 'SpreadElement';
}

function namedFunction(node: AnyNode): { name: string; fn: FunctionNode } | null {
  if (node.type === 'FunctionDeclaration' && node.id) return { name: node.id.name, fn: node };
  if (node.type !== 'VariableDeclarator' || node.id.type !== 'Identifier' || !node.init) return null;
  return isFunction(node.init) ? { name: node.id.name, fn: node.init } : null;
}

/** Async, or returns a host call as it is. Generators give no promise. */
function givesPromise(fn: FunctionNode): boolean {
  if (fn.generator) return false;
  if (fn.async) return true;
  if (fn.body.type !== 'BlockStatement') return isPromiseCall(fn.body);
  return fn.body.body.some((statement) => {
    return statement.type === 'ReturnStatement' && statement.argument != null && isPromiseCall(statement.argument);
  });
}

/** A host call, a tool, a combination of promises, or `.then(…)` and its like on one of these. */
export function isPromiseCall(expression: AnyNode): boolean {
  const node = unchained(expression);
  if (node.type !== 'CallExpression') return false;
  const { callee } = promiseRoot(node);
  if (callee.type === 'Identifier') return HOST_CALLS.has(callee.name);
  if (callee.type !== 'MemberExpression') return false;
  if (callee.object.type === 'Identifier' && callee.object.name === 'tools') return true;
  return isPromiseCombiner(callee);
}

/** Longest chain of `.then(…)` that is followed: each of its calls may be asked about. */
const CHAIN = 50;

/** The call on which `.then(…)`, `.catch(…)` and `.finally(…)` stand; the call itself when there are none. */
export function promiseRoot(call: CallExpression): CallExpression {
  let root = call;
  for (let link = 0; link < CHAIN; link++) {
    const { callee } = root;
    if (callee.type !== 'MemberExpression' || !PROMISE_METHODS.has(propertyName(callee) ?? '')) return root;
    const object = unchained(callee.object);
    if (object.type !== 'CallExpression') return root;
    root = object;
  }
  return root;
}

/** How the callback of a `.map(…)` makes the result a list of promises. */
type MapKind =
  /** It gives promises itself. */
  | 'promises'
  /** It uses a host call as a value, so it must become async. */
  | 'values';

/** A call of `map` or `Array.from` whose items are promises. */
export interface MapCall {
  kind: MapKind;
  callback: AnyNode;
}

/** Null when a call is no `x.map(…)` or `Array.from(x, …)`, or its items are no promises. */
export function mapKind(call: CallExpression, facts: PromiseFacts): MapCall | null {
  const name = propertyName(call.callee);
  const callback = name === 'map' ? call.arguments[0] : isArrayFrom(call, name) ? call.arguments[1] : undefined;
  if (callback === undefined) return null;
  if (callback.type === 'Identifier') {
    const known = HOST_CALLS.has(callback.name) || facts.asynchronous.has(callback.name);
    return known ? { kind: 'promises', callback } : null;
  }
  if (!isFunction(callback) || callback.generator) return null;
  if (usesHostCall(callback, facts)) return { kind: 'values', callback };
  return givesPromise(callback) ? { kind: 'promises', callback } : null;
}

function isArrayFrom(call: CallExpression, name: string | null): boolean {
  return name === 'from' && call.callee.type === 'MemberExpression' && rootName(call.callee.object) === 'Array';
}

/** Whether a function that is not async uses a host call otherwise than by returning it. */
function usesHostCall(fn: FunctionNode, facts: PromiseFacts): boolean {
  if (fn.async) return false;
  const returned = new Set<AnyNode>([fn.body]);
  // The function's own level alone, so that no node is looked at for two functions.
  const enters = (node: AnyNode) => !isFunction(node) && node.type !== 'ClassBody' && !isPromiseCall(node);
  for (const node of nodesOf(fn.body, enters)) {
    if (node.type === 'ReturnStatement' && node.argument) returned.add(node.argument);
    if (isPromiseCall(node) && !returned.has(node)) return true;
    // A list of promises inside of the list.
    if (node.type === 'CallExpression' && mapKind(node, facts) !== null) return true;
  }
  return false;
}

/** An array literal that holds promises: `[llm_query(a), llm_query(b)]`. */
export function holdsPromises(node: AnyNode, facts: PromiseFacts): boolean {
  if (node.type !== 'ArrayExpression') return false;
  return node.elements.some((item) => {
    if (item === null) return false;
    if (item.type !== 'SpreadElement') return isPromiseCall(item);
    const inner = unchained(item.argument);
    return inner.type === 'CallExpression' && mapKind(inner, facts) !== null;
  });
}
