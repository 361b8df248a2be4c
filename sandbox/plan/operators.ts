/** Operators on what is known of values. */
import {
  clipped,
  isNumber,
  isText,
  literal,
  maxOf,
  numberUpTo,
  shownOf,
  text,
  truthOf,
  UNDEFINED,
  UNKNOWN,
  type Value,
} from './values.ts';

export function unaryOf(operator: string, value: Value): Value {
  const truth = truthOf(value);
  if (operator === '!') return truth === null ? UNKNOWN : literal(!truth);
  if (operator === 'void') return UNDEFINED;
  if (value.kind === 'literal' && typeof value.value === 'number') {
    if (operator === '-') return literal(-value.value);
    if (operator === '+') return value;
  }
  if (operator === 'typeof') return typeOf(value);
  return operator === '+' && isNumber(value) ? value : UNKNOWN;
}

function typeOf(value: Value): Value {
  if (value.kind === 'literal') return literal(typeof value.value);
  if (value.kind === 'closure' || value.kind === 'native' || value.kind === 'class') return literal('function');
  if (value.kind === 'list' || value.kind === 'object') return literal('object');
  return isText(value) ? literal('string') : UNKNOWN;
}

export function binaryOf(operator: string, a: Value, b: Value): Value {
  if (a.kind === 'literal' && b.kind === 'literal') return computed(operator, a.value, b.value);
  if (operator === '+' && (isText(a) || isText(b)))
    return clipped(text(`${shownOf(a)}${shownOf(b)}`.replaceAll(/…+/g, '…')));
  if (isNumber(a) && isNumber(b)) return bounded(operator, maxOf(a), b);
  return ['+', '-', '*', '/', '%', '**'].includes(operator) ? numberUpTo(null) : UNKNOWN;
}

/** Bounds from above; numbers of scripts that count are not negative. */
function bounded(operator: string, max: number | null, b: Value): Value {
  const other = maxOf(b);
  if (operator === '%') return numberUpTo(other === null ? null : Math.max(0, other - 1));
  if (operator === '-') return numberUpTo(max);
  if (max === null || other === null) return ['+', '*', '/', '**'].includes(operator) ? numberUpTo(null) : UNKNOWN;
  if (operator === '+') return numberUpTo(max + other);
  if (operator === '*') return numberUpTo(max * other);
  if (operator === '/') return numberUpTo(b.kind === 'literal' && other > 0 ? max / other : null);
  return operator === '**' ? numberUpTo(null) : UNKNOWN;
}

type Primitive = string | number | boolean | null | undefined;

function computed(operator: string, a: Primitive, b: Primitive): Value {
  const [x, y] = [a as number, b as number];
  switch (operator) {
    case '+':
      return clipped(literal(x + y));
    case '-':
      return literal(x - y);
    case '*':
      return literal(x * y);
    case '/':
      return literal(x / y);
    case '%':
      return literal(x % y);
    case '**':
      return literal(x ** y);
    case '<':
      return literal(x < y);
    case '<=':
      return literal(x <= y);
    case '>':
      return literal(x > y);
    case '>=':
      return literal(x >= y);
    case '===':
      return literal(a === b);
    case '!==':
      return literal(a !== b);
    case '==':
      return literal(a === b || ((a ?? null) === null && (b ?? null) === null));
    case '!=':
      return literal(!(a === b || ((a ?? null) === null && (b ?? null) === null)));
    default:
      return UNKNOWN;
  }
}
