import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BraidError, isBraidError } from '../../protocol/errors.ts';
import type { BraidConfig } from './config-schema.ts';

export type { BraidConfig };

/** Gives a configuration file its types. */
export function defineConfig(config: BraidConfig): BraidConfig {
  return config;
}

const FILES = ['braid.config.ts', 'braid.config.mts', 'braid.config.js', 'braid.config.mjs', 'braid.config.json'];

/**
 * The configuration of the folder where the command was typed; none gives `{}`. A configuration is code that runs with the
 * user's rights, so it is never looked for in `--cwd`, which may be somebody else's folder.
 *
 * @throws BraidError BRAID_CONFIG naming file and key.
 */
export async function loadConfig(folder: string): Promise<{ values: BraidConfig; file: string | null }> {
  for (const file of FILES) {
    const path = join(folder, file);
    const isFile = await stat(path).then(
      (info) => info.isFile(),
      () => false,
    );
    if (!isFile) continue;
    const { parseConfig } = await import('./config-schema.ts');
    return { values: parseConfig(await load(path, file), file), file };
  }
  return { values: {}, file: null };
}

async function load(path: string, file: string): Promise<unknown> {
  try {
    if (file.endsWith('.json')) return JSON.parse(await readFile(path, 'utf8'));
    const module: unknown = await import(pathToFileURL(path).href);
    if (typeof module === 'object' && module !== null && 'default' in module) return module.default;
    throw new BraidError('BRAID_CONFIG', `${file} has no default export.`, {
      fix: 'Write: export default { model: "…" }',
    });
  } catch (cause) {
    if (isBraidError(cause)) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new BraidError('BRAID_CONFIG', `${file} cannot be loaded: ${message}`, { cause });
  }
}
