/** Promises that nobody waits for. */
import { commentsOn, lineAt, type Node } from '../source.ts';
import type { Rule, RuleContext } from '../rule.ts';
import { isFunction, methodOf, methodPlace, nameOf, type FunctionNode, type Visit } from '../tree.ts';

const MEANT =
  /intention|deliberate|fire.and.forget|no.?await|not await|without await|do not wait|don't wait|background|no-floating-promises|detached/i;

export const floatingPromise: Rule = {
  id: 'floating-promise',
  dimensions: ['bugs'],
  severity: 'high',
  title: 'A promise is neither awaited nor handled',
  fix: 'Await the call, return its promise, or handle its rejection; write void in front when it is meant.',
  find: (visit, context) => {
    const target = floatingCall(visit, context);
    return target === null
      ? null
      : `"${target.name}" is async: nobody waits for it here, and its rejection is unhandled.`;
  },
  doubt: (visit, context) => {
    const said = commentAt(visit.node, context);
    if (MEANT.test(said)) return `A comment says that nobody has to wait: "${said.slice(0, 160)}".`;
    const target = floatingCall(visit, context);
    return target !== null && handlesAll(target.body)
      ? `"${target.name}" catches every error itself, so the promise cannot reject; nothing after the call depends on it.`
      : null;
  },
};

export const asyncCallback: Rule = {
  id: 'async-callback',
  dimensions: ['bugs'],
  severity: 'high',
  title: 'forEach does not wait for an async callback',
  fix: 'Use for … of with await, or Promise.all over map.',
  place: methodPlace,
  find: ({ node }) => {
    if (node.type !== 'CallExpression' || methodOf(node) !== 'forEach') return null;
    const callback = node.arguments[0];
    return isFunction(callback) && callback.async
      ? 'The loop ends before its callbacks do, and their errors are unhandled rejections.'
      : null;
  },
  doubt: ({ node }, context) => {
    const said = commentAt(node, context);
    if (MEANT.test(said)) return `A comment says that nobody has to wait: "${said.slice(0, 160)}".`;
    const callback = node.type === 'CallExpression' ? node.arguments[0] : undefined;
    return isFunction(callback) && handlesAll(callback) ? 'The callback catches every error itself.' : null;
  },
};

export const asyncExecutor: Rule = {
  id: 'async-executor',
  dimensions: ['bugs'],
  severity: 'medium',
  title: 'Errors of an async promise executor are lost',
  fix: 'Do the async work before creating the promise, or catch and call reject.',
  find: ({ node }) => {
    if (node.type !== 'NewExpression' || nameOf(node.callee) !== 'Promise') return null;
    const executor = node.arguments[0];
    return isFunction(executor) && executor.async
      ? 'What the executor throws after its first await neither rejects this promise nor is handled.'
      : null;
  },
  doubt: ({ node }) => {
    const executor = node.type === 'NewExpression' ? node.arguments[0] : undefined;
    return isFunction(executor) && handlesAll(executor) ? 'The executor catches every error itself.' : null;
  },
};

interface Target {
  name: string;
  body: FunctionNode;
}

/** The async function of this file whose call is a statement of its own. */
function floatingCall({ node, ancestors }: Visit, context: RuleContext): Target | null {
  if (node.type !== 'ExpressionStatement' || node.expression.type !== 'CallExpression') return null;
  const { callee } = node.expression;
  if (callee.type === 'Identifier') {
    const body = context.bindings.functions.get(callee.name);
    return body?.async === true && !body.generator ? { name: callee.name, body } : null;
  }
  if (
    callee.type !== 'MemberExpression' ||
    callee.object.type !== 'ThisExpression' ||
    callee.property.type !== 'Identifier'
  )
    return null;
  return ownMethod(callee.property.name, ancestors);
}

/** `this.name` where `this` is the class around: an async method that it has exactly once. */
function ownMethod(name: string, ancestors: readonly Node[]): Target | null {
  for (const [index, above] of ancestors.entries()) {
    if (above.type === 'FunctionDeclaration') return null;
    if (above.type === 'FunctionExpression' && ancestors[index + 1]?.type !== 'MethodDefinition') return null;
    if (above.type !== 'ClassBody') continue;
    const methods = above.body.filter((member) => member.type === 'MethodDefinition' && nameOf(member.key) === name);
    const [method] = methods;
    const body = method?.type === 'MethodDefinition' ? method.value : undefined;
    return methods.length === 1 && body?.async === true && !body.generator ? { name: `this.${name}`, body } : null;
  }
  return null;
}

/** The body is one try statement whose catch does not throw again. */
function handlesAll(target: FunctionNode): boolean {
  if (target.body.type !== 'BlockStatement') return false;
  const statements: readonly Node[] = target.body.body;
  const [only] = statements;
  if (statements.length !== 1 || only?.type !== 'TryStatement' || !only.handler) return false;
  return !only.handler.body.body.some(
    (statement) => statement.type === 'ThrowStatement' || statement.type === 'IfStatement',
  );
}

function commentAt(node: Node, { source }: RuleContext): string {
  const line = lineAt(source, node.start);
  return commentsOn(source, line - 1, line);
}
