/** A `require` whose name is computed when it runs. */
import type { Node } from '../../review/source.ts';
import { isFunction, nameOf, stringOf, type CallNode } from '../../review/tree.ts';
import type { Work } from './requires.ts';

/**
 * In an async function it becomes `import()`, if the path begins with a dot that both ways of loading read alike. Whether the computed part
 * has an extension, which `import()` needs, is not to be seen in the text.
 */
export function dynamicRequire(
  { source, edits, header, world }: Work,
  call: CallNode,
  ancestors: readonly Node[],
): void {
  const [argument] = call.arguments;
  const around = ancestors.find(isFunction);
  const folder = argument === undefined ? null : folderOf(argument);
  const shapes = folder === null ? [] : world.folder(source.path, folder);
  // A module that is one value comes as the default of what is loaded.
  const member = shapes.length > 0 && shapes.every((shape) => shape?.isDefault === true) ? '.default' : '';
  const isAsync = around?.async === true && argument !== undefined && leadOf(argument) !== null;
  if (!isAsync) {
    header.require();
    if (member !== '') edits.insert(call.end, member);
    return;
  }
  const [parent] = ancestors;
  const isAlone = member === '' && (parent?.type === 'VariableDeclarator' || parent?.type === 'ExpressionStatement');
  edits.replace(call.callee.start, call.callee.end, isAlone ? 'await import' : '(await import');
  if (!isAlone) edits.insert(call.end, `)${member}`);
}

/** The folder that the computed name is in, as far as the text says it. */
function folderOf(argument: Node): string | null {
  const lead = leadOf(argument);
  if (lead !== null) return lead.slice(0, lead.lastIndexOf('/') + 1);
  // path.join(__dirname, 'formats', name)
  if (argument.type !== 'CallExpression' || !/(?:^|\.)(?:join|resolve)$/.test(nameOf(argument.callee) ?? ''))
    return null;
  const [first, ...rest] = argument.arguments;
  if (first === undefined || nameOf(first) !== '__dirname') return null;
  const parts: string[] = ['.'];
  for (const part of rest.slice(0, -1)) {
    const text = stringOf(part);
    if (text === null) return null;
    parts.push(text);
  }
  return `${parts.join('/')}/`;
}

/** The fixed text that a path begins with, when it is relative: `'./formats/' + name`. */
function leadOf(node: Node): string | null {
  if (node.type === 'BinaryExpression' && node.operator === '+' && node.left.type !== 'PrivateIdentifier')
    return leadOf(node.left);
  const text = node.type === 'TemplateLiteral' ? (node.quasis[0]?.value.cooked ?? null) : stringOf(node);
  return text !== null && /^\.{1,2}\//.test(text) ? text : null;
}
