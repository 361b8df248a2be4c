import type { AnyNode } from 'acorn';
import { SCRIPT_CHECK } from '../../protocol/limits.ts';
import type { ScriptText } from './script-text.ts';
import type { Survey } from './survey.ts';

/**
 * Warns of the clock and of randomness (DW-07). Only the call itself fails, when it happens: a branch that never runs must
 * not keep a script that was written elsewhere from running here.
 */
export function findNondeterminism(text: ScriptText, survey: Survey): string[] {
  const warnings: string[] = [];
  let more = 0;
  for (const node of survey.nodes) {
    const found = judge(node, survey.declared);
    if (found === null) continue;
    if (warnings.length === SCRIPT_CHECK.warnings) more++;
    else
      warnings.push(
        `${text.where(node.start)}: ${found.call} fails when it runs, because a run must repeat exactly; use ${found.use}.`,
      );
  }
  if (more > 0) warnings.push(`${more} more uses of the clock or of randomness will fail when they run.`);
  return warnings;
}

const CALLS: { [path: string]: string } = { 'Date.now': 'now()', 'Math.random': 'random()', Date: 'new Date(now())' };

function judge(node: AnyNode, declared: ReadonlySet<string>): { call: string; use: string } | null {
  if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return null;
  const path = pathOf(node.callee);
  if (path === null || declared.has(path.split('.')[0] ?? '')) return null;
  if (node.type === 'NewExpression') {
    return path === 'Date' && node.arguments.length === 0 ? { call: 'new Date()', use: 'new Date(now())' } : null;
  }
  const use = Object.hasOwn(CALLS, path) ? CALLS[path] : undefined;
  return use === undefined ? null : { call: `${path}()`, use };
}

function pathOf(callee: AnyNode): string | null {
  if (callee.type === 'Identifier') return callee.name;
  if (callee.type !== 'MemberExpression' || callee.object.type !== 'Identifier') return null;
  const { property } = callee;
  if (!callee.computed && property.type === 'Identifier') return `${callee.object.name}.${property.name}`;
  return property.type === 'Literal' ? `${callee.object.name}.${String(property.value)}` : null;
}
