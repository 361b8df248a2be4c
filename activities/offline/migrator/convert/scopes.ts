/** Which declaration a name means: every scope of a file with the names bound in it. */
import type { Node } from '../../review/source.ts';
import { isFunction, namesIn, walk, type Visit } from '../../review/tree.ts';

const BLOCKS = new Set([
  ...['Program', 'BlockStatement', 'StaticBlock', 'SwitchStatement'],
  ...['ForStatement', 'ForInStatement', 'ForOfStatement'],
]);

export class Scopes {
  private readonly bound = new Map<Node, Set<string>>();
  /** Every name that is bound or meant somewhere, so that a new name is told from all of them. */
  private readonly names = new Set<string>();
  private readonly program: Node;

  constructor(program: Node) {
    this.program = program;
    for (const visit of walk(program)) {
      this.note(visit);
      if (visit.node.type === 'Identifier' && isReference(visit)) this.names.add(visit.node.name);
    }
  }

  /** The innermost scope around a node in which the name is bound; null for a global. */
  scopeOf(name: string, { ancestors }: Visit): Node | null {
    return ancestors.find((node) => this.bound.get(node)?.has(name) === true) ?? null;
  }

  /** Bound at the top of the module. */
  isTop(name: string): boolean {
    return this.bound.get(this.program)?.has(name) === true;
  }

  /** Bound in a scope below the top, at this place. */
  isShadowed(name: string, visit: Visit): boolean {
    const scope = this.scopeOf(name, visit);
    return scope !== null && scope !== this.program;
  }

  /** A name that means nothing in the file yet. */
  fresh(wanted: string): string {
    let name = wanted;
    for (let n = 2; this.names.has(name) || RESERVED.has(name); n += 1) name = `${wanted}${n}`;
    return this.take(name);
  }

  /** From now on the name means something. */
  take(name: string): string {
    this.names.add(name);
    return name;
  }

  private note({ node, ancestors }: Visit): void {
    if (node.type === 'VariableDeclarator') {
      const declaration = ancestors[0];
      const isVar = declaration?.type === 'VariableDeclaration' && declaration.kind === 'var';
      this.bind(ancestors.find(isVar ? isVarScope : isBlock), namesIn(node.id));
    }
    if (node.type === 'CatchClause') this.bind(node, namesIn(node.param));
    if (isFunction(node)) {
      for (const parameter of node.params) this.bind(node, namesIn(parameter));
      if (node.type === 'FunctionDeclaration') this.bind(ancestors.find(isBlock), namesIn(node.id));
      if (node.type === 'FunctionExpression') this.bind(node, namesIn(node.id));
    }
    if (node.type === 'ClassDeclaration') this.bind(ancestors.find(isBlock), namesIn(node.id));
    if (node.type === 'ClassExpression') this.bind(node, namesIn(node.id));
    if (node.type === 'ImportDeclaration') {
      for (const specifier of node.specifiers) this.bind(this.program, namesIn(specifier.local));
    }
  }

  private bind(scope: Node | undefined, names: Iterable<string>): void {
    if (scope === undefined) return;
    const set = this.bound.get(scope) ?? new Set();
    for (const name of names) set.add(name);
    this.bound.set(scope, set);
  }
}

function isBlock(node: Node): boolean {
  return BLOCKS.has(node.type);
}

function isVarScope(node: Node): boolean {
  return isFunction(node) || node.type === 'Program' || node.type === 'StaticBlock';
}

/** Whether an identifier stands for a variable: no key, no property, no label. */
export function isReference({ node, ancestors }: Visit): boolean {
  const parent = ancestors[0];
  switch (parent?.type) {
    case 'MemberExpression':
      return parent.object === node || parent.computed;
    case 'Property':
      return parent.value === node || parent.computed;
    case 'MethodDefinition':
    case 'PropertyDefinition':
      return parent.value === node || parent.computed;
    case 'LabeledStatement':
    case 'BreakStatement':
    case 'ContinueStatement':
    case 'ExportSpecifier':
    case 'ImportSpecifier':
      return false;
    default:
      return true;
  }
}

/** Words that name an export but no variable of a module. */
export const RESERVED: ReadonlySet<string> = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for ' +
    'function if implements import in instanceof interface let new null package private protected public return static super switch ' +
    'this throw true try typeof undefined var void while with yield'
  ).split(' '),
);
