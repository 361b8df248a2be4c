import { hashJson } from '../../../protocol/hash.ts';
import { keyVariableOf } from '../registry.ts';

/**
 * Names an account at a provider: a fingerprint of key, base URL and whatever else the environment sets for it. Two names of one
 * provider (openai, openai-chat) share an account; nothing can be read out of it.
 */
export function accountOf(provider: string, env: NodeJS.ProcessEnv): string {
  const variable = keyVariableOf(provider);
  if (variable === null) return hashJson(['no settings', provider]);
  const prefix = variable.slice(0, variable.indexOf('_') + 1);
  const settings = Object.entries(env)
    .filter(([name, value]) => name.startsWith(prefix) && value !== undefined && value !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return hashJson([prefix, settings]);
}
