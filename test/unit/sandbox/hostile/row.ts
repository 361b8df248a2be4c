/** One hostile script and how it must end: with the code of a sandbox error, a failure of the script, or a right value. */
export interface Row {
  name: string;
  script: string;
  ends: { error: ErrorEnd | ErrorEnd[] } | { fails: string } | { value: unknown };
}

type ErrorEnd =
  | 'BRAID_SANDBOX_GAS'
  | 'BRAID_SANDBOX_MEMORY'
  | 'BRAID_SANDBOX_STACK'
  | 'BRAID_SANDBOX_OUTPUT'
  | 'BRAID_SANDBOX_REQUESTS'
  | 'BRAID_SANDBOX_PROTOCOL'
  | 'BRAID_SCRIPT_VALUE';

export const gas = (name: string, script: string): Row => ({ name, script, ends: { error: 'BRAID_SANDBOX_GAS' } });
export const memory = (name: string, script: string): Row => ({
  name,
  script,
  ends: { error: 'BRAID_SANDBOX_MEMORY' },
});
export const stack = (name: string, script: string): Row => ({ name, script, ends: { error: 'BRAID_SANDBOX_STACK' } });
/** Which of its limits it meets first is the engine's affair. */
export const some = (name: string, script: string, ...codes: ErrorEnd[]): Row => ({
  name,
  script,
  ends: { error: codes },
});
export const value = (name: string, script: string, expected: unknown): Row => ({
  name,
  script,
  ends: { value: expected },
});
/** Ends by a failure that is the script's own; `part` stands in its code or message. */
export const fails = (name: string, script: string, part: string): Row => ({ name, script, ends: { fails: part } });
