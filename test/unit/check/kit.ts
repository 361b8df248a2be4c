import { isBraidError, type BraidError } from '../../../protocol/errors.ts';
import { checkScript, type CheckedScript } from '../../../sandbox/check/index.ts';

export function check(source: string, file = 'x.js'): CheckedScript {
  return checkScript(source, { file });
}

/** The error of a source that must not pass. */
export function refused(source: string, file = 'x.js'): BraidError {
  try {
    check(source, file);
  } catch (error) {
    if (isBraidError(error)) return error;
    throw error;
  }
  throw new Error(`passed: ${source.slice(0, 200)}`);
}

export const META = "export const meta = { name: 'n', description: 'd' }\n";
