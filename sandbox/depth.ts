import { BraidError } from '../protocol/errors.ts';

/** Deepest nesting of a value that crosses the border. Recursive walks in the host take about 100 bytes of stack a level. */
const DEPTH = 1_000;

/**
 * Deletes members named `__proto__` of a value parsed from `text`: copied by assignment they would change a prototype.
 * @returns false when the value is nested too deep
 */
export function clean(value: unknown, text: string): boolean {
  // Too short to be that deep, and the name is not in it in any spelling: nothing to look for.
  if (text.length < 2 * DEPTH && !/__proto__|\\u00/.test(text)) return true;
  return everyLevel(value, (object) => {
    if (Object.hasOwn(object, '__proto__')) Reflect.deleteProperty(object, '__proto__');
  });
}

/** Whether a value may be handed to a guest, and to anything that recurses over it. */
export function isShallow(value: unknown): boolean {
  return everyLevel(value, () => undefined);
}

/** Visits all objects of a value, level by level, without recursion. @returns false when there are too many levels */
function everyLevel(value: unknown, visit: (object: object) => void): boolean {
  let level: object[] = isObject(value) ? [value] : [];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEPTH) return false;
    const next: object[] = [];
    for (const object of level) {
      visit(object);
      for (const member of Object.values(object)) if (isObject(member)) next.push(member);
    }
    level = next;
  }
  return true;
}

export function tooDeep(what: string): BraidError<'BRAID_SCRIPT_VALUE'> {
  return new BraidError('BRAID_SCRIPT_VALUE', `${what} is nested more than ${DEPTH} levels deep.`, {
    fix: 'Flatten it.',
  });
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
