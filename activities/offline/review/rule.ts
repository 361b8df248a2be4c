import type { Bindings } from './bindings.ts';
import type { Node, SourceFile } from './source.ts';
import type { Visit } from './tree.ts';

export type Dimension = 'bugs' | 'performance' | 'security';
export type Severity = 'high' | 'medium' | 'low';

/**
 * One pattern of code that goes wrong. `find` looks at the statement alone, as a first reviewer does; `doubt` reads what
 * stands around it, as a sceptic does, and says why the hit is no problem, or null.
 */
export interface Rule {
  id: string;
  dimensions: readonly Dimension[];
  severity: Severity;
  title: string;
  fix: string;
  find(visit: Visit, context: RuleContext): string | null;
  /** Where the hit is shown, when that is not the start of the node: a chain of calls may begin lines above. */
  place?(node: Node): number;
  doubt(visit: Visit, context: RuleContext): string | null;
}

export interface RuleContext {
  source: SourceFile;
  bindings: Bindings;
}

/** A hit as data. */
export interface Finding {
  rule: Rule;
  file: string;
  line: number;
  column: number;
  /** The line, as it is in the file. */
  code: string;
  why: string;
}
