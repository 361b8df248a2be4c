/** A module's text with its syntax tree; offsets are those of the text. */
import { parse, type Program } from 'acorn';
import type { Node } from '../../review/source.ts';
import { walk, type Visit } from '../../review/tree.ts';
import { Scopes } from './scopes.ts';

export interface Source {
  path: string;
  text: string;
  kind: 'cjs' | 'esm';
  tree: Program;
  scopes: Scopes;
  /** Every node with what is around it, in the order of the text. */
  visits: Visit[];
  /** `;` or nothing: how the file ends its statements. */
  end: ';' | '';
}

/** Null for text that is no JavaScript. A file without any sign of either kind counts as CommonJS. */
export function parseModule(path: string, text: string): Source | null {
  const esm = parsed(text, 'module');
  const isEsm = esm !== null && esm.body.some(isModuleStatement);
  const tree = isEsm ? esm : (parsed(text, 'script') ?? esm);
  if (tree === null) return null;
  const kind = tree === esm ? 'esm' : 'cjs';
  const end = /;[^\S\n]*$/m.test(text) ? ';' : '';
  return { path, text, kind, tree, scopes: new Scopes(tree), visits: [...walk(tree)], end };
}

/** Why a text is no module, in the parser's words; null when it is one. */
export function moduleProblem(text: string): string | null {
  try {
    parse(text, { ecmaVersion: 'latest', sourceType: 'module' });
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function parsed(text: string, sourceType: 'module' | 'script'): Program | null {
  try {
    return parse(text, { ecmaVersion: 'latest', sourceType, allowReturnOutsideFunction: sourceType === 'script' });
  } catch {
    return null;
  }
}

function isModuleStatement(node: Node): boolean {
  return node.type === 'ImportDeclaration' || node.type.startsWith('Export');
}
