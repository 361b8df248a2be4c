import { hashJson } from './hash.ts';

/** Prefixes of the variables by which providers are configured; vendors keep their own names. */
const PREFIXES = [
  'OPENAI_',
  'ANTHROPIC_',
  'GOOGLE_',
  'GEMINI_',
  'MISTRAL_',
  'GROQ_',
  'XAI_',
  'DEEPSEEK_',
  'COHERE_',
  'TOGETHER_',
  'FIREWORKS_',
  'PERPLEXITY_',
  'CEREBRAS_',
  'DEEPINFRA_',
  'AZURE_',
  'AWS_',
  'AI_GATEWAY_',
  'BRAID_OFFLINE_',
  'BRAID_MAX_REQUESTS_',
];

/**
 * A fingerprint of the settings that decide which providers a worker reaches and with which keys. Equal settings give equal
 * fingerprints; the values cannot be read from it.
 */
export function providerFingerprint(env: Readonly<Record<string, string | undefined>>): string {
  const settings = Object.entries(env)
    .filter(
      ([name, value]) => value !== undefined && value !== '' && PREFIXES.some((prefix) => name.startsWith(prefix)),
    )
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return hashJson(['provider settings', settings]);
}
