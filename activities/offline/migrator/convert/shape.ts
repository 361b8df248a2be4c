/** What the importers of a module may ask it for, told from its text, whichever kind it is and whether it was migrated yet or not. */
import type { Node } from '../../review/source.ts';
import { stringOf } from '../../review/tree.ts';
import { keyOf, planExports } from './exports-plan.ts';
import { namesIn } from '../../review/tree.ts';
import { parseModule, type Source } from './source.ts';

export interface Shape {
  /** Whether there is a default export: then the module is one value. */
  isDefault: boolean;
  names: ReadonlySet<string>;
}

/** The shape of the module that a specifier means, seen from `from`; null when nobody knows. */
export type ShapeOf = (from: string, specifier: string) => Shape | null;

const DEPTH = 20;

export function shapeOf(path: string, text: string, others: ShapeOf, depth = 0): Shape | null {
  const source = parseModule(path, text);
  if (source === null || depth > DEPTH) return null;
  return source.kind === 'esm' ? esmShape(source, others) : cjsShape(source, others);
}

/** As the module will be once it is migrated: both sides of an import are decided by the same text. */
function cjsShape(source: Source, others: ShapeOf): Shape | null {
  const plan = planExports(source);
  switch (plan.mode) {
    case 'none':
      return { isDefault: false, names: new Set() };
    case 'named': {
      const set = plan.mentions.flatMap(({ name }) => name ?? []);
      return { isDefault: false, names: new Set([...set, ...(plan.literal?.properties.map(keyOf) ?? [])]) };
    }
    case 'again':
      return plan.specifier.startsWith('.')
        ? others(source.path, plan.specifier)
        : { isDefault: true, names: new Set() };
    case 'refused':
      return null;
    default:
      return { isDefault: true, names: new Set() };
  }
}

function esmShape(source: Source, others: ShapeOf): Shape {
  const names = new Set<string>();
  for (const node of source.tree.body) {
    if (node.type === 'ExportDefaultDeclaration') names.add('default');
    if (node.type === 'ExportAllDeclaration') {
      const inner = node.exported
        ? [exportedName(node.exported)]
        : others(source.path, stringOf(node.source) ?? '')?.names;
      for (const name of inner ?? []) if (node.exported || name !== 'default') names.add(name);
    }
    if (node.type !== 'ExportNamedDeclaration') continue;
    for (const specifier of node.specifiers) names.add(exportedName(specifier.exported));
    for (const name of declaredNames(node.declaration)) names.add(name);
  }
  return { isDefault: names.has('default'), names };
}

function* declaredNames(node: Node | null | undefined): Generator<string> {
  if (node?.type === 'VariableDeclaration') for (const { id } of node.declarations) yield* namesIn(id);
  if (node?.type === 'FunctionDeclaration' || node?.type === 'ClassDeclaration') yield* namesIn(node.id);
}

function exportedName(node: Node): string {
  return node.type === 'Identifier' ? node.name : (stringOf(node) ?? '');
}
