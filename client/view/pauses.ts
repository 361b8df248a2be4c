/**
 * Whether a run is paused, and why.
 *
 *  P1  A signal says that a person paused it; it counts at once, before the run has reacted.
 *  P2  The state that a run writes for lists says that it paused itself: at a limit, or because a provider's quota is gone.
 *  P3  Why it did is what it warned of since it last went on; failing that, the limit that is used up.
 */
import { SIGNALS } from '../../protocol/names.ts';
import type { Note } from '../../protocol/model-call.ts';
import type { Usage } from '../../protocol/outcome.ts';
import type { RunLimits } from '../../protocol/run-input.ts';
import type { PauseLimit, PauseView } from '../../protocol/view.ts';

/** What is known beside the pause itself. */
export interface PauseSigns {
  notes: readonly Note[];
  limits: RunLimits | null;
  /** Null where it is not added up. */
  usage: Usage | null;
}

export class Pauses {
  #byPerson = false;
  #byItself = false;
  #since = 0;
  #wentOnAt = 0;

  get paused(): boolean {
    return this.#byPerson || this.#byItself;
  }

  /** The run was paused before its history, as far as that is there, began. */
  begunPaused(at: number): void {
    this.#byPerson = true;
    this.#since = at;
  }

  /** A signal to the root. Tells what it changed. */
  signaled(signal: string, at: number): 'paused' | 'resumed' | null {
    if (signal !== SIGNALS.pause && signal !== SIGNALS.resume) return null;
    return this.#change(at, () => (this.#byPerson = signal === SIGNALS.pause));
  }

  /** The root wrote how it stands. Its last word, how it ended, resumes nothing. */
  stateChanged(state: string, at: number): 'paused' | 'resumed' | null {
    if (state === 'paused') return this.#change(at, () => (this.#byItself ||= !this.#byPerson));
    return state === 'running' || state === 'waiting' ? this.#change(at, () => (this.#byItself = false)) : null;
  }

  #change(at: number, change: () => void): 'paused' | 'resumed' | null {
    const before = this.paused;
    change();
    if (this.paused === before) return null;
    if (before) this.#wentOnAt = at;
    else this.#since = at;
    return before ? 'resumed' : 'paused';
  }

  /** Null while it is not paused. */
  view(signs: PauseSigns): PauseView | null {
    if (!this.paused) return null;
    const since = this.#since;
    if (this.#byPerson) return { reason: 'person', limit: null, text: null, since };
    const warned = signs.notes.findLast((note) => note.at >= this.#wentOnAt && causeOf(note) !== null);
    const cause = warned === undefined ? null : causeOf(warned);
    if (cause === 'quota') return { reason: 'quota', limit: null, text: warned?.text ?? null, since };
    const limit = cause ?? usedUp(signs);
    if (limit !== null) return { reason: 'limit', limit, text: warned?.text ?? null, since };
    return { reason: signs.limits?.onLimit === 'pause' ? 'limit' : 'unknown', limit: null, text: null, since };
  }
}

const LIMITS: readonly PauseLimit[] = [
  ...(['maxCalls', 'maxRequests', 'maxInputTokens', 'maxOutputTokens', 'maxUsd', 'maxTimeMs'] as const),
];

/** What a warning of a run says about a pause. */
function causeOf({ kind, text }: Note): PauseLimit | 'quota' | null {
  if (kind !== 'warning') return null;
  const limit = /^the limit (\w+) .*is reached/.exec(text)?.[1];
  if (limit !== undefined) return LIMITS.find((name) => name === limit) ?? null;
  return /\bquota\b/i.test(text) ? 'quota' : null;
}

/** A cap on requests, tokens or money is reserved before it is used, so the only one that there is may be named early. */
function usedUp({ limits, usage }: PauseSigns): PauseLimit | null {
  if (limits === null || usage === null) return null;
  if (usage.calls >= limits.maxCalls) return 'maxCalls';
  const { requests, inputTokens, outputTokens, usd } = usage;
  const used = { maxRequests: requests, maxInputTokens: inputTokens, maxOutputTokens: outputTokens, maxUsd: usd ?? 0 };
  const set = (['maxRequests', 'maxInputTokens', 'maxOutputTokens', 'maxUsd'] as const).filter(
    (name) => (limits[name] ?? null) !== null,
  );
  return set.find((name) => used[name] >= (limits[name] ?? Infinity)) ?? (set.length === 1 ? (set[0] ?? null) : null);
}
