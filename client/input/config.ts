import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { closest } from 'fastest-levenshtein';
import { z } from 'zod';
import { BraidError, isBraidError } from '../../protocol/errors.ts';

const amount = z.union([z.number(), z.string()]);

const CONFIG = z.strictObject({
  /** Default model, `provider/model` or an alias. */
  model: z.string().optional(),
  /** Model of sub-calls of recursive language models. */
  subModel: z.string().optional(),
  /** House names to `provider/model`: `{ haiku: 'openai/gpt-5-mini' }`. */
  aliases: z.record(z.string(), z.string()).optional(),
  concurrency: amount.optional(),
  maxCalls: amount.optional(),
  maxRequests: amount.optional(),
  maxOutputTokens: amount.optional(),
  maxUsd: amount.optional(),
  /** With a unit: `2h`. */
  maxTime: z.string().optional(),
  maxDepth: amount.optional(),
  onLimit: z.enum(['stop', 'pause']).optional(),
  strict: z.boolean().optional(),
});

/** What `braid.config.ts` may say. Every value can be overridden by the environment and by flags. */
export type BraidConfig = z.infer<typeof CONFIG>;

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
    if (isFile) return { values: parseConfig(await load(path, file), file), file };
  }
  return { values: {}, file: null };
}

/** @throws BraidError BRAID_CONFIG for what does not fit; unknown keys name their nearest known one. */
export function parseConfig(value: unknown, file: string): BraidConfig {
  const parsed = CONFIG.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue?.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const fix = `Did you mean ${closest(key, Object.keys(CONFIG.shape))}?`;
    throw new BraidError('BRAID_CONFIG', `${file} has the unknown key ${JSON.stringify(key)}.`, { fix });
  }
  const path = issue?.path.join('.') ?? '';
  throw new BraidError(
    'BRAID_CONFIG',
    `${file}${path === '' ? '' : `: ${path}`}: ${issue?.message ?? 'is not understood'}.`,
  );
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
