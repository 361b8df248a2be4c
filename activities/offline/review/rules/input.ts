/** Input that is trusted to be well-formed. */
import { importOf } from '../bindings.ts';
import type { Node } from '../source.ts';
import type { Rule, RuleContext } from '../rule.ts';
import { isFunction, nameOf, walk, type Visit } from '../tree.ts';

const OUTSIDE_NAME = /(?:^|\.)(?:body|stdin|stdout|argv|env)(?:\.|$)|^process\.(?:argv|env)/;
const OWN_FILE = /__dirname|__filename|import\.meta|require\.resolve|package\.json/;

export const uncheckedJson: Rule = {
  id: 'unchecked-json',
  dimensions: ['bugs', 'security'],
  severity: 'low',
  title: 'Outside input is parsed without a guard',
  fix: 'Catch the SyntaxError and say which input was wrong.',
  find: (visit, context) => {
    const { node } = visit;
    if (node.type !== 'CallExpression' || nameOf(node.callee) !== 'JSON.parse') return null;
    const input = node.arguments[0];
    if (input === undefined || isGuarded(visit) || !isOutside(input, context)) return null;
    return 'Input that is not JSON throws a SyntaxError here which names neither the input nor its origin.';
  },
  doubt: ({ node }, { source, bindings }) => {
    const input = node.type === 'CallExpression' ? node.arguments[0] : undefined;
    const value = input === undefined ? undefined : valueOf(input, { source, bindings });
    const text = value === undefined ? '' : source.text.slice(value.start, value.end);
    if (OWN_FILE.test(text)) return 'The file is part of this package, so its content is known.';
    const names =
      value === undefined
        ? []
        : [...walk(value)].flatMap(({ node: inner }) => (inner.type === 'Identifier' ? [inner.name] : []));
    const own = names.find((name) => {
      const constant = bindings.constants.get(name);
      return constant !== undefined && OWN_FILE.test(source.text.slice(constant.start, constant.end));
    });
    return own === undefined ? null : `"${own}" names a file of this package, so its content is known.`;
  },
};

function isOutside(input: Node, context: RuleContext): boolean {
  const value = valueOf(input, context);
  for (const { node } of walk(value)) {
    if (
      node.type === 'CallExpression' &&
      /^fs(?:\/promises)?#(?:promises\.)?readFile(?:Sync)?$/.test(importOf(node.callee, context.bindings) ?? '')
    )
      return true;
    if (node.type === 'MemberExpression' && OUTSIDE_NAME.test(nameOf(node) ?? '')) return true;
  }
  return false;
}

/** The value of a `const`, or the node itself. */
function valueOf(node: Node, { bindings }: Pick<RuleContext, 'bindings'> & { source: unknown }): Node {
  return node.type === 'Identifier' ? (bindings.constants.get(node.name) ?? node) : node;
}

/** In a try block of the same function, or in a promise chain that ends in a catch. */
function isGuarded({ node, ancestors }: Visit): boolean {
  let inner: Node = node;
  for (const above of ancestors) {
    if (above.type === 'TryStatement' && above.block === inner && above.handler) return true;
    if (isFunction(above)) return false;
    inner = above;
  }
  return false;
}
