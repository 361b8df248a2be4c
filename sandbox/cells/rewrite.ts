/** The one walk over a cell's syntax tree: every node gets a place, rules for its type make edits and place its children. */
import type { AnyNode, Program } from 'acorn';
import { awaitRule } from './awaits.ts';
import { declarationRule, topStatements } from './declarations.ts';
import { Edits } from './edits.ts';
import { eachChild } from './nodes.ts';
import { promiseFacts, type PromiseFacts } from './promises.ts';

/**
 * Where code runs: at the cell's own level; in an async function of it; or where no `await` is possible (functions that
 * are not async, parameters, class fields).
 */
export type Level = 'cell' | 'async' | 'sync';

export type Role =
  /** A value is wanted. */
  | 'value'
  /** A whole initialiser, right side or expression statement: calls of any function are awaited there. */
  | 'statement'
  /** A value is wanted, and an operator that binds closer than `await` follows. */
  | 'operand'
  /** One promise is wanted, since it is awaited by what stands around it. */
  | 'awaited'
  /** A promise is wanted: it is combined with others, or kept for later. */
  | 'promise'
  /** A list of promises is wanted. */
  | 'list';

export interface Place {
  level: Level;
  role: Role;
}

/** What rules share while a cell is rewritten. */
export interface Rewrite {
  readonly code: string;
  readonly edits: Edits;
  readonly facts: PromiseFacts;
  /** Prefix of names that the cell does not contain. */
  readonly hidden: string;
  /** Names of `let`, `const` and `class` at the top level. */
  readonly lexical: Set<string>;
  readonly declared: Set<string>;
  readonly functions: Set<string>;
  /** Assignments at the start of the cell that make its functions global. */
  readonly hoists: string[];
  /** Functions moved into hidden ones so far. */
  lifted: number;
  /** First host call that is used as a value where it cannot be awaited. */
  unawaited: AnyNode | null;
  visit(node: AnyNode | null | undefined, place: Place): void;
}

/** The walk keeps its own stack: a tree that the parser could build must not overflow here. */
export function rewriteCell(code: string, program: Program): Rewrite {
  const stack: { node: AnyNode; place: Place }[] = [];
  const rewrite: Rewrite = {
    code,
    edits: new Edits(code),
    facts: promiseFacts(program),
    hidden: hiddenPrefix(code),
    lexical: new Set(),
    declared: new Set(),
    functions: new Set(),
    hoists: [],
    lifted: 0,
    unawaited: null,
    visit: (node, place) => {
      if (node != null) stack.push({ node, place });
    },
  };
  topStatements(program, rewrite);
  for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
    const { node, place } = item;
    if (declarationRule(node, place, rewrite) || awaitRule(node, place, rewrite)) continue;
    const inside: Place = place.role === 'value' ? place : { level: place.level, role: 'value' };
    eachChild(node, (child) => rewrite.visit(child, inside));
  }
  return rewrite;
}

function hiddenPrefix(code: string): string {
  const taken = new Set(code.match(/__f\d+_/g));
  let number = 0;
  while (taken.has(`__f${number}_`)) number++;
  return `__f${number}_`;
}
