import { bindingsOf } from './bindings.ts';
import type { Dimension, Finding, Rule, RuleContext } from './rule.ts';
import { finallyReturn, swallowedError, swallowedRejection } from './rules/errors.ts';
import { uncheckedJson } from './rules/input.ts';
import { quadraticCopy, syncInLoop } from './rules/performance.ts';
import { asyncCallback, asyncExecutor, floatingPromise } from './rules/promises.ts';
import { dynamicCode, shellString, tlsOff, weakRandom } from './rules/security.ts';
import { lineAt, type SourceFile } from './source.ts';
import { walk, type Visit } from './tree.ts';

export const RULES: readonly Rule[] = [
  swallowedError,
  swallowedRejection,
  finallyReturn,
  floatingPromise,
  asyncCallback,
  asyncExecutor,
  uncheckedJson,
  shellString,
  dynamicCode,
  tlsOff,
  weakRandom,
  syncInLoop,
  quadraticCopy,
];

export function rulesOf(dimensions: ReadonlySet<Dimension>): Rule[] {
  return RULES.filter((rule) => rule.dimensions.some((dimension) => dimensions.has(dimension)));
}

/** What the rules find in a file, in the order of its lines. */
export function findIn(source: SourceFile, rules: readonly Rule[] = RULES): Finding[] {
  return visits(source, rules).map(({ finding }) => finding);
}

/** What is left of a finding after a look around it: the reason why it is no problem, or null. */
export interface Checked {
  finding: Finding;
  doubt: string | null;
}

export function checkIn(source: SourceFile, rules: readonly Rule[] = RULES): Checked[] {
  const context: RuleContext = { source, bindings: bindingsOf(source) };
  return visits(source, rules).map(({ finding, visit }) => ({ finding, doubt: finding.rule.doubt(visit, context) }));
}

function visits(source: SourceFile, rules: readonly Rule[]): { finding: Finding; visit: Visit }[] {
  const context: RuleContext = { source, bindings: bindingsOf(source) };
  const found: { finding: Finding; visit: Visit }[] = [];
  for (const visit of walk(source.tree)) {
    for (const rule of rules) {
      const why = rule.find(visit, context);
      if (why === null) continue;
      const place = rule.place?.(visit.node) ?? visit.node.start;
      const line = lineAt(source, place);
      const column = place - (source.starts[line - 1] ?? 0) + 1;
      const code = (source.lines[line - 1] ?? '').trim();
      found.push({ visit, finding: { rule, file: source.path, line, column, code, why } });
    }
  }
  return found.sort((a, b) => a.finding.line - b.finding.line);
}
