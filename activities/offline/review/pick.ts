/** Choosing from the words that a schema allows. */
import type { Json, JsonObject } from '../../../protocol/json.ts';
import type { Severity } from './rule.ts';

/** Words for how bad something is, from worst to least. */
const LADDER = [
  'blocker',
  'critical',
  'severe',
  'high',
  'major',
  'error',
  'important',
  'medium',
  'moderate',
  'warning',
  'normal',
  'low',
  'minor',
  'trivial',
  'info',
  'note',
  'nit',
];
const PLACE: Record<Severity, number> = {
  high: LADDER.indexOf('high'),
  medium: LADDER.indexOf('medium'),
  low: LADDER.indexOf('low'),
};
const SHARE: Record<Severity, number> = { high: 0.8, medium: 0.5, low: 0.2 };

/** The allowed value nearest to a severity: a word of the ladder, `P1`, or a number between the bounds. */
export function pickSeverity(property: JsonObject, severity: Severity): Json {
  const choices = choicesOf(property);
  if (choices.length === 0) {
    if (property['type'] !== 'integer' && property['type'] !== 'number') return severity;
    const low = numberOf(property['minimum'], 1);
    const high = numberOf(property['maximum'], low === 0 ? 1 : 5);
    const value = low + (high - low) * SHARE[severity];
    return property['type'] === 'integer' ? Math.round(value) : value;
  }
  const ranked = choices.map((choice) => ({ choice, rank: rankOf(choice) })).filter(({ rank }) => rank >= 0);
  ranked.sort((a, b) => Math.abs(a.rank - PLACE[severity]) - Math.abs(b.rank - PLACE[severity]));
  return ranked[0]?.choice ?? choices[Math.floor((choices.length - 1) * (1 - SHARE[severity]))] ?? severity;
}

/** The allowed word for a claim that holds, or does not. */
export function pickVerdict(property: JsonObject, real: boolean): Json | undefined {
  const choices = choicesOf(property);
  const isNo = (choice: string): boolean =>
    /refut|false|reject|invalid|dismiss|disagree|deny|^no\b|not|wrong/i.test(choice);
  const isYes = (choice: string): boolean =>
    !isNo(choice) && /confirm|real|true|valid|accept|yes|keep|approve|agree|hold|uphold|support/i.test(choice);
  return choices.find(real ? isYes : isNo);
}

/** The first of these values that is allowed; the first one when everything is. */
export function pick(property: JsonObject, values: readonly string[]): Json | undefined {
  const choices = choicesOf(property);
  if (choices.length === 0) return values[0];
  const near = (value: string): string | undefined => choices.find((choice) => stem(choice) === stem(value));
  return values.map(near).find((choice) => choice !== undefined);
}

/** `bug` and `bugs`, `perf` and `performance`. */
function stem(word: string): string {
  return word.toLowerCase().slice(0, 3);
}

function rankOf(word: string): number {
  const level = /^p(\d)$/i.exec(word);
  if (level !== null) return Number(level[1]) * 4;
  return LADDER.indexOf(word.toLowerCase());
}

/** The words that a schema allows; other values mean nothing here. */
function choicesOf(property: JsonObject): string[] {
  return Array.isArray(property['enum']) ? property['enum'].filter((choice) => typeof choice === 'string') : [];
}

function numberOf(value: Json | undefined, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}
