/** Apart from config.ts, because loading zod costs 70 ms and most commands meet no configuration file. */
import { closest } from 'fastest-levenshtein';
import { z } from 'zod';
import { BraidError } from '../../protocol/errors.ts';

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
