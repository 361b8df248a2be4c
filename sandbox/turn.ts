/**
 * Gas of one turn, and the end of a guest as a typed error.
 *
 *  T1  A turn gets `gasPerTurn`, or what is left of `gasTotal` if that is less; what it used is counted even when it failed.
 *  T2  Whatever leaves the engine by a throw is the end of the guest: every trap and every error maps to one code.
 */
import { BraidError, isBraidError } from '../protocol/errors.ts';
import type { Engine } from './engine/engine.ts';
import { END } from './engine/exports.ts';
import type { SandboxLimits } from './types.ts';

type TurnLimits = Pick<SandboxLimits, 'gasPerTurn' | 'gasTotal' | 'memoryBytes' | 'stackBytes'>;

export class Turns {
  readonly #engine: Engine;
  readonly #limits: TurnLimits;
  /** Who is to blame, in messages. */
  readonly #who: string;
  #used: number;

  /** `used`: gas of turns that were taken before this guest was restored. */
  constructor(engine: Engine, limits: TurnLimits, { who = 'script', used = 0 }: { who?: string; used?: number } = {}) {
    this.#engine = engine;
    this.#limits = limits;
    this.#who = who;
    this.#used = used;
  }

  get gasUsed(): number {
    return this.#used;
  }

  /** Runs `work` as one turn. Throws a {@link BraidError} when the guest is at its end. */
  take(work: () => void): void {
    const granted = Math.min(this.#limits.gasPerTurn, this.#limits.gasTotal - this.#used);
    this.#engine.gas = granted;
    let thrown: { error: unknown } | null = null;
    try {
      work();
    } catch (error) {
      thrown = { error };
    }
    const left = this.#engine.gas;
    this.#used += granted - Math.max(left, 0);
    if (thrown !== null) throw this.#endOf(thrown.error, left < 0);
  }

  #endOf(error: unknown, outOfGas: boolean): unknown {
    if (isBraidError(error)) return error;
    if (outOfGas) return this.#gasError();
    if (this.#engine.end === END.memory) return this.#memoryError();
    // V8's own stack can end before the guest's when the thread has a small one: the same cause, so the same code.
    if (this.#engine.end === END.stack || (error instanceof RangeError && /call stack/.test(error.message))) {
      return new BraidError(
        'BRAID_SANDBOX_STACK',
        `The ${this.#who} recursed deeper than its ${kib(this.#limits.stackBytes)} of stack.`,
      );
    }
    if (error instanceof GuestEnded) return error;
    const what = error instanceof Error ? error.message : String(error);
    return new BraidError('BRAID_SANDBOX_BROKEN', `The ${this.#who}'s engine failed: ${what}.`, { cause: error });
  }

  #gasError(): BraidError {
    const total = this.#used >= this.#limits.gasTotal;
    const limit = total ? this.#limits.gasTotal : this.#limits.gasPerTurn;
    const steps = String(limit).replace(/\B(?=(\d{3})+$)/g, ',');
    return new BraidError(
      'BRAID_SANDBOX_GAS',
      total
        ? `The ${this.#who} used up the ${steps} steps of computing that a whole run has.`
        : `The ${this.#who} computed for ${steps} steps without waiting for anything.`,
    );
  }

  #memoryError(): BraidError {
    const size = `${this.#limits.memoryBytes / (1024 * 1024)} MiB`;
    return new BraidError('BRAID_SANDBOX_MEMORY', `The ${this.#who} needs more than its ${size} of memory.`);
  }
}

/** Thrown through the engine when the guest has said its last word (`done` or `fail`), so that nothing runs after it. */
export class GuestEnded extends Error {}

function kib(bytes: number): string {
  return `${bytes / 1024} KiB`;
}
