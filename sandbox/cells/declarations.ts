/** Top-level declarations become assignments to globals, so that they persist from cell to cell (RL-03). */
import type {
  AnyNode,
  BlockStatement,
  ClassDeclaration,
  ExportDefaultDeclaration,
  FunctionDeclaration,
  Program,
  VariableDeclaration,
} from 'acorn';
import { dropDefault, dropExport } from './modules.ts';
import { boundNames } from './nodes.ts';
import type { Place, Rewrite } from './rewrite.ts';

const VALUE: Place = { level: 'cell', role: 'value' };

/** Rewrites the statements of the top level; what is inside of them is visited. */
export function topStatements(program: Program, rewrite: Rewrite): void {
  collectLexical(program, rewrite);
  const last = program.body.findLast((statement) => statement.type !== 'EmptyStatement');
  for (const statement of program.body) {
    if (statement.type === 'ExportNamedDeclaration') {
      dropExport(statement, rewrite);
      if (statement.declaration) declare(statement.declaration, rewrite);
    } else if (statement.type === 'ExportDefaultDeclaration') {
      exportDefault(statement, statement === last, rewrite);
    } else if (statement.type === 'ExpressionStatement') {
      valueStatement(statement.expression, statement.start, statement.end, statement === last, rewrite);
    } else if (!declare(statement, rewrite)) rewrite.visit(statement, VALUE);
  }
}

function collectLexical(program: Program, { lexical }: Rewrite): void {
  for (const statement of program.body) {
    const node = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
    if (node?.type === 'ClassDeclaration') lexical.add(node.id.name);
    if (node?.type !== 'VariableDeclaration' || node.kind === 'var') continue;
    for (const { id } of node.declarations) for (const name of boundNames(id)) lexical.add(name);
  }
}

function declare(node: AnyNode, rewrite: Rewrite): boolean {
  if (node.type === 'VariableDeclaration') persistVariables(node, 'statement', rewrite);
  else if (node.type === 'FunctionDeclaration' && node.id) persistFunction(node, rewrite);
  else if (node.type === 'ClassDeclaration' && node.id) persistClass(node, rewrite);
  else return false;
  return true;
}

function exportDefault(node: ExportDefaultDeclaration, last: boolean, rewrite: Rewrite): void {
  const start = dropDefault(node, rewrite);
  const { declaration } = node;
  if (declare(declaration, rewrite)) return;
  valueStatement(declaration, start, node.end, last, rewrite);
  const nameless = declaration.type === 'FunctionDeclaration' || declaration.type === 'ClassDeclaration';
  if (!nameless || last) return;
  rewrite.edits.before(start, '(');
  rewrite.edits.after(node.end, ')');
}

/** An expression statement of the top level. The last one of the cell is its value. */
function valueStatement(expression: AnyNode, start: number, end: number, last: boolean, rewrite: Rewrite): void {
  const { code, edits } = rewrite;
  if (last) {
    edits.before(start, 'return (');
    edits.after(code[end - 1] === ';' ? end - 1 : end, ')');
  } else edits.guard(start);
  rewrite.visit(expression, { level: 'cell', role: 'statement' });
}

/** Statements below the top level that declare names of the cell: `var`, and functions of blocks. */
export function declarationRule(node: AnyNode, { level }: Place, rewrite: Rewrite): boolean {
  if (level !== 'cell') return false;
  if (node.type === 'VariableDeclaration' && node.kind === 'var') {
    persistVariables(node, 'statement', rewrite);
    return true;
  }
  if (node.type === 'BlockStatement') persistBlockFunctions(node, rewrite);
  else if (node.type === 'ForStatement') return head(node, node.init, [node.test, node.update, node.body], rewrite);
  else if (node.type === 'ForInStatement' || node.type === 'ForOfStatement')
    return head(node, node.left, [node.right, node.body], rewrite);
  return false;
}

function head(
  loop: AnyNode,
  first: AnyNode | null | undefined,
  rest: (AnyNode | null | undefined)[],
  rewrite: Rewrite,
): boolean {
  if (first?.type !== 'VariableDeclaration' || first.kind !== 'var') return false;
  persistVariables(first, loop.type === 'ForStatement' ? 'for' : 'each', rewrite);
  for (const part of rest) rewrite.visit(part, VALUE);
  return true;
}

/**
 * `const x = 1` becomes `x = 1` at the same columns. A pattern needs parentheses, and `void(…)` rather than these alone:
 * the statement before it may have ended by its line break.
 */
function persistVariables(node: VariableDeclaration, where: 'statement' | 'for' | 'each', rewrite: Rewrite): void {
  const { edits } = rewrite;
  const keyword = node.start + node.kind.length;
  const patterns = node.declarations.some(({ id }) => id.type !== 'Identifier');
  if (patterns && where === 'statement') {
    edits.replace(node.start, keyword, 'void(');
    edits.after(node.declarations.at(-1)?.end ?? node.end, ')');
  } else edits.blank(node.start, keyword);
  for (const { id, init } of node.declarations) {
    for (const name of boundNames(id)) rewrite.declared.add(name);
    // `for (var i = 0 in o)` is an old form that only a declaration may have.
    if (init && where === 'each') edits.blank(id.end, init.end);
    else if (!init && node.kind === 'let') edits.after(id.end, '=void 0');
  }
  if (where === 'each') rewrite.visit(node.declarations[0]?.id, VALUE);
  else for (const declarator of node.declarations) rewrite.visit(declarator, VALUE);
}

function persistClass(node: ClassDeclaration, rewrite: Rewrite): void {
  rewrite.declared.add(node.id.name);
  rewrite.edits.before(node.start, `${node.id.name}=`);
  rewrite.edits.after(node.end, ';');
  rewrite.visit(node, VALUE);
}

function persistFunction(node: FunctionDeclaration, rewrite: Rewrite): void {
  rewrite.functions.add(node.id.name);
  rewrite.hoists.push(`${node.id.name}=${lift(node, rewrite)};`);
}

/**
 * Makes a declaration an expression inside of a hidden function, which is hoisted in its place: gives the call that makes
 * the function. Left as it is, its name would be a local of this cell, and the function would never see it redefined.
 */
function lift(node: FunctionDeclaration, rewrite: Rewrite): string {
  const { edits, hidden } = rewrite;
  const { name } = node.id;
  const key = `["${name}"]`;
  const maker = `${hidden}${rewrite.lifted++}`;
  edits.before(node.start, `function ${maker}(){return {${key}:`);
  edits.blank(node.id.start, node.id.end);
  edits.after(node.end, `}${key}}`);
  rewrite.visit(node, VALUE);
  return `${maker}()`;
}

/**
 * As in scripts: a plain function of a block is seen outside of it once the block has been entered. Its declaration cannot
 * stay, or the engine would make its name a local of the cell, which hides the global.
 */
function persistBlockFunctions(block: BlockStatement, rewrite: Rewrite): void {
  const seen = new Set<string>();
  let hoists = '';
  for (const node of block.body) {
    if (node.type !== 'FunctionDeclaration' || node.async || node.generator) continue;
    const name = node.id.name;
    hoists += `${seen.has(name) ? '' : 'let '}${name}=${lift(node, rewrite)};`;
    if (!rewrite.lexical.has(name)) {
      rewrite.functions.add(name);
      hoists += `globalThis.${name}=${name};`;
    }
    seen.add(name);
  }
  if (hoists !== '') rewrite.edits.before(block.start + 1, hoists);
}
