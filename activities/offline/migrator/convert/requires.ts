/**
 * `require` → `import`.
 *
 *  R1  A `require` at the top of a module becomes an import in its place; inside of a function or an expression it is hoisted, when the
 *      module is one that is surely there (of the workspace, or Node's own).
 *  R2  What may fail by intention (in `try`, under a condition, a package inside of a function) stays a call, by `createRequire`.
 *  R3  A computed name becomes `import()` where it can be awaited, and stays a call elsewhere.
 */
import type { Node } from '../../review/source.ts';
import { isFunction, nameOf, type CallNode, type Visit } from '../../review/tree.ts';
import { dynamicRequire } from './dynamic.ts';
import type { Edits } from './edits.ts';
import { isMainTest, requiredBy } from './exports-plan.ts';
import type { Header } from './header.ts';
import { isReference } from './scopes.ts';
import type { Source } from './source.ts';
import { isRelative, type Target, type World } from './target.ts';

export interface Work {
  source: Source;
  edits: Edits;
  header: Header;
  world: World;
}

type Declaration = Extract<Node, { type: 'VariableDeclaration' }>;
type Declarator = Declaration['declarations'][number];

/** `done`: statements that are rewritten already by who plans the exports. */
export function convertRequires(work: Work, done: ReadonlySet<Node>): void {
  const { source } = work;
  const handled = new Set<Node>();
  for (const statement of source.tree.body) {
    if (done.has(statement)) continue;
    if (statement.type === 'VariableDeclaration') convertDeclaration(work, statement, handled);
    if (statement.type !== 'ExpressionStatement') continue;
    const specifier = requiredBy(statement.expression);
    if (specifier === null || !isFree(source, statement.expression)) continue;
    handled.add(statement.expression);
    const target = work.world.target(source.path, specifier);
    work.edits.replace(statement.start, statement.end, importText(work, null, target, statement.expression));
  }
  for (const visit of source.visits) {
    const { node, ancestors } = visit;
    if (node.type !== 'Identifier' || node.name !== 'require' || !isReference(visit)) continue;
    if (source.scopes.scopeOf('require', visit) !== null) continue;
    const [parent] = ancestors;
    if (parent !== undefined && handled.has(parent)) continue;
    if (ancestors.some((above) => done.has(above))) continue;
    convertOther(work, visit);
  }
}

/** A declaration of the top level: its parts that are requires become imports, the others stay a declaration. */
function convertDeclaration(work: Work, statement: Declaration, handled: Set<Node>): void {
  const { source, edits } = work;
  const parts = statement.declarations.map((declarator) => ({ declarator, required: requireIn(source, declarator) }));
  if (parts.every(({ required }) => required === null)) return;
  for (const { required } of parts) if (required !== null) handled.add(required.call);
  edits.replace(statement.start, statement.end, () =>
    parts
      .map(({ declarator, required }) =>
        required === null
          ? `${statement.kind} ${edits.render(declarator.start, declarator.end)}${source.end}`
          : importOf(work, statement, declarator, required),
      )
      .join('\n'),
  );
}

interface Required {
  call: CallNode;
  specifier: string;
  /** `require('x').member`. */
  member: string | null;
}

function requireIn(source: Source, { init }: Declarator): Required | null {
  if (!init) return null;
  let call: Node = init;
  let member: string | null = null;
  if (init.type === 'MemberExpression' && !init.computed && init.property.type === 'Identifier') {
    call = init.object;
    member = init.property.name;
  }
  const specifier = requiredBy(call);
  if (specifier === null || call.type !== 'CallExpression' || !isFree(source, call)) return null;
  return { call, specifier, member };
}

function importOf(work: Work, statement: Declaration, { id }: Declarator, required: Required): string {
  const { source, edits } = work;
  const target = work.world.target(source.path, required.specifier);
  const line = (clause: string): string => importText(work, clause, target, required.call);
  const rest = (value: string): string =>
    `${statement.kind} ${edits.render(id.start, id.end)} = ${value}${required.member === null ? '' : `.${required.member}`}${source.end}`;
  // What is set again cannot be an import.
  const isFixed = (name: string): boolean => statement.kind === 'const' || !isSetAgain(source, name);
  if (id.type === 'Identifier' && isFixed(id.name)) {
    if (required.member === null) return line(wholeClause(target, id.name));
    if (hasNamed(target, [required.member])) return line(`{ ${renamed(required.member, id.name)} }`);
  }
  const names = id.type === 'ObjectPattern' && required.member === null ? plainNames(id) : null;
  const isNamed = names?.every(([name, own]) => hasNamed(target, [name]) && isFixed(own)) === true;
  if (names !== null && isNamed) {
    const list = names.map(([name, own]) => renamed(name, own)).join(', ');
    return line(list === '' ? '{}' : `{ ${list} }`);
  }
  const local = source.scopes.fresh(localName(required.specifier));
  return `${line(wholeClause(target, local))}\n${rest(local)}`;
}

/** Any other mention of `require`: in an expression, in a function, with a computed name, or as a value. */
function convertOther(work: Work, visit: Visit): void {
  const { source, edits, header, world } = work;
  const { ancestors } = visit;
  const [call] = ancestors;
  if (isMainTest(visit)) {
    const test = ancestors.find((above) => above.type === 'BinaryExpression');
    if (test !== undefined) edits.replace(test.start, test.end, mainTest(header, test));
    return;
  }
  if (call?.type !== 'CallExpression' || call.callee !== visit.node) return header.require();
  const specifier = requiredBy(call);
  if (specifier === null) return dynamicRequire(work, call, ancestors.slice(1));
  const target = world.target(source.path, specifier);
  if (target.kind === 'native' || mayFail(target, ancestors)) {
    header.require();
    if (target.shape?.isDefault === true) edits.insert(call.end, '.default');
    return;
  }
  edits.replace(
    call.start,
    call.end,
    header.hoisted(target.specifier, localName(specifier), (local) =>
      importText(work, wholeClause(target, local), target, call),
    ),
  );
}

function mainTest(header: Header, test: Node): string {
  const name = header.isMain();
  const isNegative = test.type === 'BinaryExpression' && test.operator.startsWith('!');
  return isNegative ? `!${name}` : name;
}

/** R2. Nobody knows whether it is there, or whether it is wanted. */
function mayFail(target: Target, ancestors: readonly Node[]): boolean {
  const around = ancestors.findIndex(isFunction);
  const isTried = ancestors.some((node, index) => node.type === 'TryStatement' && ancestors[index - 1] === node.block);
  const own = around === -1 ? ancestors : ancestors.slice(0, around);
  const isConditional = own.some(
    ({ type }) => type === 'IfStatement' || type === 'ConditionalExpression' || type === 'LogicalExpression',
  );
  if (isTried) return true;
  return around === -1 ? isConditional : target.kind === 'package' || !target.found;
}

function importText({ source }: Work, clause: string | null, target: Target, call: Node): string {
  const quote = /["']/.exec(source.text.slice(call.start, call.end))?.[0] ?? "'";
  const attributes = target.kind === 'json' ? ` with { type: ${quote}json${quote} }` : '';
  const from = clause === null ? '' : `${clause} from `;
  return `import ${from}${quote}${target.specifier}${quote}${attributes}${source.end}`;
}

/** A module of names is imported as a namespace; Node's own modules, packages of CommonJS and data have a default. */
function wholeClause({ kind, shape }: Target, local: string): string {
  return kind === 'module' && shape?.isDefault !== true ? `* as ${local}` : local;
}

/** Whether these can be imported by name. What is not known is taken to be there: running it will tell. */
function hasNamed({ kind, shape }: Target, names: readonly string[]): boolean {
  if (kind === 'builtin') return true;
  return kind === 'module' && (shape === null || names.every((name) => shape.names.has(name)));
}

/** `{ a, b: c }` as pairs of name and local name; null for patterns that say more. */
function plainNames(pattern: Extract<Node, { type: 'ObjectPattern' }>): [string, string][] | null {
  const names: [string, string][] = [];
  for (const property of pattern.properties) {
    if (property.type !== 'Property' || property.computed || property.value.type !== 'Identifier') return null;
    if (property.key.type !== 'Identifier') return null;
    names.push([property.key.name, property.value.name]);
  }
  return names;
}

function renamed(name: string, local: string): string {
  return name === local ? name : `${name} as ${local}`;
}

function isSetAgain(source: Source, name: string): boolean {
  return source.visits.some((visit) => {
    const { node, ancestors } = visit;
    if (node.type !== 'Identifier' || node.name !== name || source.scopes.isShadowed(name, visit)) return false;
    const [parent] = ancestors;
    return (parent?.type === 'AssignmentExpression' && parent.left === node) || parent?.type === 'UpdateExpression';
  });
}

function isFree(source: Source, call: Node): boolean {
  const callee = call.type === 'CallExpression' ? call.callee : call;
  const visit = source.visits.find(({ node }) => node === callee);
  return visit !== undefined && nameOf(callee) === 'require' && source.scopes.scopeOf('require', visit) === null;
}

/** A name for what stood without one: the last word of the specifier. */
export function localName(specifier: string): string {
  const words = specifier
    .replace(/\.\w+$/, '')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '');
  const word =
    isRelative(specifier) && words.at(-1) === 'index' ? (words.at(-2) ?? 'index') : (words.at(-1) ?? 'loaded');
  return /^\d/.test(word) ? `_${word}` : word;
}
