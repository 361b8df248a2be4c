import type { RunModels } from '../../protocol/run-input.ts';

/** DW-16: names that are no `provider/model` go through the alias table, else the default serves. */
export function modelOf(
  name: string | null,
  models: Pick<RunModels, 'main' | 'aliases'>,
  warn: (text: string) => void,
): string {
  const { main, aliases } = models;
  if (name === null || name === 'inherit' || name === 'default') return main;
  if (Object.hasOwn(aliases, name)) return aliases[name] ?? main;
  if (name.includes('/')) return name;
  warn(
    `agent(): the model name ${JSON.stringify(name)} stands for nothing here (models.aliases in braid.config.ts); ${main} serves.`,
  );
  return main;
}
