/** Values of expressions, and the calls that evaluating them makes. */
import type {
  AnyNode,
  ArrayExpression,
  AssignmentExpression,
  CallExpression,
  ClassBody,
  Expression,
  MemberExpression,
  NewExpression,
  ObjectExpression,
  SpreadElement,
  Super,
} from 'acorn';
import { construct, isNative } from './globals.ts';
import { concat, grow, itemsOf } from './lists.ts';
import type { Machine } from './machine.ts';
import { memberOf, methodOf } from './members.ts';
import { binaryOf, unaryOf } from './operators.ts';
import { bind } from './patterns.ts';
import type { Scope } from './scope.ts';
import {
  clipped,
  data,
  join,
  listOf,
  literal,
  numberUpTo,
  objectOf,
  shownOf,
  text,
  truthOf,
  UNDEFINED,
  UNKNOWN,
  type List,
  type Value,
} from './values.ts';

export function evaluate(machine: Machine, node: AnyNode, scope: Scope): Value {
  machine.step();
  const value = (inner: AnyNode): Value => evaluate(machine, inner, scope);
  switch (node.type) {
    case 'Literal':
      return node.regex || typeof node.value === 'bigint' ? UNKNOWN : literal(node.value as string);
    case 'TemplateLiteral':
      return templateOf(
        node.quasis.map(({ value: { cooked } }) => cooked ?? ''),
        node.expressions.map(value),
      );
    case 'Identifier':
      return named(node.name, scope);
    case 'ThisExpression':
      return scope.get('this') ?? UNKNOWN;
    case 'ChainExpression':
    case 'ParenthesizedExpression':
      return value(node.expression);
    case 'AwaitExpression':
      return value(node.argument);
    case 'YieldExpression':
      return node.argument ? (value(node.argument), UNKNOWN) : UNKNOWN;
    case 'SequenceExpression':
      return node.expressions.map(value).at(-1) ?? UNDEFINED;
    case 'ArrayExpression':
      return { ...arrayOf(machine, node.elements, scope), born: machine.frame.factor };
    case 'ObjectExpression':
      return objectLiteral(machine, node, scope);
    case 'ArrowFunctionExpression':
      return { kind: 'closure', node, scope, self: scope.get('this') ?? null };
    case 'FunctionExpression':
      return { kind: 'closure', node, scope, self: null };
    case 'ClassExpression':
      return { kind: 'class', node, scope };
    case 'UnaryExpression':
      return unaryOf(node.operator, value(node.argument));
    case 'BinaryExpression':
      return binaryOf(node.operator, value(node.left), value(node.right));
    case 'LogicalExpression':
      return logical(machine, node, value);
    case 'ConditionalExpression':
      return choose(machine, value(node.test), node.consequent, node.alternate, value);
    case 'AssignmentExpression':
      return assign(machine, node, scope);
    case 'UpdateExpression':
      return updated(machine, node, scope);
    case 'TaggedTemplateExpression':
      return (node.quasi.expressions.map(value), UNKNOWN);
    case 'MemberExpression':
      return memberOf(value(node.object), keyOf(machine, node, scope), describe(node));
    case 'CallExpression':
      return callOf(machine, node, scope);
    case 'NewExpression':
      return newOf(machine, node, scope);
    default:
      return UNKNOWN;
  }
}

/** A name of the script, else one that is there without being declared. */
function named(name: string, scope: Scope): Value {
  const known = scope.get(name);
  if (known !== undefined) return known;
  if (name === 'undefined') return UNDEFINED;
  if (name === 'Infinity') return numberUpTo(null);
  return isNative(name) ? { kind: 'native', name } : data(name);
}

function templateOf(parts: readonly string[], holes: readonly Value[]): Value {
  const shown = parts
    .map((part, index) => part + (index < holes.length ? shownOf(holes[index] ?? UNKNOWN) : ''))
    .join('');
  return clipped(shown.includes('…') ? text(shown) : literal(shown));
}

function arrayOf(machine: Machine, elements: ArrayExpression['elements'], scope: Scope): List {
  const parts = elements.map((element): List => {
    if (element?.type !== 'SpreadElement')
      return listOf([element === null ? UNDEFINED : evaluate(machine, element, scope)]);
    return itemsOf(evaluate(machine, element.argument, scope), describe(element.argument));
  });
  return parts.reduce(concat, listOf([]));
}

function objectLiteral(machine: Machine, node: ObjectExpression, scope: Scope): Value {
  const members = new Map<string, Value>();
  let open = false;
  for (const part of node.properties) {
    if (part.type === 'SpreadElement') {
      const spread = evaluate(machine, part.argument, scope);
      if (spread.kind === 'object') for (const [name, member] of spread.members) members.set(name, member);
      open ||= spread.kind === 'object' ? spread.open : truthOf(spread) !== false;
      continue;
    }
    const key = part.computed ? shownOf(evaluate(machine, part.key, scope)) : nameOf(part.key);
    if (key.includes('…')) open = true;
    else members.set(key, evaluate(machine, part.value, scope));
  }
  return objectOf(members, open);
}

function nameOf(key: Expression | { type: 'PrivateIdentifier'; name: string }): string {
  if (key.type === 'Identifier' || key.type === 'PrivateIdentifier') return key.name;
  return key.type === 'Literal' ? String(key.value) : '…';
}

function logical(
  machine: Machine,
  { operator, left, right }: AnyNode & { type: 'LogicalExpression' },
  value: (node: AnyNode) => Value,
): Value {
  const first = value(left);
  if (operator === '??') {
    const missing = first.kind === 'literal' ? first.value === undefined || first.value === null : null;
    if (missing === true) return value(right);
    return missing === false || first.kind === 'list' || first.kind === 'object'
      ? skip(machine, right, first)
      : either(machine, first, right, value);
  }
  const truth = truthOf(first);
  if (truth === (operator === '||')) return skip(machine, right, first);
  if (truth !== null) return value(right);
  const second = machine.maybe(() => value(right));
  return operator === '&&' ? second : join(first, second);
}

function either(machine: Machine, first: Value, right: Expression, value: (node: AnyNode) => Value): Value {
  return join(
    first,
    machine.maybe(() => value(right)),
  );
}

function skip(machine: Machine, node: AnyNode, value: Value): Value {
  machine.book.skipped.push(node);
  return value;
}

function choose(machine: Machine, test: Value, yes: AnyNode, no: AnyNode, value: (node: AnyNode) => Value): Value {
  const truth = truthOf(test);
  if (truth === true) return skip(machine, no, value(yes));
  if (truth === false) return skip(machine, yes, value(no));
  const first = machine.maybe(() => value(yes));
  return join(
    first,
    machine.maybe(() => value(no)),
  );
}

function assign(machine: Machine, { operator, left, right }: AssignmentExpression, scope: Scope): Value {
  const given = evaluate(machine, right, scope);
  if (left.type === 'Identifier') {
    const before = scope.get(left.name) ?? UNDEFINED;
    const after =
      operator === '='
        ? given
        : /^(?:\?\?|\|\||&&)=$/.test(operator)
          ? join(before, given)
          : binaryOf(operator.slice(0, -1), before, given);
    scope.set(left.name, machine.frame.sure ? after : join(before, after));
    return after;
  }
  if (left.type === 'MemberExpression') {
    const object = evaluate(machine, left.object, scope);
    const key = keyOf(machine, left, scope);
    if (object.kind !== 'object') return given;
    if (key === null || operator !== '=') object.open = true;
    else object.members.set(key, machine.frame.sure ? given : join(object.members.get(key) ?? UNDEFINED, given));
    return given;
  }
  bind(
    left,
    given,
    (name, value) => scope.set(name, value),
    (node) => evaluate(machine, node, scope),
  );
  return given;
}

function updated(
  machine: Machine,
  { argument, operator }: AnyNode & { type: 'UpdateExpression' },
  scope: Scope,
): Value {
  if (argument.type !== 'Identifier') return numberUpTo(null);
  const before = scope.get(argument.name) ?? UNKNOWN;
  const after = machine.frame.sure ? binaryOf(operator === '++' ? '+' : '-', before, literal(1)) : numberUpTo(null);
  scope.set(argument.name, after);
  return before;
}

function keyOf(machine: Machine, { computed, property }: MemberExpression, scope: Scope): string | null {
  if (!computed) return property.type === 'Identifier' || property.type === 'PrivateIdentifier' ? property.name : null;
  const key = evaluate(machine, property, scope);
  return key.kind === 'literal' ? String(key.value) : null;
}

function callOf(machine: Machine, node: CallExpression, scope: Scope): Value {
  machine.book.visited.add(node.start);
  const { callee } = node;
  if (callee.type !== 'MemberExpression') {
    const called = callee.type === 'Super' ? UNKNOWN : evaluate(machine, callee, scope);
    return machine.call(called, argumentsOf(machine, node, scope), node);
  }
  const object = callee.object.type === 'Super' ? UNKNOWN : evaluate(machine, callee.object, scope);
  const key = keyOf(machine, callee, scope);
  if (object.kind === 'list' && (key === 'push' || key === 'unshift'))
    return (grow(machine, object, arrayOf(machine, node.arguments, scope)), numberUpTo(object.length.max));
  const args = argumentsOf(machine, node, scope);
  const result =
    key === null ? null : methodOf(machine, object, key, { args, at: node, what: describe(callee.object) });
  if (result !== null) return result;
  const method = memberOf(object, key, describe(callee));
  const bound: Value = method.kind === 'closure' && method.self === null ? { ...method, self: object } : method;
  return machine.call(bound, args, node);
}

/** What `...list` gives stands for all that follows. */
function argumentsOf(machine: Machine, { arguments: given }: CallExpression | NewExpression, scope: Scope): Value[] {
  return given.flatMap((arg: Expression | SpreadElement) => {
    if (arg.type !== 'SpreadElement') return [evaluate(machine, arg, scope)];
    const spread = evaluate(machine, arg.argument, scope);
    if (spread.kind !== 'list') return [UNKNOWN];
    return spread.items ?? [spread.each];
  });
}

function newOf(machine: Machine, node: NewExpression, scope: Scope): Value {
  const { callee } = node;
  const args = argumentsOf(machine, node, scope);
  const made = evaluate(machine, callee, scope);
  if (made.kind === 'native') return construct(machine, made.name, args, node);
  if (made.kind !== 'class') return UNKNOWN;
  const object = objectOf([], true);
  fill(machine, made.node.body, made.scope, object);
  const { members } = object as Extract<Value, { kind: 'object' }>;
  const init = members.get('constructor');
  if (init !== undefined) machine.call(init, args, node);
  return object;
}

function fill(machine: Machine, { body }: ClassBody, scope: Scope, object: Value): void {
  if (object.kind !== 'object') return;
  for (const part of body) {
    if (part.type === 'StaticBlock' || part.static || part.computed) continue;
    const value: Value =
      part.type === 'MethodDefinition'
        ? { kind: 'closure', node: part.value, scope, self: object }
        : part.value
          ? evaluate(machine, part.value, scope)
          : UNDEFINED;
    object.members.set(nameOf(part.key), value);
  }
}

/** `review.findings` for a person; what is long is cut. */
export function describe(node: Expression | Super): string {
  if (node.type === 'Identifier') return node.name;
  if (node.type === 'MemberExpression' && !node.computed && node.property.type === 'Identifier') {
    const object = describe(node.object);
    return object === '' ? node.property.name : `${object}.${node.property.name}`;
  }
  if (node.type === 'CallExpression')
    return node.callee.type === 'MemberExpression' ? describe(node.callee.object) : describe(node.callee);
  if (node.type === 'ChainExpression' || node.type === 'ParenthesizedExpression') return describe(node.expression);
  if (node.type === 'AwaitExpression') return describe(node.argument);
  return node.type === 'LogicalExpression' ? describe(node.left) : '';
}
