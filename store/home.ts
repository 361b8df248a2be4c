import { homedir } from 'node:os';
import path from 'node:path';

/** The folder with all of Braid's state: BRAID_HOME, else `.braid` in the user's home. Always absolute. */
export function resolveHome(env: { BRAID_HOME?: string | undefined } = process.env): string {
  const named = env.BRAID_HOME;
  return named === undefined || named === '' ? path.join(homedir(), '.braid') : path.resolve(named);
}
