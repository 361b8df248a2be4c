import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { isJsonObject } from '../protocol/json.ts';

export type DynamicConfig = Record<string, boolean | number | string>;

/** The file that docker-compose.yml mounts into its server: the only place where these values stand. */
export const DYNAMIC_CONFIG_FILE = new URL('./dynamic-config.yaml', import.meta.url);

/** One partition saves hops on one machine. Several hosts need the server's default of four, so compose does not get these. */
const ONE_MACHINE: DynamicConfig = {
  'matching.numTaskqueueReadPartitions': 1,
  'matching.numTaskqueueWritePartitions': 1,
};

/** Flags that give `temporal server start-dev` the tuned dynamic config. */
export function dynamicConfigFlags(): string[] {
  const values = { ...readDynamicConfig(), ...ONE_MACHINE };
  return Object.entries(values).flatMap(([key, value]) => [
    '--dynamic-config-value',
    `${key}=${JSON.stringify(value)}`,
  ]);
}

/** The shared values. The dev server's flag knows no constraints, so the file may hold exactly one plain value per key. */
export function readDynamicConfig(file: URL | string = DYNAMIC_CONFIG_FILE): DynamicConfig {
  const parsed: unknown = parse(readFileSync(file, 'utf8'));
  if (!isJsonObject(parsed)) throw new TypeError(`${String(file)} is no map of dynamic config keys`);
  return Object.fromEntries(Object.entries(parsed).map(([key, entries]) => [key, onlyValue(key, entries)]));
}

function onlyValue(key: string, entries: unknown): boolean | number | string {
  const entry: unknown = Array.isArray(entries) && entries.length === 1 ? entries[0] : undefined;
  const value = isJsonObject(entry) && Object.keys(entry).length === 1 ? entry['value'] : undefined;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string') return value;
  throw new TypeError(`dynamic config ${key}: expected one entry with a plain value and no constraints`);
}
