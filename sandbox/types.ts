import type { GuestMessage, GuestStart, Settlement } from '../protocol/guest.ts';
import type { SCRIPT_SANDBOX } from '../protocol/limits.ts';

/** Sizes and quotas of one guest. All are part of what replay depends on. */
export type SandboxLimits = { readonly [K in keyof typeof SCRIPT_SANDBOX]: number };

export interface SandboxOptions {
  limits: SandboxLimits;
  /** What the guest may read before its first settlement (W3). */
  start: GuestStart;
  /** Hash of the engine that the run began on; default: this build's (engine/image.ts, hasScriptEngine). */
  engine?: string;
}

/**
 * One guest: a QuickJS of its own, alive from {@link openSandbox} to its `done` or `fail` message or to its first error.
 * `run` and `settle` throw {@link BraidError} with a code `BRAID_SANDBOX_*` (or `BRAID_SCRIPT_SYNTAX`, from `run`); the
 * guest can neither catch nor delay any of them. After an error and after `done` or `fail` the sandbox is closed: drop it.
 */
export interface Sandbox {
  /**
   * Evaluates the script as the body of one async main and drains its jobs. Once only.
   * @returns what the guest posted in this turn, in order
   */
  run(source: string, fileName: string): GuestMessage[];
  /**
   * Answers one call, sets the clock and the budget to the settlement's, drains all jobs.
   * An id that the guest has dropped or that is unknown is ignored by the guest.
   */
  settle(settlement: Settlement): GuestMessage[];
  /** Gas used by all turns so far: loop heads plus moved memory. Equal to the unit in every process. */
  readonly gasUsed: number;
  readonly closed: boolean;
}
