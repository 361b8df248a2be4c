/** Work that grows faster than it has to, or blocks everything else. */
import { importOf } from '../bindings.ts';
import type { Node } from '../source.ts';
import type { Rule, RuleContext } from '../rule.ts';
import { isConstant, isFunction, listOf, loopAround, methodOf, methodPlace, nameOf, type Visit } from '../tree.ts';

const SCRIPT_PATH =
  /(?:^|\/)(?:bin|scripts?|tools|build|tests?|__tests__|bench(?:marks)?)\/|\.(?:test|spec|config)\.[cm]?[jt]s$/;
const SMALL = 16;

export const syncInLoop: Rule = {
  id: 'sync-io-in-loop',
  dimensions: ['performance'],
  severity: 'medium',
  title: 'Blocking I/O runs inside a loop',
  fix: 'Use the asynchronous form, with bounded parallelism.',
  find: (visit, context) => {
    const name = syncCall(visit.node, context);
    return name !== null && loopAround(visit) !== null
      ? `${name} stops the whole process for each round of the loop.`
      : null;
  },
  doubt: (visit, context) => script(context) ?? fixedList(visit, context),
};

export const quadraticCopy: Rule = {
  id: 'quadratic-copy',
  dimensions: ['performance'],
  severity: 'medium',
  title: 'A collection is copied in every round of a loop',
  fix: 'Push into one array, or assign into one object.',
  place: (node) => (node.type === 'AssignmentExpression' ? node.start : methodPlace(node)),
  find: (visit) => {
    const name = copiedName(visit);
    return name !== null
      ? `"${name}" is copied whole for each item, so the time grows with the square of the items.`
      : null;
  },
  doubt: (visit, context) => script(context) ?? fixedList(visit, context),
};

/** `readFileSync`, `execSync` … of Node's own modules. */
function syncCall(node: Node, { bindings }: RuleContext): string | null {
  if (node.type !== 'CallExpression') return null;
  const origin = importOf(node.callee, bindings);
  const match = /^(?:fs|child_process)#(\w+Sync)$/.exec(origin ?? '');
  return match?.[1] ?? null;
}

/** `all = [...all, x]`, `all = all.concat(x)`, `all = {...all, k: v}` in a loop, and the same as a reducer's result. */
function copiedName(visit: Visit): string | null {
  const { node } = visit;
  if (node.type === 'AssignmentExpression' && node.operator === '=' && node.left.type === 'Identifier') {
    return loopAround(visit) !== null && isCopyOf(node.left.name, node.right) ? node.left.name : null;
  }
  if (node.type !== 'CallExpression' || methodOf(node) !== 'reduce') return null;
  const reducer = node.arguments[0];
  if (!isFunction(reducer)) return null;
  const name = reducer.params[0]?.type === 'Identifier' ? reducer.params[0].name : null;
  return name !== null && resultsOf(reducer.body).some((result) => isCopyOf(name, result)) ? name : null;
}

function isCopyOf(name: string, value: Node): boolean {
  // `[...all]` alone is a copy on purpose; with something added it is how a list grows.
  if (value.type === 'ArrayExpression') {
    return value.elements.length > 1 && value.elements.some((element) => element !== null && isSpreadOf(name, element));
  }
  if (value.type === 'ObjectExpression')
    return value.properties.length > 1 && value.properties.some((property) => isSpreadOf(name, property));
  return value.type === 'CallExpression' && methodOf(value) === 'concat' && nameOf(value.callee) === `${name}.concat`;
}

function isSpreadOf(name: string, node: Node): boolean {
  return node.type === 'SpreadElement' && nameOf(node.argument) === name;
}

function resultsOf(body: Node): Node[] {
  if (body.type !== 'BlockStatement') return [body];
  return body.body.flatMap((statement) =>
    statement.type === 'ReturnStatement' && statement.argument ? [statement.argument] : [],
  );
}

function script({ source }: RuleContext): string | null {
  if (SCRIPT_PATH.test(source.path))
    return `${source.path} is a script or a test: it runs alone, and nobody waits behind it.`;
  return source.text.startsWith('#!')
    ? 'The file is a command of its own: it runs alone, and nobody waits behind it.'
    : null;
}

function fixedList(visit: Visit, { source, bindings }: RuleContext): string | null {
  const loop =
    visit.node.type === 'CallExpression' && methodOf(visit.node) === 'reduce' ? visit.node : loopAround(visit);
  const list = loop === null ? null : listOf(loop);
  const name = list?.type === 'Identifier' ? list.name : null;
  const value = name === null ? list : bindings.constants.get(name);
  if (value?.type !== 'ArrayExpression' || !isConstant(value, bindings.constants)) return null;
  const grows =
    name !== null && new RegExp(`\\b${name.replaceAll('$', '\\$')}\\.(?:push|unshift|splice)\\b`).test(source.text);
  const { length } = value.elements;
  return length === 0 || length > SMALL || grows ? null : `The loop runs over a fixed list of ${length} items.`;
}
