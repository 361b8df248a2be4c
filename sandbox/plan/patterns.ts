/** Destructuring. */
import type { AnyNode } from 'acorn';
import { memberOf } from './members.ts';
import { isKnownMissing, listOf, listOfLength, objectOf, shownOf, UNKNOWN, upTo, type Value } from './values.ts';

/** Gives each name of a pattern its part of `value`. `evaluate` is for defaults and computed keys. */
export function bind(
  pattern: AnyNode,
  value: Value,
  set: (name: string, value: Value) => void,
  evaluate: (node: AnyNode) => Value,
): void {
  switch (pattern.type) {
    case 'Identifier':
      return set(pattern.name, value);
    case 'AssignmentPattern':
      return bind(pattern.left, isKnownMissing(value) ? evaluate(pattern.right) : value, set, evaluate);
    case 'ArrayPattern':
      for (const [index, element] of pattern.elements.entries()) {
        if (element === null) continue;
        if (element.type === 'RestElement') bind(element.argument, restOf(value, index), set, evaluate);
        else bind(element, memberOf(value, String(index), ''), set, evaluate);
      }
      return;
    case 'ObjectPattern':
      for (const part of pattern.properties) {
        if (part.type === 'RestElement') {
          bind(part.argument, value.kind === 'object' ? objectOf(value.members, true) : UNKNOWN, set, evaluate);
          continue;
        }
        const key = part.computed
          ? shownOf(evaluate(part.key))
          : part.key.type === 'Identifier'
            ? part.key.name
            : shownOf(evaluate(part.key));
        bind(part.value, memberOf(value, key.includes('…') ? null : key, key), set, evaluate);
      }
      return;
    default:
      return;
  }
}

function restOf(value: Value, from: number): Value {
  if (value.kind !== 'list') return UNKNOWN;
  if (value.items !== null) return listOf(value.items.slice(from));
  return listOfLength(value.each, upTo(value.length));
}
