/** Small questions to syntax trees. */
import type { AnyNode, ArrowFunctionExpression, FunctionDeclaration, FunctionExpression } from 'acorn';

export type FunctionNode = ArrowFunctionExpression | FunctionDeclaration | FunctionExpression;

/**
 * Every node of a tree, each before what is inside of it; `enters` may leave the inside out. It keeps its own stack: a tree
 * that the parser could build must not overflow here.
 */
export function* nodesOf(root: AnyNode, enters: (node: AnyNode) => boolean = () => true): Generator<AnyNode> {
  const stack = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    yield node;
    if (enters(node)) eachChild(node, (child) => stack.push(child));
  }
}

/** Tells of the direct children of a node, whatever its type. */
export function eachChild(node: AnyNode, tell: (child: AnyNode) => void): void {
  for (const key in node) {
    const value: unknown = node[key as keyof AnyNode];
    if (typeof value !== 'object') continue;
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) tell(item);
    } else if (isNode(value)) tell(value);
  }
}

export function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

export function isFunction(node: AnyNode): node is FunctionNode {
  return (
    node.type === 'ArrowFunctionExpression' || node.type === 'FunctionExpression' || node.type === 'FunctionDeclaration'
  );
}

/** The expression inside of an optional chain. */
export function unchained(node: AnyNode): AnyNode {
  return node.type === 'ChainExpression' ? node.expression : node;
}

/** The name of a property that is written out: `.then`; null for computed ones and private ones. */
export function propertyName(node: AnyNode): string | null {
  if (node.type !== 'MemberExpression' || node.computed || node.property.type !== 'Identifier') return null;
  return node.property.name;
}

/** `x` of `x`, `x.y`, `x[0].y`; null when the root is no plain name. */
export function rootName(node: AnyNode): string | null {
  let root = node;
  while (root.type === 'MemberExpression') root = root.object;
  return root.type === 'Identifier' ? root.name : null;
}

/** Every name that a pattern binds. */
export function boundNames(pattern: AnyNode): string[] {
  const names: string[] = [];
  const stack: (AnyNode | null)[] = [pattern];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node?.type === 'Identifier') names.push(node.name);
    else if (node?.type === 'AssignmentPattern') stack.push(node.left);
    else if (node?.type === 'RestElement') stack.push(node.argument);
    else if (node?.type === 'Property') stack.push(node.value);
    else if (node?.type === 'ArrayPattern') for (const item of node.elements) stack.push(item);
    else if (node?.type === 'ObjectPattern') for (const part of node.properties) stack.push(part);
  }
  return names;
}
