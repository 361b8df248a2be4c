/** Limits of a run that goes on: `braid limit`. */
import { BraidError } from '../protocol/errors.ts';
import type { RunView } from '../protocol/view.ts';
import { resolveLimits } from './input/limits.ts';
import { resolveSettings } from './input/settings.ts';

/** Limits that can be changed while a run goes on, with the flag that sets each. */
const CHANGEABLE = {
  maxCalls: '--max-calls',
  maxRequests: '--max-requests',
  maxOutputTokens: '--max-output-tokens',
  maxInputTokens: '--max-input-tokens',
  maxUsd: '--max-usd',
} as const;

type LimitName = keyof typeof CHANGEABLE;

/** New values of some limits. */
export type LimitChange = { [name in LimitName]?: number };

/** Judges what was typed. Errors: BRAID_USAGE for none, for what is no number, and beyond the bounds of a limit. */
export function limitChangeOf(flags: { [name in LimitName]?: string | undefined }): LimitChange {
  const names = namesIn(flags);
  if (names.length === 0) {
    throw new BraidError('BRAID_USAGE', `braid limit needs at least one of ${Object.values(CHANGEABLE).join(', ')}.`, {
      fix: 'braid limit RUN --max-calls 5000',
    });
  }
  const limits = resolveLimits(resolveSettings(flags, {}, { values: {}, file: null }), { detach: false });
  return Object.fromEntries(
    names.map((name) => {
      const value = limits[name] ?? null;
      if (value !== null) return [name, value];
      throw new BraidError(
        'BRAID_USAGE',
        `${CHANGEABLE[name]} needs a number here, not ${JSON.stringify(flags[name])}.`,
        {
          fix: 'A limit can be raised as high as you like, not taken away.',
        },
      );
    }),
  );
}

/** One line for each changed limit that is below what the run has used already, saying what happens now. */
export function belowSpent(change: LimitChange, { usage, limits }: Pick<RunView, 'usage' | 'limits'>): string[] {
  const spent: { [name in LimitName]: number | null } = {
    maxCalls: usage.calls,
    maxRequests: usage.requests,
    maxOutputTokens: usage.outputTokens,
    maxInputTokens: usage.inputTokens,
    maxUsd: usage.usd,
  };
  const then = limits?.onLimit === 'pause' ? 'waits for a higher one' : 'refuses it and goes on to a partial result';
  return namesIn(change).flatMap((name) => {
    const cap = change[name] ?? Infinity;
    const used = spent[name];
    if (used === null || used < cap) return [];
    const side = used === cap ? 'is what the run has used' : `is below the ${used} that the run has used`;
    return [
      `${CHANGEABLE[name]} ${cap} ${side}: nothing more is sent, what is in flight goes on, and with its next call the run ${then}.`,
    ];
  });
}

function namesIn(given: { [name in LimitName]?: unknown }): LimitName[] {
  return (Object.keys(CHANGEABLE) as LimitName[]).filter((name) => given[name] !== undefined);
}
