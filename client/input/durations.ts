import { parseDuration } from '../../protocol/duration.ts';
import { BraidError } from '../../protocol/errors.ts';
import type { Setting } from './settings.ts';

/** A duration setting (`2h`, `90s`, `1h30m`) in ms. A bare number is refused: some systems count seconds, some minutes. */
export function readDuration({ value, from, code }: Setting): number {
  const ms = parseDuration(String(value));
  if (ms !== null) return ms;
  const bare = /^\d+(\.\d+)?$/.test(String(value).trim());
  const why = bare ? 'has no unit' : 'is no duration';
  const fix = bare
    ? `Add a unit: ${value}s, ${value}m or ${value}h.`
    : 'Write a number with ms, s, m, h or d, for example 90s, 30m, 2h.';
  throw new BraidError(code, `${from}: ${JSON.stringify(value)} ${why}.`, { fix });
}
