/** Walking and reading syntax trees. */
import type { Node } from './source.ts';

export interface Visit {
  node: Node;
  /** From the parent up to the program. */
  ancestors: readonly Node[];
}

export type FunctionNode = Extract<
  Node,
  { type: 'FunctionDeclaration' | 'FunctionExpression' | 'ArrowFunctionExpression' }
>;
export type CallNode = Extract<Node, { type: 'CallExpression' }>;

/** Every node with its ancestors, in the order of the text. A stack of its own: code may nest deeper than calls can. */
export function* walk(root: Node): Generator<Visit> {
  const stack: Visit[] = [{ node: root, ancestors: [] }];
  for (let visit = stack.pop(); visit !== undefined; visit = stack.pop()) {
    yield visit;
    const ancestors = [visit.node, ...visit.ancestors];
    const children = [...childrenOf(visit.node)];
    for (const node of children.reverse()) stack.push({ node, ancestors });
  }
}

function* childrenOf(node: Node): Generator<Node> {
  for (const [key, value] of Object.entries(node) as [string, unknown][]) {
    if (key === 'type' || key === 'start' || key === 'end') continue;
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) yield item;
    } else if (isNode(value)) yield value;
  }
}

function isNode(value: unknown): value is Node {
  return (
    typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string' && 'start' in value
  );
}

export function isFunction(node: Node | undefined): node is FunctionNode {
  return (
    node?.type === 'FunctionDeclaration' ||
    node?.type === 'FunctionExpression' ||
    node?.type === 'ArrowFunctionExpression'
  );
}

const LOOPS = new Set(['ForStatement', 'ForInStatement', 'ForOfStatement', 'WhileStatement', 'DoWhileStatement']);
const ITERATORS = new Set(['forEach', 'map', 'filter', 'flatMap', 'some', 'every', 'reduce', 'find']);

/** The loop that runs this node again and again: a statement, or the callback of an array method. Null outside of loops. */
export function loopAround({ node, ancestors }: Visit): Node | null {
  let inner: Node = node;
  for (const [index, above] of ancestors.entries()) {
    if (LOOPS.has(above.type) && isRepeated(above, inner)) return above;
    if (isFunction(above)) {
      const call = ancestors[index + 1];
      const isCallback = call?.type === 'CallExpression' && call.arguments.some((argument) => argument === above);
      return isCallback && ITERATORS.has(methodOf(call) ?? '') ? call : null;
    }
    inner = above;
  }
  return null;
}

/** The head of a `for … of` runs once. */
function isRepeated(loop: Node, inner: Node): boolean {
  if (loop.type === 'ForOfStatement' || loop.type === 'ForInStatement') return inner !== loop.right;
  return loop.type !== 'ForStatement' || inner !== loop.init;
}

/** What a loop runs over, when it is a list. */
export function listOf(loop: Node): Node | null {
  if (loop.type === 'ForOfStatement' || loop.type === 'ForInStatement') return loop.right;
  if (loop.type === 'CallExpression' && loop.callee.type === 'MemberExpression') return loop.callee.object;
  return null;
}

/** `b` of `a.b(…)`. */
export function methodOf(call: CallNode): string | null {
  const { callee } = call;
  return callee.type === 'MemberExpression' && !callee.computed && callee.property.type === 'Identifier'
    ? callee.property.name
    : null;
}

/** Offset of `.b` in `a.b(…)`; of the node itself for anything else. */
export function methodPlace(node: Node): number {
  return node.type === 'CallExpression' && node.callee.type === 'MemberExpression'
    ? node.callee.property.start
    : node.start;
}

/** `a.b.c` as text; null for anything that is no plain chain of names. */
export function nameOf(node: Node): string | null {
  if (node.type === 'Identifier') return node.name;
  if (node.type === 'ThisExpression') return 'this';
  if (node.type === 'ChainExpression') return nameOf(node.expression);
  if (node.type !== 'MemberExpression' || node.computed) return null;
  const object = nameOf(node.object);
  return object === null || node.property.type !== 'Identifier' ? null : `${object}.${node.property.name}`;
}

export function stringOf(node: Node | null | undefined): string | null {
  return node?.type === 'Literal' && typeof node.value === 'string' ? node.value : null;
}

/** Whether the value is known from the file alone: literals and `const` names of literals. */
export function isConstant(node: Node, constants: ReadonlyMap<string, Node>, depth = 0): boolean {
  if (depth > 8) return false;
  const again = (inner: Node): boolean => isConstant(inner, constants, depth + 1);
  switch (node.type) {
    case 'Literal':
      return true;
    case 'TemplateLiteral':
      return node.expressions.every(again);
    case 'BinaryExpression':
      return node.left.type !== 'PrivateIdentifier' && again(node.left) && again(node.right);
    case 'ConditionalExpression':
      return again(node.consequent) && again(node.alternate);
    case 'ArrayExpression':
      return node.elements.every((element) => element !== null && again(element));
    case 'Identifier': {
      const value = constants.get(node.name);
      return value !== undefined && again(value);
    }
    default:
      return false;
  }
}

/** Every name that a pattern binds. */
export function* namesIn(pattern: Node | null | undefined): Generator<string> {
  switch (pattern?.type) {
    case 'Identifier':
      yield pattern.name;
      break;
    case 'AssignmentPattern':
      yield* namesIn(pattern.left);
      break;
    case 'RestElement':
      yield* namesIn(pattern.argument);
      break;
    case 'ArrayPattern':
      for (const element of pattern.elements) yield* namesIn(element);
      break;
    case 'ObjectPattern':
      for (const property of pattern.properties)
        yield* namesIn(property.type === 'Property' ? property.value : property);
      break;
    default:
  }
}
