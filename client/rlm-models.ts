/** Model objects of the AI SDK as names: the requests are made by a worker, which has objects of its own. */
import { BraidError } from '../protocol/errors.ts';

/** A model by its name, or an object that `openai('…')` of the AI SDK gives. */
export type ModelLike = string | { provider: string; modelId: string };

/** `provider` of the AI SDK's objects → the provider's name here. */
const PROVIDERS: ReadonlyMap<string, string> = new Map([
  ['openai', 'openai'],
  ['openai.responses', 'openai'],
  ['openai.chat', 'openai-chat'],
]);

const OPENAI = 'https://api.openai.com/v1';

/**
 * `openai('gpt-4.1')` → `openai/gpt-4.1`, `openai.chat('x')` → `openai-chat/x`; a text is passed on as it is. What else an object
 * holds (its key, its address, middleware) does not reach the worker, so an object with another address than the environment's is
 * refused like one of another provider. `option` names it in messages. Errors: BRAID_OPTION.
 */
export function modelNameOf(model: unknown, option: string, env: NodeJS.ProcessEnv = process.env): string {
  if (typeof model === 'string') return model;
  if (!isModelObject(model)) {
    throw new BraidError('BRAID_OPTION', `${option} is neither a text nor a model object of the AI SDK.`, {
      fix: `Give ${option}: 'openai/gpt-4.1', or openai('gpt-4.1').`,
    });
  }
  const provider = PROVIDERS.get(model.provider);
  if (provider === undefined) {
    const why = 'the worker makes the requests and cannot take this object over';
    throw new BraidError(
      'BRAID_OPTION',
      `${option} is a model of the provider ${JSON.stringify(model.provider)}: ${why}.`,
      {
        fix: `Name it: ${option}: 'provider/${model.modelId}' (braid doctor lists what the worker has).`,
      },
    );
  }
  refuseOtherAddress(model, option, env);
  return `${provider}/${model.modelId}`;
}

function isModelObject(model: unknown): model is { provider: string; modelId: string } {
  if (typeof model !== 'object' || model === null) return false;
  const { provider, modelId } = model as { provider?: unknown; modelId?: unknown };
  return typeof provider === 'string' && typeof modelId === 'string';
}

function refuseOtherAddress(model: object, option: string, env: NodeJS.ProcessEnv): void {
  const address = addressOf(model);
  const known = env['OPENAI_BASE_URL'] || OPENAI;
  if (address === null || address.startsWith(known.replace(/\/+$/, ''))) return;
  throw new BraidError(
    'BRAID_OPTION',
    `${option} goes to ${new URL(address).origin}, and the worker's goes to ${known}.`,
    {
      fix: 'Set OPENAI_BASE_URL where the worker runs instead of giving baseURL.',
    },
  );
}

/** Where an OpenAI object sends its requests; null when it does not say. */
function addressOf(model: object): string | null {
  try {
    const { config } = model as { config?: { url?: (request: { path: string; modelId: string }) => unknown } };
    const url = config?.url?.({ path: '/', modelId: '' });
    return typeof url === 'string' && URL.canParse(url) ? url : null;
  } catch {
    return null;
  }
}
