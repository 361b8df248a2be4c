import type { LanguageModelV4 } from '@ai-sdk/provider';
import { BraidError } from '../../protocol/errors.ts';
import { echo } from './echo.ts';
import { migrator } from './migrator/migrator.ts';
import { reviewer } from './review/reviewer.ts';
import { rlm } from './rlm/model.ts';
import { ruleModel } from './rule-model.ts';

/** Braid's own keyless models. */
export const OFFLINE_MODELS: readonly string[] = ['reviewer', 'migrator', 'echo', 'rlm'];

export function offlineModel(id: string, env: NodeJS.ProcessEnv): LanguageModelV4 {
  const latencyMs = Number(env['BRAID_OFFLINE_LATENCY_MS'] ?? '0');
  const options = { latencyMs: Number.isFinite(latencyMs) && latencyMs > 0 ? latencyMs : 0 };
  if (id === 'reviewer') return ruleModel(id, reviewer, options);
  if (id === 'migrator') return ruleModel(id, migrator, options);
  if (id === 'rlm') return ruleModel(id, rlm, options);
  if (id === 'echo') return ruleModel(id, echo, options);
  throw new BraidError('BRAID_MODEL_UNKNOWN', `There is no model "offline/${id}".`, {
    fix: `Braid's own models are: ${OFFLINE_MODELS.map((name) => `offline/${name}`).join(', ')}.`,
  });
}
