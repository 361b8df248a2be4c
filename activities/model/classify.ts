/** What an error of the AI SDK means: wait, give up, or try again. */
import {
  APICallError,
  JSONParseError,
  LoadAPIKeyError,
  LoadSettingError,
  NoSuchModelError,
  TypeValidationError,
} from '@ai-sdk/provider';
import { InvalidResponseDataError, StreamProviderError } from 'ai';
import type { ErrorCode } from '../../protocol/error-table.ts';
import { isBraidError } from '../../protocol/errors.ts';
import { retryAfterOf } from './retry-after.ts';
import { scrub, withoutTags } from './scrub.ts';
import { StalledError } from './wire-watch.ts';

export type Verdict =
  /** Flow control: the workflow waits and asks again. */
  | { kind: 'wait'; retryAfterMs: number | null; message: string }
  /** Flow control as well: the account has no credit, and the run waits for somebody to add some. */
  | { kind: 'quota'; message: string }
  /** Nobody's fault: the next attempt may succeed. */
  | { kind: 'retry'; code: ErrorCode; message: string; retryAfterMs: number | null }
  /** The same request fails again. */
  | { kind: 'fatal'; code: ErrorCode; message: string; fix?: string };

export interface ErrorContext {
  /** `provider/model`, for messages. */
  model: string;
  env: NodeJS.ProcessEnv;
  /** Start of a 200 response that was no event stream. */
  notAStream: string | null;
}

export function classify(error: unknown, context: ErrorContext): Verdict {
  if (isBraidError(error)) {
    const { code, message, fix } = error;
    return error.spec.retryable
      ? { kind: 'retry', code, message, retryAfterMs: null }
      : { kind: 'fatal', code, message, fix };
  }
  const say = (text: string): string => `${context.model}: ${scrub(text, context.env)}`;
  if (error instanceof StalledError)
    return { kind: 'retry', code: 'BRAID_PROVIDER_STALLED', message: say(error.message), retryAfterMs: null };
  if (context.notAStream !== null)
    return garbage(
      say(`the provider answered something that is no model response: ${withoutTags(context.notAStream)}`),
    );
  if (LoadAPIKeyError.isInstance(error) || LoadSettingError.isInstance(error)) {
    return { kind: 'fatal', code: 'BRAID_PROVIDER_KEY_MISSING', message: say(error.message) };
  }
  if (NoSuchModelError.isInstance(error))
    return { kind: 'fatal', code: 'BRAID_MODEL_UNKNOWN', message: say(error.message) };
  const answer = answerOf(error);
  if (answer !== null) return classifyAnswer(answer, say);
  if (isNoResponse(error))
    return garbage(say(`the provider sent an event that is no part of a model response (${messageOf(error)})`));
  return { kind: 'retry', code: 'BRAID_PROVIDER_FAILED', message: say(messageOf(error)), retryAfterMs: null };
}

interface ProviderAnswer {
  status: number;
  /** Machine-readable words of the error: its code and type. */
  words: string;
  text: string;
  headers: Record<string, string> | undefined;
}

function classifyAnswer(answer: ProviderAnswer, say: (text: string) => string): Verdict {
  const { status, text, words } = answer;
  const message = say(`the provider answered ${status}: ${text}`);
  const fatal = (code: ErrorCode, fix?: string): Verdict => ({
    kind: 'fatal',
    code,
    message,
    ...(fix === undefined ? {} : { fix }),
  });
  const all = `${words} ${text}`;
  const retryAfterMs = retryAfterOf(answer.headers) ?? saidRetryOf(text);

  // Who says when to come back has a quota for each minute, whatever it calls it.
  if (status === 402 || (NO_CREDIT.test(all) && retryAfterMs === null)) return { kind: 'quota', message };
  if (status === 429 || status === 529 || OVERLOADED_WORDS.test(words)) return { kind: 'wait', retryAfterMs, message };
  if (status === 503 && (retryAfterMs !== null || OVERLOADED.test(all))) return { kind: 'wait', retryAfterMs, message };
  if (status === 408 || status === 409 || status >= 500)
    return { kind: 'retry', code: 'BRAID_PROVIDER_FAILED', message, retryAfterMs };
  if (REFUSED_WORDS.test(words) || (status === 403 && REFUSED.test(text))) return fatal('BRAID_PROVIDER_REFUSED');
  if (status === 401 || status === 403) return fatal('BRAID_PROVIDER_KEY_REJECTED');
  if (status === 404 || MODEL_UNKNOWN.test(all)) {
    return fatal('BRAID_MODEL_UNKNOWN', 'Correct the model id; if it is right, the base URL of the provider is wrong.');
  }
  if (status === 413 || CONTEXT.test(all)) return fatal('BRAID_PROVIDER_CONTEXT');
  if (REFUSED.test(text)) return fatal('BRAID_PROVIDER_REFUSED');
  if (status >= 400) return fatal('BRAID_PROVIDER_BAD_REQUEST');
  return { kind: 'retry', code: 'BRAID_PROVIDER_FAILED', message: say(text), retryAfterMs };
}

const NO_CREDIT =
  /insufficient_quota|billing_(hard_limit|not_active|error)|insufficient (credits?|balance|funds)|exceeded your current quota|credit balance is too low|(hit|reached) your specified API usage limits/i;
const OVERLOADED_WORDS = /overloaded|rate_limit_(exceeded|error)/i;
const OVERLOADED = /overload|capacity|too busy|slow_down|slow down/i;
const REFUSED_WORDS = /content_policy|content_filter|invalid_prompt|moderation/i;
const REFUSED = /content (policy|filter|management)|usage polic|safety system|flagged/i;
const CONTEXT =
  /context_length|string_above_max_length|maximum context|context (length|window|limit|size)|(prompt|input|request) is too (long|large)|too many (input )?tokens|reduce the length/i;
const MODEL_UNKNOWN = /model_not_found|not a valid model|model\b.{0,80}\b(does not exist|not found|is not supported)/i;

/** `Please retry in 38.7s.`: Google says it in words only. */
function saidRetryOf(text: string): number | null {
  const match = /\bretry in (\d{1,5}(?:\.\d{1,9})?) ?s\b/i.exec(text);
  return match === null ? null : Math.ceil(Number(match[1]) * 1_000);
}

/** The provider's answer inside an error: of an HTTP response, or of an error event in a stream. */
function answerOf(error: unknown): ProviderAnswer | null {
  if (APICallError.isInstance(error)) {
    if (error.statusCode === undefined || error.statusCode < 400) return null;
    const detail = detailOf(error.data);
    const known = detail === null ? '' : error.message;
    const body = error.responseBody ?? '';
    const text = known || bodyText(body) || error.message || 'no message';
    return { status: error.statusCode, words: detail ?? '', text, headers: error.responseHeaders };
  }
  if (StreamProviderError.isInstance(error)) {
    const words = `${error.code ?? ''} ${error.type ?? ''}`;
    return { status: error.statusCode ?? 500, words, text: error.message, headers: undefined };
  }
  return null;
}

/** `code type` of an error body in the shape most providers use; null for any other body. */
function detailOf(data: unknown): string | null {
  if (typeof data !== 'object' || data === null || !('error' in data)) return null;
  const inner = data.error;
  if (typeof inner !== 'object' || inner === null) return null;
  const { code, type } = inner as { code?: unknown; type?: unknown };
  return [code, type].filter((word) => typeof word === 'string' || typeof word === 'number').join(' ');
}

/** A page that a proxy sends may be long; what it says stands at its start. */
const BODY_CHARS = 20_000;

/** Text of a body of unknown shape: the message of JSON, the words of HTML. */
function bodyText(body: string): string {
  try {
    const found = findMessage(JSON.parse(body));
    if (found !== undefined) return found;
  } catch {
    // not JSON: shown as it is
  }
  return withoutTags(body.slice(0, BODY_CHARS)).trim();
}

function findMessage(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { message, error, detail } = value as Record<string, unknown>;
  if (typeof message === 'string') return message;
  if (typeof error === 'string') return error;
  return typeof detail === 'string' ? detail : findMessage(error);
}

function isNoResponse(error: unknown): boolean {
  return (
    JSONParseError.isInstance(error) ||
    TypeValidationError.isInstance(error) ||
    InvalidResponseDataError.isInstance(error)
  );
}

function garbage(message: string): Verdict {
  return { kind: 'retry', code: 'BRAID_PROVIDER_GARBAGE', message, retryAfterMs: null };
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : JSON.stringify(error);
  const { cause } = error;
  return cause instanceof Error && cause.message !== error.message && !error.message.includes(cause.message)
    ? `${error.message}: ${cause.message}`
    : error.message;
}
