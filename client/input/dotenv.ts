import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'dotenv';

/**
 * Adds the variables of `folder/.env` to `env`; what the shell set wins. Gives back the names that were added, never a
 * value: they are keys, and must not reach a terminal or a log. No file, nothing added; an unreadable one likewise.
 */
export async function loadDotEnv(folder: string, env: { [name: string]: string | undefined }): Promise<string[]> {
  const text = await readFile(join(folder, '.env'), 'utf8').catch(() => null);
  if (text === null) return [];
  const added: string[] = [];
  for (const [name, value] of Object.entries(parse(text))) {
    if (env[name] !== undefined) continue;
    env[name] = value;
    added.push(name);
  }
  return added;
}
