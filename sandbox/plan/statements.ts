/** Statements: in their order, loops by how often they turn. */
import type { AnyNode, ForStatement, Program, Statement } from 'acorn';
import { PLAN } from '../../protocol/limits.ts';
import { describe, evaluate } from './expressions.ts';
import { itemsOf } from './lists.ts';
import { turnsOf } from './loops.ts';
import { scopeOf, type Machine } from './machine.ts';
import { bind } from './patterns.ts';
import { assignedIn, Scope } from './scope.ts';
import {
  join,
  numberUpTo,
  UNDEFINED,
  UNKNOWN,
  truthOf,
  isNumber,
  type Closure,
  type Length,
  type Value,
} from './values.ts';

/** What a list of statements comes to: `left` is known to leave it early. */
interface End {
  returned: Value | null;
  left: boolean;
}

const ON: End = { returned: null, left: false };

export function program(machine: Machine, whole: Program, scope: Scope): void {
  block(machine, whole.body as Statement[], scope);
}

export function body(machine: Machine, closure: Closure, args: readonly Value[]): Value {
  const scope = scopeOf(closure);
  const { node } = closure;
  for (const [index, param] of node.params.entries()) {
    const given = args[index] ?? UNDEFINED;
    if (param.type === 'RestElement')
      bind(
        param.argument,
        UNKNOWN,
        (name, value) => scope.declare(name, value),
        () => UNKNOWN,
      );
    else
      bind(
        param,
        given,
        (name, value) => scope.declare(name, value),
        (part) => evaluate(machine, part, scope),
      );
  }
  if (node.body.type !== 'BlockStatement') return evaluate(machine, node.body, scope);
  return block(machine, node.body.body, scope).returned ?? UNDEFINED;
}

function block(machine: Machine, statements: readonly Statement[], scope: Scope): End {
  for (const node of statements) hoist(node, scope);
  let end = ON;
  for (const [index, node] of statements.entries()) {
    const next = statement(machine, node, scope);
    end = { returned: joined(end.returned, next.returned), left: next.left };
    if (!next.left) continue;
    for (const rest of statements.slice(index + 1))
      if (rest.type !== 'FunctionDeclaration') machine.book.skipped.push(rest);
    break;
  }
  return end;
}

function joined(a: Value | null, b: Value | null): Value | null {
  if (a === null || b === null) return a ?? b;
  return join(a, b);
}

function hoist(node: Statement, scope: Scope): void {
  if (node.type === 'FunctionDeclaration') scope.declare(node.id.name, { kind: 'closure', node, scope, self: null });
  if (node.type === 'ClassDeclaration') scope.declare(node.id.name, { kind: 'class', node, scope });
}

function statement(machine: Machine, node: Statement, scope: Scope): End {
  machine.step();
  switch (node.type) {
    case 'ExpressionStatement':
      return (evaluate(machine, node.expression, scope), ON);
    case 'VariableDeclaration':
      for (const { id, init } of node.declarations) {
        const value = init ? evaluate(machine, init, scope) : UNDEFINED;
        const kind = node.kind === 'var' ? 'var' : 'let';
        bind(
          id,
          value,
          (name, part) => scope.declare(name, part, kind),
          (part) => evaluate(machine, part, scope),
        );
      }
      return ON;
    case 'ReturnStatement':
      return { returned: node.argument ? evaluate(machine, node.argument, scope) : UNDEFINED, left: true };
    case 'ThrowStatement':
      return (evaluate(machine, node.argument, scope), { returned: null, left: true });
    case 'BreakStatement':
    case 'ContinueStatement':
      return { returned: null, left: true };
    case 'BlockStatement':
      return block(machine, node.body, new Scope(scope));
    case 'LabeledStatement':
      return statement(machine, node.body, scope);
    case 'IfStatement':
      return branch(machine, node, scope);
    case 'TryStatement':
      return attempt(machine, node, scope);
    case 'SwitchStatement':
      evaluate(machine, node.discriminant, scope);
      for (const { consequent } of node.cases) machine.maybe(() => block(machine, consequent, new Scope(scope)));
      return ON;
    case 'ForOfStatement':
    case 'ForInStatement':
      return walked(machine, node, scope);
    case 'ForStatement':
    case 'WhileStatement':
    case 'DoWhileStatement':
      return turned(machine, node, scope);
    default:
      return ON;
  }
}

function branch(machine: Machine, node: Statement & { type: 'IfStatement' }, scope: Scope): End {
  const truth = truthOf(evaluate(machine, node.test, scope));
  const { consequent, alternate } = node;
  if (truth !== null) {
    const [taken, other] = truth ? [consequent, alternate] : [alternate, consequent];
    if (other) machine.book.skipped.push(other);
    return taken ? statement(machine, taken, scope) : ON;
  }
  const phase = machine.phase;
  const yes = machine.maybe(() => statement(machine, consequent, scope));
  if (alternate) machine.phase = phase;
  const no = alternate ? machine.maybe(() => statement(machine, alternate, scope)) : ON;
  return { returned: joined(yes.returned, no.returned), left: yes.left && no.left };
}

function attempt(machine: Machine, node: Statement & { type: 'TryStatement' }, scope: Scope): End {
  const tried = block(machine, node.block.body, new Scope(scope));
  const { handler, finalizer } = node;
  let caught = ON;
  if (handler) {
    const inner = new Scope(scope);
    if (handler.param)
      bind(
        handler.param,
        UNKNOWN,
        (name, value) => inner.declare(name, value),
        () => UNKNOWN,
      );
    caught = machine.maybe(() => block(machine, handler.body.body, inner));
  }
  if (finalizer) block(machine, finalizer.body, new Scope(scope));
  return { returned: joined(tried.returned, caught.returned), left: tried.left && (!handler || caught.left) };
}

/** `for … of`: few items one by one, many at once. */
function walked(machine: Machine, node: Statement & { type: 'ForOfStatement' | 'ForInStatement' }, scope: Scope): End {
  const list = itemsOf(evaluate(machine, node.right, scope), describe(node.right));
  const { left } = node;
  let end = ON;
  const visit = (item: Value): Value => {
    const inner = new Scope(scope);
    const pattern = left.type === 'VariableDeclaration' ? left.declarations[0]?.id : left;
    const set = (name: string, value: Value) =>
      left.type === 'VariableDeclaration' ? inner.declare(name, value) : scope.set(name, value);
    if (pattern !== undefined) bind(pattern, item, set, (part) => evaluate(machine, part, scope));
    const turn = statement(machine, node.body, inner);
    end = { returned: joined(end.returned, turn.returned), left: false };
    return UNKNOWN;
  };
  if (node.type === 'ForInStatement' || list.items === null || list.items.length > PLAN.unrolled)
    forget(machine, node.body, scope);
  machine.each(list, node.type === 'ForInStatement' ? () => visit(UNKNOWN) : visit);
  return end;
}

function turned(
  machine: Machine,
  node: Statement & { type: 'ForStatement' | 'WhileStatement' | 'DoWhileStatement' },
  scope: Scope,
): End {
  const inner = new Scope(scope);
  if (node.type === 'ForStatement' && node.init) first(machine, node.init, inner);
  const turns = turnsOf(machine, node, inner);
  if (turns.max === 0 && node.type !== 'DoWhileStatement') {
    machine.book.skipped.push(node.body);
    return ON;
  }
  forget(machine, node, inner);
  const length: Length = { ...turns, what: turns.what || `turns of the loop of line ${machine.book.lineOf(node)}` };
  const end = machine.repeated(length, () => {
    if (node.test) evaluate(machine, node.test, inner);
    const turn = statement(machine, node.body, new Scope(inner));
    if (node.type === 'ForStatement' && node.update) evaluate(machine, node.update, inner);
    return turn;
  });
  return { returned: end.returned, left: false };
}

function first(machine: Machine, init: NonNullable<ForStatement['init']>, scope: Scope): void {
  if (init.type === 'VariableDeclaration') statement(machine, init, scope);
  else evaluate(machine, init, scope);
}

/** What a loop assigns may be anything by its second turn. */
function forget(machine: Machine, node: AnyNode, scope: Scope): void {
  machine.step();
  for (const name of assignedIn(node)) {
    const before = scope.get(name);
    if (before !== undefined)
      scope.set(name, isNumber(before) ? numberUpTo(null) : before.kind === 'list' ? before : UNKNOWN);
  }
}
