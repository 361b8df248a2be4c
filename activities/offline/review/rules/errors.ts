/** Errors that vanish. */
import { commentsOn, lineAt, type Node } from '../source.ts';
import type { Rule, RuleContext } from '../rule.ts';
import { isFunction, methodOf, methodPlace, nameOf, type Visit } from '../tree.ts';

const CLEANUP =
  /^(?:unlink|rm|rmdir|rmSync|unlinkSync|rmdirSync|close|closeSync|destroy|kill|abort|end|dispose|terminate|disconnect|cancel|release|releaseLock)$/;

export const swallowedError: Rule = {
  id: 'swallowed-error',
  dimensions: ['bugs'],
  severity: 'medium',
  title: 'An error is swallowed by an empty catch',
  fix: 'Handle the error, rethrow it, or log it; say in a comment why when it may be ignored.',
  find: ({ node }) =>
    node.type === 'CatchClause' && node.body.body.length === 0
      ? 'Whatever the try block throws disappears here, so a failure looks like success.'
      : null,
  doubt: ({ node, ancestors }, context) => {
    const statement = ancestors[0];
    if (statement?.type !== 'TryStatement') return null;
    return explained(node, context) ?? cleanup(statement.block.body) ?? fallback(statement, ancestors[1]);
  },
};

export const swallowedRejection: Rule = {
  id: 'swallowed-rejection',
  dimensions: ['bugs'],
  severity: 'medium',
  title: 'A rejection is swallowed by an empty handler',
  fix: 'Handle or log the error in the handler.',
  place: methodPlace,
  find: ({ node, ancestors }) => {
    if (node.type !== 'CallExpression' || methodOf(node) !== 'catch' || node.arguments.length !== 1) return null;
    // Where the value is used, `.catch(() => undefined)` answers the failure instead of hiding it.
    const user = ancestors.find((above) => above.type !== 'AwaitExpression' && above.type !== 'ChainExpression');
    const isUnused =
      user?.type === 'ExpressionStatement' || (user?.type === 'UnaryExpression' && user.operator === 'void');
    return isUnused && isEmptyHandler(node.arguments[0]) ? 'The promise may fail and nobody will know.' : null;
  },
  doubt: ({ node }, context) => {
    const said = explained(node, context);
    if (said !== null || node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression') return said;
    const subject = withoutFinally(node.callee.object);
    if (subject.type === 'CallExpression') return cleanup([subject]);
    // `promise.catch(() => {})` as a statement only marks a promise as handled that somebody else awaits.
    const name = nameOf(subject);
    const uses = name === null ? 0 : context.source.text.split(name).length - 1;
    return name !== null && uses > 2
      ? `"${name}" is used in ${uses - 1} other places of this file; this line only prevents an unhandled rejection.`
      : null;
  },
};

export const finallyReturn: Rule = {
  id: 'finally-return',
  dimensions: ['bugs'],
  severity: 'high',
  title: 'A return in finally overrides errors',
  fix: 'Return after the try statement instead.',
  find: ({ node, ancestors }) => {
    if (node.type !== 'ReturnStatement') return null;
    let inner: Node = node;
    for (const above of ancestors) {
      if (isFunction(above)) return null;
      if (above.type === 'TryStatement' && above.finalizer === inner)
        return 'An error thrown in the try block is lost when finally returns.';
      inner = above;
    }
    return null;
  },
  doubt: ({ node }, context) => explained(node, context),
};

/** A comment inside, beside or right above says that it is meant. */
function explained(node: Node, { source }: RuleContext): string | null {
  const from = lineAt(source, node.start);
  const said = commentsOn(source, from - 1, lineAt(source, node.end));
  return said === '' ? null : `The code says that this is meant: "${said.slice(0, 160)}".`;
}

function cleanup(body: readonly Node[]): string | null {
  const [only] = body;
  if (body.length !== 1 || only === undefined) return null;
  let call: Node = only.type === 'ExpressionStatement' ? only.expression : only;
  if (call.type === 'AwaitExpression') call = call.argument;
  if (call.type === 'ChainExpression') call = call.expression;
  if (call.type !== 'CallExpression') return null;
  const name = methodOf(call) ?? nameOf(call.callee) ?? '';
  return CLEANUP.test(name) ? `It only cleans up (${name}); a failure of that changes nothing for the caller.` : null;
}

/** `try { return parse(x) } catch {}` and then `return undefined`: the failure has an answer. */
function fallback(
  statement: Extract<Node, { type: 'TryStatement' }>,
  parent: Visit['node'] | undefined,
): string | null {
  if (parent?.type !== 'BlockStatement' && parent?.type !== 'Program') return null;
  const body: readonly Node[] = parent.body;
  const next = body[body.indexOf(statement) + 1];
  const returns = statement.block.body.some((inner) => inner.type === 'ReturnStatement');
  if (!returns || (next?.type !== 'ReturnStatement' && next?.type !== 'ThrowStatement')) return null;
  return `After a failure the next statement ${next.type === 'ReturnStatement' ? 'returns another value' : 'throws'}, so it is not lost.`;
}

function isEmptyHandler(handler: Node | undefined): boolean {
  if (!isFunction(handler)) return false;
  return handler.body.type === 'BlockStatement' ? handler.body.body.length === 0 : isUndefined(handler.body);
}

/** The promise at the start of `promise.finally(…)`. */
function withoutFinally(node: Node): Node {
  const isFinally =
    node.type === 'CallExpression' && node.callee.type === 'MemberExpression' && methodOf(node) === 'finally';
  return isFinally && node.callee.type === 'MemberExpression' ? withoutFinally(node.callee.object) : node;
}

function isUndefined(node: Node): boolean {
  return (
    (node.type === 'Identifier' && node.name === 'undefined') ||
    (node.type === 'UnaryExpression' && node.operator === 'void')
  );
}
