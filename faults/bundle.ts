/**
 * The workflows, with the two timeouts that a fault has to outlast made shorter: nothing else is different, and neither is part of
 * what replay compares.
 */
import { bundleWorkflows } from '../worker/bundle.ts';

/** In ms. Tools and cells beat every 3 s, so this may not be less than that. */
export const SHORTER = { heartbeatMs: 6_000, stallMs: 4_000 } as const;

export async function bundleWithShortTimeouts(): Promise<string> {
  const { code } = await bundleWorkflows();
  return Object.entries(SHORTER).reduce((text, [name, ms]) => shortened(text, name, ms), code);
}

/** Replaces the one definition of a number (protocol/limits.ts); throws when there is not exactly one. */
export function shortened(code: string, name: string, ms: number): string {
  const definition = new RegExp(`\\b${name}: [\\d_]+,`, 'g');
  const found = code.match(definition) ?? [];
  if (found.length !== 1) throw new Error(`the bundle defines ${name} ${found.length} times, not once`);
  return code.replace(definition, `${name}: ${ms},`);
}
