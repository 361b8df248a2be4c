/** Text from outside that becomes code, and doors left open. */
import { importOf } from '../bindings.ts';
import type { Node } from '../source.ts';
import type { Rule, RuleContext } from '../rule.ts';
import { isConstant, isFunction, nameOf, type Visit } from '../tree.ts';

const SHELLS = /^child_process#(?:exec|execSync)$/;
const SPAWNS = /^child_process#(?:spawn|spawnSync|execFile|execFileSync)$/;
const QUOTED = /(?:quote|escape|shq|shellescape)/i;
const SECRET = /(?:token|secret|password|passwd|nonce|session_?id|api_?key|salt)/i;

export const shellString: Rule = {
  id: 'shell-string',
  dimensions: ['security'],
  severity: 'high',
  title: 'A shell command is built from variables',
  fix: 'Use execFile or spawn with a list of arguments and no shell.',
  find: ({ node }, context) => {
    const command = shellCommand(node, context);
    const parts = command === null ? [] : variableParts(command);
    return parts.length > 0
      ? 'The shell reads what is put into the command: a space, a quote or a semicolon in it changes what runs.'
      : null;
  },
  doubt: ({ node }, context) => {
    const command = shellCommand(node, context);
    const parts = command === null ? [] : variableParts(command);
    if (parts.every((part) => isConstant(part, context.bindings.constants)))
      return 'Everything that is put into the command is a constant of this file.';
    const isQuoted = (part: Node): boolean => part.type === 'CallExpression' && QUOTED.test(nameOf(part.callee) ?? '');
    return parts.every((part) => isQuoted(part) || isConstant(part, context.bindings.constants))
      ? 'Every variable part is quoted for the shell.'
      : null;
  },
};

export const dynamicCode: Rule = {
  id: 'dynamic-code',
  dimensions: ['security'],
  severity: 'high',
  title: 'Text is run as code',
  fix: 'Parse the text as data, or look the function up in a table.',
  find: ({ node }) => {
    const text = codeArgument(node);
    return text !== null && text.type !== 'Literal' ? 'Whoever controls this text controls the process.' : null;
  },
  doubt: ({ node }, { bindings }) => {
    const text = codeArgument(node);
    return text !== null && isConstant(text, bindings.constants) ? 'The text is a constant of this file.' : null;
  },
};

export const tlsOff: Rule = {
  id: 'tls-off',
  dimensions: ['security'],
  severity: 'high',
  title: 'Certificates are not checked',
  fix: 'Remove it, and trust the right certificate authority instead.',
  find: ({ node }) => {
    const isOption =
      node.type === 'Property' &&
      nameOf(node.key) === 'rejectUnauthorized' &&
      node.value.type === 'Literal' &&
      node.value.value === false;
    return isOption ? 'Anybody on the way can read and change what is sent.' : null;
  },
  doubt: (_, { source }) =>
    /(?:^|\/)(?:tests?|__tests__|fixtures?)\/|\.(?:test|spec)\./.test(source.path)
      ? `${source.path} is test code.`
      : null,
};

export const weakRandom: Rule = {
  id: 'weak-random',
  dimensions: ['security'],
  severity: 'medium',
  title: 'A secret is made with Math.random',
  fix: 'Use crypto.randomUUID or crypto.randomBytes.',
  find: ({ node, ancestors }) => {
    if (node.type !== 'CallExpression' || nameOf(node.callee) !== 'Math.random') return null;
    const name = receiverOf(ancestors);
    return name !== null && SECRET.test(name) ? `"${name}" can be guessed: Math.random is predictable.` : null;
  },
  doubt: (_, { source }) =>
    /(?:^|\/)(?:tests?|__tests__|fixtures?)\/|\.(?:test|spec)\./.test(source.path)
      ? `${source.path} is test code.`
      : null,
};

/** The command of a call that goes through a shell. */
function shellCommand(node: Node, { bindings }: RuleContext): Node | null {
  if (node.type !== 'CallExpression') return null;
  const origin = importOf(node.callee, bindings) ?? '';
  const throughShell = SHELLS.test(origin) || (SPAWNS.test(origin) && node.arguments.some(asksForShell));
  return throughShell ? (node.arguments[0] ?? null) : null;
}

function asksForShell(argument: Node): boolean {
  if (argument.type !== 'ObjectExpression') return false;
  return argument.properties.some((property) => {
    return (
      property.type === 'Property' &&
      nameOf(property.key) === 'shell' &&
      property.value.type === 'Literal' &&
      property.value.value !== false
    );
  });
}

/** What is put into a string: the expressions of a template, the non-literals of a sum. */
function variableParts(node: Node): Node[] {
  if (node.type === 'TemplateLiteral') return node.expressions;
  if (node.type === 'BinaryExpression' && node.operator === '+' && node.left.type !== 'PrivateIdentifier') {
    return [node.left, node.right].flatMap((side: Node) =>
      side.type === 'Literal' ? [] : isString(side) ? variableParts(side) : [side],
    );
  }
  return [];
}

function isString(node: Node): boolean {
  return node.type === 'TemplateLiteral' || node.type === 'BinaryExpression';
}

function codeArgument(node: Node): Node | null {
  if (node.type === 'CallExpression' && nameOf(node.callee) === 'eval') return node.arguments[0] ?? null;
  if (node.type !== 'NewExpression' && node.type !== 'CallExpression') return null;
  return nameOf(node.callee) === 'Function' ? (node.arguments.at(-1) ?? null) : null;
}

/** The name that a value goes to: of the variable, the property or the function around. */
function receiverOf(ancestors: Visit['ancestors']): string | null {
  for (const above of ancestors) {
    if (above.type === 'VariableDeclarator') return nameOf(above.id);
    if (above.type === 'AssignmentExpression') return nameOf(above.left);
    if (above.type === 'Property') return nameOf(above.key);
    if (above.type === 'FunctionDeclaration') return above.id?.name ?? null;
    if (isFunction(above) && above.body.type === 'BlockStatement') return null;
  }
  return null;
}
