import { closest } from 'fastest-levenshtein';
import { BraidError } from '../../protocol/errors.ts';
import type { RunModels } from '../../protocol/run-input.ts';
import type { Flags, Setting, Settings } from './settings.ts';

const SHAPE = /^[a-z0-9][a-z0-9._-]*\/\S{1,200}$/i;

/**
 * The models of a run. Whether a provider is installed and knows the model is the worker's to say; here only the shape
 * `provider/model` is judged, and house names go through the alias table (DW-16).
 *
 * @throws BraidError BRAID_MODEL_MISSING when nobody named a model: there is no silent default.
 */
export function resolveModels(settings: Settings, aliases: { [name: string]: string }): RunModels {
  for (const [name, target] of Object.entries(aliases)) {
    if (SHAPE.test(target)) continue;
    const fix = 'An alias stands for a provider/model, for example openai/gpt-5-mini.';
    throw new BraidError(
      'BRAID_CONFIG',
      `The alias ${name} stands for ${JSON.stringify(target)}, which is no provider/model.`,
      { fix },
    );
  }
  if (settings.model === undefined) {
    throw new BraidError(
      'BRAID_MODEL_MISSING',
      'No model is named: no --model, no BRAID_MODEL, none in braid.config.ts.',
    );
  }
  const main = modelOf(settings.model, aliases);
  return { main, sub: settings.subModel === undefined ? main : modelOf(settings.subModel, aliases), aliases };
}

/**
 * The models of a run that resumes another: that one's, so that its calls have the same keys, unless a flag names others. House names
 * stand for what they stood for then.
 */
export function keptModels(
  earlier: RunModels,
  flags: { model?: Flags['model']; subModel?: Flags['subModel'] },
  configured: { [name: string]: string },
): RunModels {
  const aliases = { ...configured, ...earlier.aliases };
  const flag = (value: Flags['model'], from: string) =>
    value === undefined ? null : modelOf({ value, from, code: 'BRAID_USAGE' }, aliases);
  const main = flag(flags.model, '--model') ?? earlier.main;
  // A sub-model that was never named follows the main model.
  const sub = earlier.sub === earlier.main ? main : earlier.sub;
  return { main, sub: flag(flags.subModel, '--sub-model') ?? sub, aliases };
}

function modelOf({ value, from, code }: Setting, aliases: { [name: string]: string }): string {
  const name = String(value).trim();
  const alias = Object.hasOwn(aliases, name) ? aliases[name] : undefined;
  if (alias !== undefined) return alias;
  if (SHAPE.test(name)) return name;
  const known = Object.keys(aliases);
  const near = known.length === 0 ? '' : ` Or an alias of the configuration; the nearest is ${closest(name, known)}.`;
  const fix = `Write provider/model, for example openai/gpt-5-mini or offline/reviewer.${near}`;
  throw new BraidError(code, `${from}: ${JSON.stringify(name)} is no provider/model and no alias.`, { fix });
}
