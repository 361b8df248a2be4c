/**
 * Stalls (RL-09): the same failure again and again, or turns that bring nothing new.
 *
 * A turn is progress when it ran code that was not run before, or whose output or error is another than last time.
 */
import type { RlmHandover } from '../../protocol/handover.ts';
import { RLM } from '../../protocol/limits.ts';

export class Progress {
  private readonly seen = new Map<string, string>();
  private idle = 0;
  private lastError: string | null = null;
  private sameErrors = 0;

  /** What was seen is not carried over: a turn of the next execution counts as new once more. */
  get handover(): Pick<RlmHandover['loop'], 'idle' | 'sameErrors' | 'lastError'> {
    const { idle, sameErrors, lastError } = this;
    return { idle, sameErrors, lastError };
  }

  continueFrom({ idle, sameErrors, lastError }: RlmHandover['loop']): void {
    Object.assign(this, { idle, sameErrors, lastError });
  }

  /** A turn without code. */
  noCode(): void {
    this.idle += 1;
  }

  /** A turn that ran cells: their code, and what came of it. */
  ran(code: string, output: string, error: string | null): void {
    const before = this.seen.get(code);
    this.seen.set(code, `${output}\n${error ?? ''}`);
    this.idle = before === this.seen.get(code) ? this.idle + 1 : 0;
    this.sameErrors = error !== null && error === this.lastError ? this.sameErrors + 1 : error === null ? 0 : 1;
    this.lastError = error;
  }

  /** Why the node should end, or null. */
  get stalled(): string | null {
    if (this.sameErrors >= RLM.sameErrors)
      return `The same error came ${this.sameErrors} times in a row: ${this.lastError}`;
    if (this.idle >= RLM.idleTurns) return `${this.idle} turns in a row brought nothing new.`;
    return null;
  }
}
