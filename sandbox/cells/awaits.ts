/**
 * Host calls that nobody awaits are awaited (RL-04).
 *
 *  A1  Nothing is awaited that is meant as a promise: operands of `await`, `.then(…)`, items and arguments of `Promise.all`
 *      and `parallel`, and names that the cell itself treats so.
 *  A2  Lists of promises are awaited as one, so they stay parallel.
 *  A3  Calls of other functions are awaited only where they stand alone at the cell's own level: between the parts of an
 *      async function that runs many times at once, a new `await` could lose updates.
 */
import type { AnyNode, ArrayExpression, AssignmentExpression, CallExpression, VariableDeclarator } from 'acorn';
import { refuseModules } from './modules.ts';
import { PROMISE_METHODS, SYNCHRONOUS } from './names.ts';
import { isFunction, propertyName, rootName, type FunctionNode } from './nodes.ts';
import { combines, holdsPromises, isPromiseCall, mapKind, promiseRoot, type MapCall } from './promises.ts';
import type { Level, Place, Rewrite, Role } from './rewrite.ts';

export function awaitRule(node: AnyNode, place: Place, rewrite: Rewrite): boolean {
  const { level, role } = place;
  const { visit } = rewrite;
  refuseModules(node, rewrite);
  if (isFunction(node)) return functionParts(node, node.async, rewrite);
  switch (node.type) {
    case 'BlockStatement':
      guardList(node.body, rewrite);
      return false;
    case 'SwitchCase':
      guardList(node.consequent, rewrite);
      return false;
    case 'StaticBlock':
      guardList(node.body, rewrite);
      for (const part of node.body) visit(part, { level: 'sync', role: 'value' });
      return true;
    case 'PropertyDefinition':
      if (node.computed) visit(node.key, { level, role: 'value' });
      visit(node.value, { level: 'sync', role: 'value' });
      return true;
    case 'ExpressionStatement':
      visit(node.expression, { level, role: 'statement' });
      return true;
    case 'VariableDeclarator':
    case 'AssignmentExpression':
      return assignment(node, level, rewrite);
    case 'CallExpression':
      return call(node, place, rewrite);
    case 'ArrayExpression':
      return array(node, place, rewrite);
    default:
      return operands(node, level, role, rewrite);
  }
}

/** Nodes that only pass on what is wanted of them, or want something particular of one child. */
function operands(node: AnyNode, level: Level, role: Role, { edits, code, visit }: Rewrite): boolean {
  const outer = role === 'operand' ? 'value' : role;
  switch (node.type) {
    case 'AwaitExpression':
      visit(node.argument, { level, role: 'awaited' });
      return true;
    case 'ChainExpression':
      visit(node.expression, { level, role });
      return true;
    case 'SpreadElement':
      visit(node.argument, { level, role: role === 'promise' ? 'list' : 'value' });
      return true;
    case 'ConditionalExpression':
      visit(node.test, { level, role: 'value' });
      visit(node.consequent, { level, role: outer });
      visit(node.alternate, { level, role: outer });
      return true;
    case 'LogicalExpression':
      visit(node.left, { level, role: outer });
      visit(node.right, { level, role: outer });
      return true;
    case 'SequenceExpression':
      for (const part of node.expressions)
        visit(part, { level, role: part === node.expressions.at(-1) ? outer : 'statement' });
      return true;
    case 'MemberExpression':
      visit(node.object, { level, role: PROMISE_METHODS.has(propertyName(node) ?? '') ? 'promise' : 'operand' });
      if (node.computed) visit(node.property, { level, role: 'value' });
      return true;
    case 'TaggedTemplateExpression':
      visit(node.tag, { level, role: 'operand' });
      visit(node.quasi, { level, role: 'value' });
      return true;
    case 'BinaryExpression':
      visit(node.left, { level, role: node.operator === '**' ? 'operand' : 'value' });
      visit(node.right, { level, role: 'value' });
      return true;
    case 'ClassDeclaration':
    case 'ClassExpression':
      visit(node.superClass, { level, role: 'operand' });
      visit(node.body, { level, role: 'value' });
      return true;
    case 'UnaryExpression':
      if (node.operator === 'typeof' && node.argument.type === 'Identifier') {
        const { name, start, end } = node.argument;
        const text = code.slice(start, end);
        // The context is an object of the prelude that answers to `typeof` like the text it stands for.
        if (name !== 'arguments') edits.before(node.start, `(typeof ${text}==="object"?__kind(${text}):`);
        if (name !== 'arguments') edits.after(node.end, ')');
        return true;
      }
      return false;
    default:
      return false;
  }
}

/** Parameters cannot await, whatever the function is. */
function functionParts(node: FunctionNode, async: boolean, { visit }: Rewrite): boolean {
  for (const param of node.params) visit(param, { level: 'sync', role: 'value' });
  visit(node.body, { level: async ? 'async' : 'sync', role: 'awaited' });
  return true;
}

function guardList(statements: readonly AnyNode[], { edits }: Rewrite): void {
  for (const statement of statements) if (statement.type === 'ExpressionStatement') edits.guard(statement.start);
}

function assignment(node: VariableDeclarator | AssignmentExpression, level: Level, rewrite: Rewrite): boolean {
  const [target, value] = node.type === 'VariableDeclarator' ? [node.id, node.init] : [node.left, node.right];
  const kept = rewrite.facts.kept.has(rootName(target) ?? '');
  rewrite.visit(target, { level, role: 'value' });
  rewrite.visit(value, { level, role: kept ? 'promise' : 'statement' });
  return true;
}

function array(node: ArrayExpression, place: Place, rewrite: Rewrite): boolean {
  const { level, role } = place;
  const combined = role === 'promise' || role === 'list';
  const wraps = !combined && level !== 'sync' && holdsPromises(node, rewrite.facts);
  if (wraps) awaitAll(node, place, rewrite);
  for (const item of node.elements) rewrite.visit(item, { level, role: combined || wraps ? 'promise' : 'value' });
  return true;
}

function call(node: CallExpression, place: Place, rewrite: Rewrite): boolean {
  const { level, role } = place;
  const map = level === 'sync' ? null : mapKind(node, rewrite.facts);
  if (map !== null) awaitAll(node, place, rewrite);
  else if (wantsAwait(node, place, rewrite)) surround(node, 'await ', '', role, rewrite);
  else if (level === 'sync' && role === 'operand' && isPromiseCall(node)) {
    if (rewrite.unawaited === null || node.start < rewrite.unawaited.start) rewrite.unawaited = node;
  }
  visitCall(node, level, map, rewrite);
  return true;
}

function visitCall(node: CallExpression, level: Level, map: MapCall | null, rewrite: Rewrite): void {
  const { edits, facts, visit } = rewrite;
  const { callee } = node;
  visit(callee, { level, role: 'operand' });
  const pushes = propertyName(callee) === 'push' && facts.kept.has(rootName(callee) ?? '');
  const role = combines(node) ? 'list' : pushes ? 'promise' : 'value';
  for (const argument of node.arguments) {
    if (map?.kind === 'values' && argument === map.callback && isFunction(argument)) {
      edits.before(argument.start, 'async ');
      functionParts(argument, true, rewrite);
    } else visit(argument, { level, role });
  }
}

function wantsAwait(node: CallExpression, { level, role }: Place, { facts }: Rewrite): boolean {
  if (level === 'sync' || role === 'promise' || role === 'awaited') return false;
  if (isPromiseCall(node)) return true;
  if (role !== 'statement') return false;
  const { callee } = promiseRoot(node);
  if (isFunction(callee)) return callee.async && !callee.generator;
  if (callee.type !== 'Identifier') return false;
  return facts.asynchronous.has(callee.name) || (level === 'cell' && !SYNCHRONOUS.has(callee.name));
}

/** Makes a list of promises a list of values. */
function awaitAll(node: AnyNode, { role }: Place, rewrite: Rewrite): void {
  if (role === 'promise' || role === 'list') return;
  surround(node, role === 'awaited' ? 'Promise.all(' : 'await Promise.all(', ')', role, rewrite);
}

function surround(node: AnyNode, before: string, after: string, role: Role, { edits }: Rewrite): void {
  const parenthesised = role === 'operand';
  edits.before(node.start, parenthesised ? `(${before}` : before);
  edits.after(node.end, parenthesised ? `${after})` : after);
}
