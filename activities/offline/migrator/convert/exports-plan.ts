/**
 * What a CommonJS module exports and how that is said as ES exports.
 *
 *  P1  A module whose names are all known becomes named exports: `exports.a = …`, `module.exports = { a, b: … }`.
 *  P2  A module that *is* one value becomes a default export; names set on that value stay on it.
 *  P3  Anything that cannot be known from the text (`exports[name] = …`, `Object.assign(exports, …)`) keeps an object called `exports`,
 *      which is exported as the default. So no module is refused for what it exports.
 */
import type { Node } from '../../review/source.ts';
import { isFunction, nameOf, walk, type Visit } from '../../review/tree.ts';
import { isReference } from './scopes.ts';
import type { Source } from './source.ts';

export type Assignment = Extract<Node, { type: 'AssignmentExpression' }>;
export type Statement = Extract<Node, { type: 'ExpressionStatement' }>;
type Literal = Extract<Node, { type: 'ObjectExpression' }>;
export type Property = Extract<Node, { type: 'Property' }>;

/** A mention of `exports`, `module.exports`, or of a name of these. */
export interface Mention {
  /** The whole expression, with the name. */
  node: Node;
  visit: Visit;
  /** `exports.NAME`; null: the object itself. */
  name: string | null;
  /** Whether it was reached by `module`. */
  byModule: boolean;
  /** The assignment that it is the target of. */
  assignment: Assignment | null;
  /** The statement of the module's top level that is this assignment and nothing else. */
  statement: Statement | null;
}

export type ExportsPlan =
  | { mode: 'none' }
  | { mode: 'named'; mentions: Mention[]; literal: { statement: Statement; properties: Property[] } | null }
  | { mode: 'default'; mentions: Mention[]; statement: Statement; value: Node }
  | { mode: 'again'; statement: Statement; specifier: string }
  | { mode: 'object'; mentions: Mention[] }
  | { mode: 'refused'; why: string };

export function planExports(source: Source): ExportsPlan {
  const mentions: Mention[] = [];
  for (const visit of source.visits) {
    const found = mentionAt(source, visit);
    if (found === null) continue;
    if ('why' in found) return { mode: 'refused', why: found.why };
    mentions.push(found);
  }
  if (mentions.length === 0) return { mode: 'none' };
  const wholes = mentions.filter((mention) => mention.name === null);
  if (wholes.length === 0) return namesOnly(mentions, null);
  const statement = wholes[0]?.statement;
  const chain = statement === null || statement === undefined ? null : chainOf(statement);
  // Every mention of the object itself belongs to the one statement that sets it.
  if (chain === null || statement === null || statement === undefined) return { mode: 'object', mentions };
  if (wholes.some(({ node }) => !chain.targets.includes(node))) return { mode: 'object', mentions };
  const names = mentions.filter((mention) => mention.name !== null);
  const setsBoth = chain.targets.some((node) => nameOf(node) === 'exports');
  if (names.some(({ node, byModule }) => node.start < statement.start || (!byModule && !setsBoth)))
    return { mode: 'object', mentions };
  if (!wholes.some(({ byModule }) => byModule)) return { mode: 'object', mentions };
  const { value } = chain;
  const properties = value.type === 'ObjectExpression' ? plainProperties(value) : null;
  if (properties !== null) return namesOnly(names, { statement, properties });
  const specifier = requiredBy(value);
  if (specifier !== null && names.length === 0) return { mode: 'again', statement, specifier };
  return { mode: 'default', mentions: names, statement, value };
}

function namesOnly(mentions: Mention[], literal: { statement: Statement; properties: Property[] } | null): ExportsPlan {
  const own = new Set(literal?.properties.map(keyOf));
  if (own.has('default')) return { mode: 'object', mentions };
  const assigned = new Set<string>();
  for (const { name, assignment, visit } of mentions) {
    // As a name it would be taken for the value of the whole module.
    if (isDeleted(visit) || name === 'default') return { mode: 'object', mentions };
    // A second value for a name of the literal.
    if (assignment !== null && own.has(name ?? '')) return { mode: 'object', mentions };
    if (assignment?.operator === '=') assigned.add(name ?? '');
  }
  const isKnown = mentions.every(({ name }) => assigned.has(name ?? '') || own.has(name ?? ''));
  return isKnown && own.size === (literal?.properties.length ?? 0)
    ? { mode: 'named', mentions, literal }
    : { mode: 'object', mentions };
}

function mentionAt(source: Source, visit: Visit): Mention | { why: string } | null {
  const { node, ancestors } = visit;
  if (node.type === 'ThisExpression' && !ancestors.some(bindsThis))
    return { why: 'it uses `this` at its top level, which is its exports in CommonJS and nothing in a module' };
  if (node.type !== 'Identifier' || (node.name !== 'exports' && node.name !== 'module')) return null;
  if (!isReference(visit) || source.scopes.scopeOf(node.name, visit) !== null || isMainTest(visit)) return null;
  let object: Node = node;
  let around = ancestors;
  if (node.name === 'module') {
    const [parent] = ancestors;
    if (parent === undefined || nameOf(parent) !== 'module.exports')
      return { why: `it looks at \`module\` itself (${source.text.slice(parent?.start, parent?.end).slice(0, 60)})` };
    object = parent;
    around = ancestors.slice(1);
  }
  let name: string | null = null;
  const [member] = around;
  if (member?.type === 'MemberExpression' && member.object === object && !member.computed) {
    if (member.property.type !== 'Identifier') return null;
    name = member.property.name;
    object = member;
    around = around.slice(1);
  }
  const [parent, above, top] = around;
  const assignment = parent?.type === 'AssignmentExpression' && parent.left === object ? parent : null;
  const isOwn = assignment !== null && above?.type === 'ExpressionStatement' && top?.type === 'Program';
  // `module.exports = exports = …`: the inner target belongs to the outer statement.
  const outer = around.find((up) => up.type !== 'AssignmentExpression');
  const isInner =
    name === null && outer?.type === 'ExpressionStatement' && around[around.indexOf(outer) + 1]?.type === 'Program';
  return {
    node: object,
    visit: { node: object, ancestors: around },
    name,
    byModule: node.name === 'module',
    assignment,
    statement: isOwn ? above : isInner && assignment !== null ? outer : null,
  };
}

/** `a = b = value` as the targets and the value; null when one of the targets is not the exports object. */
function chainOf(statement: Statement): { targets: Node[]; value: Node } | null {
  const targets: Node[] = [];
  let value: Node = statement.expression;
  while (value.type === 'AssignmentExpression') {
    const name = nameOf(value.left);
    if (value.operator !== '=' || (name !== 'exports' && name !== 'module.exports')) return null;
    targets.push(value.left);
    value = value.right;
  }
  return { targets, value };
}

/** The members of an object that are values under plain names; null when it needs to stay an object. */
function plainProperties(object: Literal): Property[] | null {
  const properties: Property[] = [];
  for (const property of object.properties) {
    if (property.type !== 'Property' || property.computed || property.kind !== 'init') return null;
    if (property.key.type !== 'Identifier' || property.key.name === '__proto__') return null;
    if (!isFunctionFree(property.value) && usesThis(property.value)) return null;
    properties.push(property);
  }
  return properties;
}

export function keyOf(property: Property): string {
  return property.key.type === 'Identifier' ? property.key.name : '';
}

function isFunctionFree(node: Node): boolean {
  return node.type === 'Identifier' || node.type === 'Literal';
}

/** Whether the object's own methods speak of it by `this`. */
function usesThis(value: Node): boolean {
  for (const { node, ancestors } of walk(value)) {
    const isOwn = ancestors.every((above) => above === value || !bindsThis(above));
    if ((node.type === 'ThisExpression' || node.type === 'Super') && isOwn) return true;
  }
  return false;
}

function bindsThis(node: Node): boolean {
  return (isFunction(node) && node.type !== 'ArrowFunctionExpression') || node.type === 'ClassBody';
}

function isDeleted({ ancestors: [parent] }: Visit): boolean {
  return parent?.type === 'UnaryExpression' && parent.operator === 'delete';
}

/** `require.main === module` is asked about the process, not about exports. */
export function isMainTest({ ancestors: [parent, above] }: Visit): boolean {
  const comparison = parent?.type === 'BinaryExpression' ? parent : above;
  if (comparison?.type !== 'BinaryExpression') return false;
  const names = [comparison.left, comparison.right].map((side) =>
    side.type === 'PrivateIdentifier' ? '' : nameOf(side),
  );
  return names.includes('require.main') && names.includes('module');
}

/** `require('specifier')` → specifier. */
export function requiredBy(node: Node): string | null {
  if (node.type !== 'CallExpression' || node.callee.type !== 'Identifier' || node.callee.name !== 'require')
    return null;
  const [argument] = node.arguments;
  if (node.arguments.length !== 1 || argument === undefined) return null;
  if (argument.type === 'Literal') return typeof argument.value === 'string' ? argument.value : null;
  if (argument.type !== 'TemplateLiteral' || argument.expressions.length > 0) return null;
  return argument.quasis[0]?.value.cooked ?? null;
}
