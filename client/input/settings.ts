import type { BraidConfig } from './config.ts';

/** A value somebody set, with where it came from, so that an error can name the flag, the variable or the file. */
export interface Setting {
  value: string | number | boolean;
  from: string;
  code: 'BRAID_USAGE' | 'BRAID_CONFIG';
}

/** Every setting of a run: its flag and its environment variable. The key is its name in the configuration file. */
const SETTINGS = {
  model: { flag: '--model', env: 'BRAID_MODEL' },
  subModel: { flag: '--sub-model', env: 'BRAID_SUB_MODEL' },
  concurrency: { flag: '--concurrency', env: 'BRAID_CONCURRENCY' },
  maxCalls: { flag: '--max-calls', env: 'BRAID_MAX_CALLS' },
  maxRequests: { flag: '--max-requests', env: 'BRAID_MAX_REQUESTS' },
  maxInputTokens: { flag: '--max-input-tokens', env: 'BRAID_MAX_INPUT_TOKENS' },
  maxOutputTokens: { flag: '--max-output-tokens', env: 'BRAID_MAX_OUTPUT_TOKENS' },
  maxUsd: { flag: '--max-usd', env: 'BRAID_MAX_USD' },
  maxTime: { flag: '--max-time', env: 'BRAID_MAX_TIME' },
  maxDepth: { flag: '--max-depth', env: 'BRAID_MAX_DEPTH' },
  onLimit: { flag: '--on-limit', env: 'BRAID_ON_LIMIT' },
  strict: { flag: '--strict', env: 'BRAID_STRICT' },
} as const;

export type SettingName = keyof typeof SETTINGS;

/** Flags as a command line parser or a library caller gives them. */
export type Flags = { [name in SettingName]?: string | number | boolean | undefined };

export type Settings = { [name in SettingName]?: Setting };

/** Flag > environment > configuration file; an empty variable counts as not set. */
export function resolveSettings(
  flags: Flags,
  env: { [name: string]: string | undefined },
  config: { values: BraidConfig; file: string | null },
): Settings {
  const settings: Settings = {};
  for (const name of Object.keys(SETTINGS) as SettingName[]) {
    const { flag, env: variable } = SETTINGS[name];
    const fromFlag = flags[name];
    const fromEnv = env[variable];
    const fromFile = config.values[name];
    if (fromFlag !== undefined) settings[name] = { value: fromFlag, from: flag, code: 'BRAID_USAGE' };
    else if (fromEnv !== undefined && fromEnv !== '')
      settings[name] = { value: fromEnv, from: variable, code: 'BRAID_CONFIG' };
    else if (fromFile !== undefined)
      settings[name] = { value: fromFile, from: `${name} in ${config.file}`, code: 'BRAID_CONFIG' };
  }
  return settings;
}
