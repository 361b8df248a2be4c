import type { AnyNode } from 'acorn';
import type { Value } from './values.ts';

/** A method's call. `what`: its object, for people. */
export interface Called {
  args: readonly Value[];
  at: AnyNode;
  what: string;
}
