import type { CallResult, GuestMessage, GuestStart, Settlement } from '../../../protocol/guest.ts';
import { isBraidError } from '../../../protocol/errors.ts';
import type { Json } from '../../../protocol/json.ts';
import { SCRIPT_SANDBOX } from '../../../protocol/limits.ts';
import { openSandbox, type Sandbox, type SandboxLimits } from '../../../sandbox/index.ts';

export const START: GuestStart = { now: 1_700_000_000_000, spent: 0, args: undefined, seed: 'test', total: null };

export interface Setup {
  start?: Partial<GuestStart>;
  limits?: Partial<SandboxLimits>;
}

export function open(setup: Setup = {}): Sandbox {
  return openSandbox({ limits: { ...SCRIPT_SANDBOX, ...setup.limits }, start: { ...START, ...setup.start } });
}

/** First turn of a script in a fresh sandbox. */
export function run(source: string, setup: Setup = {}): GuestMessage[] {
  return open(setup).run(source, 'script.js');
}

/** The value of a script that ends in its first turn. */
export function valueOf(source: string, setup: Setup = {}): Json {
  const last = run(source, setup).at(-1);
  if (last?.type !== 'done') throw new Error(`not done but ${JSON.stringify(last)}`);
  return last.value;
}

/** The error that left a script in its first turn. */
export function failureOf(source: string, setup: Setup = {}): Extract<GuestMessage, { type: 'fail' }>['error'] {
  const last = run(source, setup).at(-1);
  if (last?.type !== 'fail') throw new Error(`not failed but ${JSON.stringify(last)}`);
  return last.error;
}

/** Code of the error that ended the sandbox, or null. */
export function codeOf(work: () => unknown): string | null {
  try {
    work();
    return null;
  } catch (error) {
    if (isBraidError(error)) return error.code;
    throw error;
  }
}

export type Call = Extract<GuestMessage, { type: 'call' }>;

/** Plays the host: answers every call in the order of asking, one settlement at a time, until the script ends or is stuck. */
export function play(
  source: string,
  answer: (call: Call) => Json | CallResult | Error,
  setup: Setup = {},
): GuestMessage[] {
  const sandbox = open(setup);
  const story: GuestMessage[] = sandbox.run(source, 'script.js');
  for (let next = 0; next < story.length && !sandbox.closed; next++) {
    const message = story[next];
    if (message?.type === 'call') story.push(...sandbox.settle(settlementOf(message, answer(message))));
  }
  return story;
}

function settlementOf(call: Call, value: Json | CallResult | Error): Settlement {
  const state = { id: call.id, now: START.now + call.id, spent: call.id };
  if (!(value instanceof Error)) return { ...state, ok: true, value };
  return { ...state, ok: false, error: { code: 'BRAID_BUDGET_EXHAUSTED', message: value.message } };
}

export function gave(value: Json): CallResult {
  const usage = { inputTokens: 1, outputTokens: 2, usd: null };
  return {
    ok: true,
    value,
    reason: null,
    error: null,
    usage,
    replayed: false,
    degraded: false,
    ms: 5,
    throws: false,
    outcome: null,
  };
}

export function died(options: { throws?: boolean; label?: string } = {}): CallResult {
  const label = options.label ?? 'a';
  const outcome = {
    address: 'agent:1',
    label,
    phase: null,
    reason: 'error' as const,
    code: 'BRAID_PROVIDER_FAILED',
    message: 'no luck',
    model: 'm/x',
    attempts: 3,
  };
  const error = { code: 'BRAID_PROVIDER_FAILED', message: 'no luck' };
  return { ...gave(null), ok: false, reason: 'error', error, throws: options.throws ?? false, outcome };
}

/** Lines that the script wrote, of one level or all. */
export function lines(story: GuestMessage[], level?: string): string[] {
  return story.flatMap((message) =>
    message.type === 'log' && (level ?? message.level) === message.level ? [message.text] : [],
  );
}

export function resultOf(story: GuestMessage[]): Json {
  const last = story.at(-1);
  if (last?.type !== 'done') throw new Error(`not done but ${JSON.stringify(last)}`);
  return last.value;
}
