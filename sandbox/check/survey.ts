import { isNode } from '../cells/nodes.ts';
import type { AnyNode, Identifier, Program, UnaryExpression } from 'acorn';

/** One pass over a syntax tree: the nodes that rules look at, and every name that the script declares anywhere. */
export interface Survey {
  nodes: AnyNode[];
  /**
   * Names declared anywhere in the script. A rule about a global skips a declared name altogether: scopes are not
   * tracked, because these rules only help people, they protect nothing.
   */
  declared: ReadonlySet<string>;
  /** Names that the script asks `typeof` of anywhere: it knows that they may be missing. */
  probed: ReadonlySet<string>;
}

const INTERESTING: ReadonlySet<string> = new Set([
  'ImportDeclaration',
  'ImportExpression',
  'MetaProperty',
  'ExportNamedDeclaration',
  'ExportDefaultDeclaration',
  'ExportAllDeclaration',
  'CallExpression',
  'NewExpression',
  'BinaryExpression',
]);

/** Nodes come in source order. The walk keeps its own stack: a tree that the parser could build must not overflow here. */
export function surveyOf(program: Program): Survey {
  const nodes: AnyNode[] = [];
  const declared = new Set<string>();
  const probed = new Set<string>();
  const stack: AnyNode[] = [program];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (INTERESTING.has(node.type)) nodes.push(node);
    if (isProbe(node)) probed.add(node.argument.name);
    for (const pattern of patternsOf(node)) collectNames(pattern, declared);
    for (const child of childrenOf(node).reverse()) stack.push(child);
  }
  return { nodes: nodes.sort((a, b) => a.start - b.start), declared, probed };
}

/** `typeof name` */
function isProbe(node: AnyNode): node is UnaryExpression & { argument: Identifier } {
  return node.type === 'UnaryExpression' && node.operator === 'typeof' && node.argument.type === 'Identifier';
}

function childrenOf(node: AnyNode): AnyNode[] {
  const children: AnyNode[] = [];
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) for (const item of value) if (isNode(item)) children.push(item);
    if (isNode(value)) children.push(value);
  }
  return children;
}

/** The binding patterns that a node introduces. */
function patternsOf(node: AnyNode): AnyNode[] {
  switch (node.type) {
    case 'VariableDeclarator':
      return [node.id];
    case 'FunctionDeclaration':
    case 'FunctionExpression':
      return node.id ? [node.id, ...node.params] : node.params;
    case 'ArrowFunctionExpression':
      return node.params;
    case 'ClassDeclaration':
    case 'ClassExpression':
      return node.id ? [node.id] : [];
    case 'CatchClause':
      return node.param ? [node.param] : [];
    default:
      return [];
  }
}

function collectNames(pattern: AnyNode, names: Set<string>): void {
  const stack: AnyNode[] = [pattern];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.type === 'Identifier') names.add(node.name);
    else if (node.type === 'AssignmentPattern') stack.push(node.left);
    else if (node.type === 'RestElement') stack.push(node.argument);
    else if (node.type === 'ArrayPattern') stack.push(...node.elements.filter((element) => element !== null));
    else if (node.type === 'ObjectPattern')
      for (const part of node.properties) stack.push(part.type === 'Property' ? part.value : part);
  }
}
