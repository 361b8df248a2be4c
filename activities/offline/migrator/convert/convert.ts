/** One file of CommonJS as an ES module, told from its text and from what the modules are that it requires. */
import type { Node } from '../../review/source.ts';
import { Edits } from './edits.ts';
import { planExports } from './exports-plan.ts';
import { convertExports, isDirective } from './exports.ts';
import { Header } from './header.ts';
import { convertRequires, type Work } from './requires.ts';
import { isReference } from './scopes.ts';
import { moduleProblem, parseModule, type Source } from './source.ts';
import type { World } from './target.ts';

export type Converted =
  | { kind: 'converted'; text: string }
  /** It is a module already, or says nothing of either kind. */
  | { kind: 'same'; why: string }
  /** Nothing that rules can do. */
  | { kind: 'left'; why: string };

export function convert(path: string, text: string, world: World): Converted {
  const source = parseModule(path, text);
  if (source === null) return { kind: 'left', why: `${path} cannot be parsed` };
  if (source.kind === 'esm') return { kind: 'same', why: `${path} is an ES module` };
  if (source.scopes.isTop('require') || source.scopes.isTop('module') || source.scopes.isTop('exports'))
    return { kind: 'left', why: `${path} declares a \`require\`, \`module\` or \`exports\` of its own` };
  const plan = planExports(source);
  if (plan.mode === 'refused') return { kind: 'left', why: `${path}: ${plan.why}` };
  const work: Work = { source, edits: new Edits(text), header: new Header(source.scopes, source.end), world };
  const { tail, done } = convertExports(work, plan);
  convertRequires(work, done);
  convertGlobals(work);
  placeHeader(work);
  const converted = withTail(work.edits.render(), tail);
  const problem = moduleProblem(converted);
  if (problem !== null) return { kind: 'left', why: `${path} is no module in strict mode: ${problem}` };
  return converted === text ? { kind: 'same', why: `${path} needs no change` } : { kind: 'converted', text: converted };
}

/** `__dirname` and `__filename`, and the directive that a module does not need. */
function convertGlobals({ source, edits, header }: Work): void {
  for (const visit of source.visits) {
    const { node } = visit;
    if (node.type !== 'Identifier' || !isReference(visit)) continue;
    if (source.scopes.scopeOf(node.name, visit) !== null) continue;
    if (node.name === '__dirname') header.dirname();
    if (node.name === '__filename') header.filename();
  }
  for (const node of source.tree.body) {
    if (!isDirective(node) || !/^["']use strict["']/.test(source.text.slice(node.start, node.end))) continue;
    const space = /^[^\S\n]*\n?(?:[^\S\n]*\n)?/.exec(source.text.slice(node.end))?.[0].length ?? 0;
    edits.replace(node.start, node.end + space, '');
  }
}

/** Imports before everything, constants after the imports that the file begins with. */
function placeHeader({ source, edits, header }: Work): void {
  const { importLines, constantLines } = header;
  if (importLines.length + constantLines.length === 0) return;
  const body = source.tree.body.filter((node) => !isDirective(node));
  const first = body[0];
  if (first === undefined) return;
  const other = body.find((node) => !isRequire(source, node));
  const block = constantLines.length === 0 ? '' : `${constantLines.join('\n')}\n\n`;
  const lines = importLines.length === 0 ? '' : `${importLines.join('\n')}\n`;
  if (other === first || other === undefined)
    edits.insert(startOf(source, first), `${lines}${lines === '' ? '' : '\n'}${block}`);
  else {
    edits.insert(startOf(source, first), lines);
    edits.insert(startOf(source, other), block);
  }
}

/** A comment that stands on a statement goes with it. */
function startOf(source: Source, node: Node): number {
  const before = source.text.slice(0, node.start);
  const comment = /(?:^|\n)((?:[^\S\n]*\/\/[^\n]*\n|[^\S\n]*\/\*(?:[^*]|\*(?!\/))*\*\/[^\S\n]*\n)+)$/.exec(before);
  const start = comment?.[1] === undefined ? node.start : node.start - comment[1].length;
  // Never inside or before the line that starts a command.
  return start === 0 && source.text.startsWith('#!') ? node.start : start;
}

/** A top-level statement that becomes nothing but imports. */
function isRequire(source: Source, node: Node): boolean {
  if (node.type !== 'VariableDeclaration' && node.type !== 'ExpressionStatement') return false;
  return /^(?:const|let|var)?\s*[^=]*=?\s*require\s*\(\s*["'`][^"'`]*["'`]\s*\)(?:\.\w+)?;?$/.test(
    source.text.slice(node.start, node.end),
  );
}

function withTail(text: string, tail: readonly string[]): string {
  if (tail.length === 0) return text;
  return `${text.trimEnd()}\n\n${tail.join('\n')}\n`;
}
