/** Cells have no modules: imports are refused with words that help, `export` is dropped. */
import type { AnyNode, ExportDefaultDeclaration, ExportNamedDeclaration } from 'acorn';
import { cellProblem } from './problem.ts';
import type { Rewrite } from './rewrite.ts';

const FIX =
  'Everything a cell may use is a global: context, llm_query, rlm_query, print, FINAL and the JavaScript built-ins.';

/** @throws BraidError BRAID_SCRIPT_FORBIDDEN for what would load a module, and for exports that are not at the top. */
export function refuseModules(node: AnyNode, { code }: Rewrite): void {
  const what = moduleUse(node, code);
  if (what !== null)
    throw cellProblem(code, node.start, 'BRAID_SCRIPT_FORBIDDEN', `There are no modules here: ${what}.`, FIX);
}

function moduleUse(node: AnyNode, code: string): string | null {
  switch (node.type) {
    case 'ImportDeclaration':
      return `\`import … from ${node.source.raw ?? ''}\` cannot work`;
    case 'ImportExpression':
      return '`import()` cannot work';
    case 'MetaProperty':
      return node.meta.name === 'import' ? '`import.meta` does not exist' : null;
    case 'ExportAllDeclaration':
    case 'ExportDefaultDeclaration':
    case 'ExportNamedDeclaration':
      return 'a cell cannot export from another module or from inside a block';
    case 'CallExpression':
      return node.callee.type === 'Identifier' && node.callee.name === 'require' && !expectsNone(code)
        ? '`require()` cannot work'
        : null;
    default:
      return null;
  }
}

/** Code that declares `require`, or asks for its type first, is ready for its absence. */
function expectsNone(code: string): boolean {
  return /\b(?:typeof|function|const|let|var)\s+require\b/.test(code);
}

/** Blanks `export`, or the whole of `export { a, b }`. @throws BraidError BRAID_SCRIPT_FORBIDDEN for `export … from`. */
export function dropExport(node: ExportNamedDeclaration, rewrite: Rewrite): void {
  if (node.source) refuseModules(node, rewrite);
  if (node.declaration) rewrite.edits.blank(node.start, node.start + 'export'.length);
  else rewrite.edits.blank(node.start, node.end);
}

/** Blanks `export default` and gives the offset behind it. */
export function dropDefault(node: ExportDefaultDeclaration, { code, edits }: Rewrite): number {
  const words = /export\s+default/y;
  words.lastIndex = node.start;
  const end = node.start + (words.exec(code)?.[0].length ?? 'export'.length);
  edits.blank(node.start, end);
  return end;
}
