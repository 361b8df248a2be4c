/** How often a loop turns at most: where a counter grows with each turn up to a bound. */
import type { AnyNode, Expression } from 'acorn';
import { evaluate } from './expressions.ts';
import type { Machine } from './machine.ts';
import { nodesOf } from '../cells/nodes.ts';
import type { Scope } from './scope.ts';
import { maxOf, unknownLength, type Length } from './values.ts';

type Loop = AnyNode & { type: 'ForStatement' | 'WhileStatement' | 'DoWhileStatement' };

export function turnsOf(machine: Machine, loop: Loop, scope: Scope): Length {
  if (!loop.test) return unknownLength('');
  const bounds = conjuncts(loop.test).flatMap((test) => boundOf(machine, loop, test, scope) ?? []);
  if (bounds.length === 0) return unknownLength('');
  const max = Math.min(...bounds.map((bound) => bound.max)) + (loop.type === 'DoWhileStatement' ? 1 : 0);
  const [only] = bounds;
  const exact = loop.type === 'ForStatement' && only?.exact === true && only.alone && !leaves(loop.body);
  return { max, exact, what: '' };
}

/** Any of them ends the loop. */
function conjuncts(test: Expression): Expression[] {
  if (test.type !== 'LogicalExpression' || test.operator !== '&&') return [test];
  return [...conjuncts(test.left), ...conjuncts(test.right)];
}

/** `name < bound`, where `name` grows in each turn and nowhere else changes. */
function boundOf(
  machine: Machine,
  loop: Loop,
  test: Expression,
  scope: Scope,
): { max: number; exact: boolean; alone: boolean } | null {
  if (test.type !== 'BinaryExpression' || test.left.type !== 'Identifier') return null;
  if (test.operator !== '<' && test.operator !== '<=' && test.operator !== '!==') return null;
  const { name } = test.left;
  const step = stepOf(loop, name);
  const start = scope.get(name);
  const bound = evaluate(machine, test.right, scope);
  const max = maxOf(bound);
  if (step === null || start?.kind !== 'literal' || typeof start.value !== 'number' || max === null) return null;
  const turns = Math.ceil((max - start.value + (test.operator === '<=' ? 1 : 0)) / step);
  return { max: Math.max(0, turns), exact: bound.kind === 'literal', alone: test === loop.test };
}

/** What is added to it in each turn; null when that is not one number for sure. */
function stepOf(loop: Loop, name: string): number | null {
  const changes = [...nodesOf(loop)].filter((node) => changesIt(node, name));
  const [change] = changes;
  if (changes.length !== 1 || change === undefined || !inEveryTurn(loop, change)) return null;
  if (change.type === 'UpdateExpression') return change.operator === '++' ? 1 : null;
  if (change.type !== 'AssignmentExpression' || change.operator !== '+=') return null;
  return change.right.type === 'Literal' && typeof change.right.value === 'number' && change.right.value > 0
    ? change.right.value
    : null;
}

function changesIt(node: AnyNode, name: string): boolean {
  if (node.type === 'UpdateExpression') return node.argument.type === 'Identifier' && node.argument.name === name;
  return node.type === 'AssignmentExpression' && node.left.type === 'Identifier' && node.left.name === name;
}

/** As a statement of the loop's own body, with no `continue` that could jump over it, or as the loop's update. */
function inEveryTurn(loop: Loop, change: AnyNode): boolean {
  if (loop.type === 'ForStatement' && loop.update === change) return true;
  if (loop.body.type !== 'BlockStatement') return false;
  const at = loop.body.body.findIndex((part) => part.type === 'ExpressionStatement' && part.expression === change);
  if (at < 0) return false;
  return !loop.body.body
    .slice(0, at)
    .some((part) => [...nodesOf(part)].some(({ type }) => type === 'ContinueStatement'));
}

function leaves(body: AnyNode): boolean {
  return [...nodesOf(body)].some(({ type }) => type === 'BreakStatement' || type === 'ReturnStatement');
}
