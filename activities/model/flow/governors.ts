/** The governors of a worker: one for each provider, key and model, because that is how providers count. */
import { FLOW } from '../../../protocol/limits.ts';
import type { ResolvedRequest } from '../prompt-texts.ts';
import { accountOf } from './account.ts';
import { Governor } from './governor.ts';
import type { Clock, Entry, Need } from './pass.ts';

/** Monotonic: a clock that is set back or forward moves no pause. */
const CLOCK: Clock = {
  now: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms).unref();
    return () => clearTimeout(timer);
  },
};

export class Governors {
  readonly #env: NodeJS.ProcessEnv;
  readonly #clock: Clock;
  readonly #accounts = new Map<string, string>();
  readonly #governors = new Map<string, Governor>();

  constructor(env: NodeJS.ProcessEnv, clock: Clock = CLOCK) {
    this.#env = env;
    this.#clock = clock;
  }

  /** The governor of `provider/model`; null for models that ask nobody. */
  of(model: string): Governor | null {
    const slash = model.indexOf('/');
    const provider = model.slice(0, Math.max(0, slash));
    if (provider === '' || provider === 'offline') return null;
    let account = this.#accounts.get(provider);
    if (account === undefined) this.#accounts.set(provider, (account = accountOf(provider, this.#env)));
    const key = `${account}/${model.slice(slash + 1)}`;
    const known = this.#governors.get(key);
    if (known !== undefined) return known;
    const governor = new Governor(this.#clock);
    this.#governors.set(key, governor);
    if (this.#governors.size > FLOW.kept) this.#forgetOne(key);
    return governor;
  }

  /** The oldest that nobody uses. */
  #forgetOne(but: string): void {
    for (const [key, governor] of this.#governors) {
      if (key === but || !governor.isIdle) continue;
      this.#governors.delete(key);
      return;
    }
  }
}

/** What a request asks of its governor. A root's id has no slash: its children's ids begin with it and one. */
export function entryOf(request: ResolvedRequest, workflowId: string | undefined, signal: AbortSignal): Entry {
  let need: Need | undefined;
  const [run = ''] = (workflowId ?? '').split('/', 1);
  return { run, signal, need: () => (need ??= needOf(request)) };
}

/** Four characters are about a token. Providers count the bound of the output before they know the output. */
function needOf({ system, messages, maxOutputTokens }: ResolvedRequest): Need {
  let chars = system?.length ?? 0;
  for (const message of messages) {
    if (message.role === 'tool') for (const { output } of message.results) chars += output.length;
    else chars += message.text.length;
  }
  const input = Math.ceil(chars / 4);
  return { requests: 1, tokens: input + maxOutputTokens, 'input-tokens': input, 'output-tokens': 1 };
}
