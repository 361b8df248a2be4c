import type { AnyNode, ArrayExpression, ObjectExpression, Property, SpreadElement } from 'acorn';
import type { Json, JsonObject } from '../../protocol/json.ts';

/** Thrown by {@link literalOf}: the part at `path` (offset `offset`) is `what`. */
export class NotLiteral extends Error {
  readonly path: string;
  readonly what: string;
  readonly offset: number;

  constructor(path: string, what: string, offset: number) {
    super(`${path} ${what}`);
    this.path = path;
    this.what = what;
    this.offset = offset;
  }
}

/** The JSON value of a pure literal. Nothing is evaluated. @throws NotLiteral for the first part that is none. */
export function literalOf(node: AnyNode, path: string): Json {
  switch (node.type) {
    case 'Literal':
      if (node.regex) throw new NotLiteral(path, 'is a regular expression', node.start);
      if (typeof node.value === 'bigint') throw new NotLiteral(path, 'is a BigInt', node.start);
      return node.value as Json;
    case 'TemplateLiteral':
      return templateOf(node, path);
    case 'UnaryExpression':
      return signedOf(node, path);
    case 'ArrayExpression':
      return arrayOf(node, path);
    case 'ObjectExpression':
      return objectOf(node, path);
    default:
      throw new NotLiteral(path, describe(node), node.start);
  }
}

function templateOf(node: AnyNode & { type: 'TemplateLiteral' }, path: string): string {
  const [hole] = node.expressions;
  if (hole !== undefined) throw new NotLiteral(path, `interpolates ${describeHole(hole)} into a template`, hole.start);
  return node.quasis[0]?.value.cooked ?? '';
}

function describeHole(node: AnyNode): string {
  return node.type === 'Identifier' ? `the variable ${node.name}` : 'an expression';
}

function signedOf(node: AnyNode & { type: 'UnaryExpression' }, path: string): number {
  const { argument, operator } = node;
  const signed =
    (operator === '-' || operator === '+') && argument.type === 'Literal' && typeof argument.value === 'number';
  if (!signed) throw new NotLiteral(path, describe(node), node.start);
  return operator === '-' ? -(argument.value as number) : (argument.value as number);
}

function arrayOf(node: ArrayExpression, path: string): Json[] {
  return node.elements.map((element, index) => {
    const here = `${path}[${index}]`;
    if (element === null) throw new NotLiteral(here, 'is a hole in the list', node.start);
    return literalOf(element, here);
  });
}

function objectOf(node: ObjectExpression, path: string): JsonObject {
  const out: JsonObject = {};
  for (const part of node.properties) {
    const key = keyOf(part, path);
    out[key] = literalOf((part as Property).value, `${path}.${key}`);
  }
  return out;
}

function keyOf(part: Property | SpreadElement, path: string): string {
  if (part.type === 'SpreadElement') throw new NotLiteral(path, 'spreads another object', part.start);
  if (part.computed) throw new NotLiteral(path, 'has a computed key', part.start);
  const key = part.key.type === 'Identifier' ? part.key.name : String((part.key as { value?: unknown }).value);
  if (part.kind !== 'init') throw new NotLiteral(`${path}.${key}`, 'is a getter or setter', part.start);
  // In a literal this key sets the prototype instead of a member.
  if (key === '__proto__') throw new NotLiteral(`${path}.${key}`, 'is not allowed as a key', part.start);
  return key;
}

function describe(node: AnyNode): string {
  switch (node.type) {
    case 'Identifier':
      return `uses the variable ${node.name}`;
    case 'MemberExpression':
      return 'reads a property of another value';
    case 'CallExpression':
    case 'NewExpression':
      return 'calls a function';
    case 'SpreadElement':
      return 'is spread from another list';
    case 'ArrowFunctionExpression':
    case 'FunctionExpression':
      return 'is a function';
    case 'TaggedTemplateExpression':
      return 'is a tagged template';
    case 'AwaitExpression':
      return 'awaits something';
    case 'BinaryExpression':
    case 'LogicalExpression':
    case 'ConditionalExpression':
    case 'UnaryExpression':
      return 'is computed by an expression';
    default:
      return 'is no literal';
  }
}
