/** `provider/model` → a language model of the AI SDK. Which providers exist is what is installed. */
import { createOpenAI } from '@ai-sdk/openai';
import type { LanguageModel } from 'ai';
import { createRequire } from 'node:module';
import { BraidError } from '../../protocol/errors.ts';
import { isJsonObject } from '../../protocol/json.ts';
import { OFFLINE_MODELS, offlineModel } from '../offline/models.ts';

export interface ResolvedModel {
  model: LanguageModel;
  provider: string;
  modelId: string;
  /** True for Braid's own models: nothing leaves the machine. */
  offline: boolean;
}

export type ResolveModel = (
  name: string,
  options: { env: NodeJS.ProcessEnv; fetch: typeof fetch },
) => Promise<ResolvedModel>;

export interface ProviderInfo {
  name: string;
  /** Whether its key is in the environment, or it needs none. */
  ready: boolean;
  /** The variable it wants; null when it needs none. */
  keyVariable: string | null;
  /** An example of a model, for messages. */
  models: string;
}

/** AI SDK packages that are offered when they are installed, with the variable of their key. */
const PACKAGES: Record<string, string> = {
  anthropic: 'ANTHROPIC_API_KEY',
  google: 'GOOGLE_GENERATIVE_AI_API_KEY',
  mistral: 'MISTRAL_API_KEY',
  groq: 'GROQ_API_KEY',
  xai: 'XAI_API_KEY',
  deepseek: 'DEEPSEEK_API_KEY',
  cohere: 'COHERE_API_KEY',
  togetherai: 'TOGETHER_API_KEY',
  fireworks: 'FIREWORKS_API_KEY',
  perplexity: 'PERPLEXITY_API_KEY',
  cerebras: 'CEREBRAS_API_KEY',
  deepinfra: 'DEEPINFRA_API_KEY',
  azure: 'AZURE_API_KEY',
  'amazon-bedrock': 'AWS_ACCESS_KEY_ID',
  gateway: 'AI_GATEWAY_API_KEY',
};
/** Parts of the AI SDK that look like providers by their package name. */
const NO_PROVIDERS = new Set([
  'provider',
  'provider-utils',
  'openai-compatible',
  'react',
  'vue',
  'svelte',
  'angular',
  'rsc',
  'codemod',
]);

const require = createRequire(import.meta.url);

/**
 * @throws BraidError BRAID_PROVIDER_UNKNOWN, BRAID_PROVIDER_KEY_MISSING, BRAID_MODEL_UNKNOWN
 */
export const resolveModel: ResolveModel = async (name, { env, fetch }) => {
  const slash = name.indexOf('/');
  const provider = name.slice(0, Math.max(0, slash));
  const modelId = name.slice(slash + 1);
  if (slash <= 0 || modelId === '') {
    throw new BraidError(
      'BRAID_PROVIDER_UNKNOWN',
      `The model "${name}" names no provider: models are written provider/model.`,
      {
        fix: `Write for example openai/${modelId || 'gpt-5-mini'}. Here are: ${names()}.`,
      },
    );
  }
  if (provider === 'offline') return { model: offlineModel(modelId, env), provider, modelId, offline: true };
  const model =
    provider === 'openai' || provider === 'openai-chat'
      ? openAi(provider, modelId, env, fetch)
      : await installed(provider, modelId, fetch);
  return { model, provider, modelId, offline: false };
};

/** Every provider that a model name may start with here, for `doctor` and for messages. */
export function knownProviders(env: NodeJS.ProcessEnv = process.env): ProviderInfo[] {
  const own: ProviderInfo[] = ['openai', 'openai-chat'].map((name) => {
    const ready = hasValue(env, 'OPENAI_API_KEY') || hasValue(env, 'OPENAI_BASE_URL');
    return { name, ready, keyVariable: 'OPENAI_API_KEY', models: `${name}/gpt-5-mini` };
  });
  const others = Object.entries(PACKAGES)
    .filter(([name]) => isInstalled(name))
    .map(([name, keyVariable]) => ({
      name,
      ready: hasValue(env, keyVariable),
      keyVariable,
      models: `${name}/<model>`,
    }));
  const offline = {
    name: 'offline',
    ready: true,
    keyVariable: null,
    models: OFFLINE_MODELS.map((id) => `offline/${id}`).join(', '),
  };
  return [...own, ...others, offline];
}

/** The variable that holds a provider's key; null for a provider that nobody knows. */
export function keyVariableOf(provider: string): string | null {
  if (provider === 'openai' || provider === 'openai-chat') return 'OPENAI_API_KEY';
  return Object.hasOwn(PACKAGES, provider) ? (PACKAGES[provider] ?? null) : null;
}

/** OPENAI_BASE_URL may name a local server that wants no key; the official one always does. */
function openAi(
  provider: string,
  modelId: string,
  env: NodeJS.ProcessEnv,
  fetch: typeof globalThis.fetch,
): LanguageModel {
  const baseURL = env['OPENAI_BASE_URL'];
  if (!hasValue(env, 'OPENAI_API_KEY') && !hasValue(env, 'OPENAI_BASE_URL'))
    throw keyMissing(provider, 'OPENAI_API_KEY');
  const openai = createOpenAI({
    apiKey: env['OPENAI_API_KEY'] || 'no-key',
    fetch,
    ...(hasValue(env, 'OPENAI_BASE_URL') && baseURL !== undefined ? { baseURL } : {}),
    ...(env['OPENAI_ORG_ID'] ? { organization: env['OPENAI_ORG_ID'] } : {}),
    ...(env['OPENAI_PROJECT_ID'] ? { project: env['OPENAI_PROJECT_ID'] } : {}),
  });
  return provider === 'openai' ? openai.responses(modelId) : openai.chat(modelId);
}

async function installed(provider: string, modelId: string, fetch: typeof globalThis.fetch): Promise<LanguageModel> {
  if (!isInstalled(provider)) {
    throw new BraidError(
      'BRAID_PROVIDER_UNKNOWN',
      `There is no provider "${provider}" here (model "${provider}/${modelId}").`,
      {
        fix: `Use one of: ${names()}. Or install @ai-sdk/${provider} where the worker runs.`,
      },
    );
  }
  const exported: unknown = await import(`@ai-sdk/${provider}`);
  const create = isJsonObject(exported) ? factoryOf(exported, provider) : undefined;
  if (create === undefined) {
    throw new BraidError('BRAID_PROVIDER_UNKNOWN', `@ai-sdk/${provider} is installed but offers no language models.`, {
      fix: `Use one of: ${names()}.`,
    });
  }
  return create({ fetch }).languageModel(modelId);
}

type Factory = (options: { fetch: typeof globalThis.fetch }) => { languageModel(id: string): LanguageModel };

/** Every provider package exports `createName`; where it exports several, the one that is named like the package. */
function factoryOf(exported: object, provider: string): Factory | undefined {
  const factories = Object.entries(exported).filter(
    ([name, value]) => /^create[A-Z]/.test(name) && typeof value === 'function',
  );
  const wanted = `create${provider.replaceAll('-', '')}`;
  const best = factories.find(([name]) => name.toLowerCase() === wanted) ?? factories[0];
  return best?.[1] as Factory | undefined;
}

function isInstalled(provider: string): boolean {
  if (!/^[a-z][a-z0-9-]*$/.test(provider) || NO_PROVIDERS.has(provider)) return false;
  try {
    require.resolve(`@ai-sdk/${provider}/package.json`);
    return true;
  } catch {
    return false;
  }
}

function keyMissing(provider: string, variable: string): BraidError {
  return new BraidError(
    'BRAID_PROVIDER_KEY_MISSING',
    `The provider "${provider}" needs a key, and ${variable} is not set where the worker runs.`,
    {
      fix: `Set ${variable} where the worker runs, or try --model offline/reviewer, which needs none.`,
    },
  );
}

function names(): string {
  return knownProviders({})
    .map((provider) => provider.name)
    .join(', ');
}

function hasValue(env: NodeJS.ProcessEnv, name: string): boolean {
  return (env[name] ?? '').trim() !== '';
}
