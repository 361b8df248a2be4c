/** Names of a file: what each is bound to. Names bound more than once are left out, so that shadowing cannot mislead. */
import type { Node, SourceFile } from './source.ts';
import { isFunction, nameOf, namesIn, stringOf, walk, type FunctionNode } from './tree.ts';

export interface Bindings {
  /** `const` names with their values. */
  constants: ReadonlyMap<string, Node>;
  functions: ReadonlyMap<string, FunctionNode>;
  /** Local name → `module` or `module#export`, for ES imports and `require`. */
  imports: ReadonlyMap<string, string>;
}

export function bindingsOf({ tree }: SourceFile): Bindings {
  const counts = new Map<string, number>();
  const constants = new Map<string, Node>();
  const functions = new Map<string, FunctionNode>();
  const imports = new Map<string, string>();
  const bind = (pattern: Node | null | undefined): void => {
    for (const name of namesIn(pattern)) counts.set(name, (counts.get(name) ?? 0) + 1);
  };
  for (const { node, ancestors } of walk(tree)) {
    if (node.type === 'ImportDeclaration') readImport(node, imports, bind);
    if (node.type === 'CatchClause') bind(node.param);
    if (node.type === 'ClassDeclaration') bind(node.id);
    if (isFunction(node)) {
      for (const parameter of node.params) bind(parameter);
      if (node.type === 'FunctionDeclaration' && node.id !== null) {
        bind(node.id);
        functions.set(node.id.name, node);
      }
    }
    if (node.type !== 'VariableDeclarator') continue;
    bind(node.id);
    const declaration = ancestors[0];
    if (!node.init || declaration?.type !== 'VariableDeclaration' || declaration.kind !== 'const') continue;
    readRequire(node.id, node.init, imports);
    if (node.id.type !== 'Identifier') continue;
    constants.set(node.id.name, node.init);
    if (isFunction(node.init)) functions.set(node.id.name, node.init);
  }
  for (const [name, count] of counts) {
    if (count === 1) continue;
    constants.delete(name);
    functions.delete(name);
    imports.delete(name);
  }
  return { constants, functions, imports };
}

/** What a callee is, in terms of modules: `child_process#exec`, `fs#readFileSync`; null when unknown. */
export function importOf(callee: Node, { imports }: Bindings): string | null {
  const name = nameOf(callee);
  if (name === null) return null;
  const [first = '', ...rest] = name.split('.');
  const origin = imports.get(first);
  if (origin === undefined) return null;
  const path = rest.filter((part) => part !== 'default');
  return path.length === 0 ? origin : `${origin.split('#')[0]}#${path.join('.')}`;
}

function readImport(
  node: Extract<Node, { type: 'ImportDeclaration' }>,
  imports: Map<string, string>,
  bind: (node: Node) => void,
): void {
  const from = moduleName(stringOf(node.source) ?? '');
  for (const specifier of node.specifiers) {
    bind(specifier.local);
    const imported =
      specifier.type === 'ImportSpecifier' && specifier.imported.type === 'Identifier'
        ? `#${specifier.imported.name}`
        : '';
    imports.set(specifier.local.name, `${from}${imported === '#default' ? '' : imported}`);
  }
}

/** `const cp = require('child_process')`, `const { exec: run } = require('child_process')`. */
function readRequire(target: Node, init: Node, imports: Map<string, string>): void {
  const value = init.type === 'AwaitExpression' ? init.argument : init;
  let from: string | null = null;
  if (value.type === 'CallExpression' && nameOf(value.callee) === 'require') from = stringOf(value.arguments[0]);
  // Compilers of older module formats wrap it: __importDefault(require('fs')).
  if (value.type === 'CallExpression' && nameOf(value.callee)?.startsWith('__import') === true) {
    const inner = value.arguments[0];
    if (inner?.type === 'CallExpression') from = stringOf(inner.arguments[0]);
  }
  if (value.type === 'ImportExpression') from = stringOf(value.source);
  if (from === null) return;
  const module = moduleName(from);
  if (target.type === 'Identifier') imports.set(target.name, module);
  if (target.type !== 'ObjectPattern') return;
  for (const property of target.properties) {
    if (property.type !== 'Property' || property.key.type !== 'Identifier' || property.value.type !== 'Identifier')
      continue;
    imports.set(property.value.name, `${module}#${property.key.name}`);
  }
}

function moduleName(from: string): string {
  return from.replace(/^node:/, '');
}
