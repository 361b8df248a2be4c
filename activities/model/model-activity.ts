/**
 * The `model` activity: one activity = one provider response (design §8).
 *
 *  M1  Paid once: a finished answer is in the store before it is returned, and the store is asked before the provider.
 *  M2  Attempts of one call in one process share one request (flights.ts).
 *  M3  `requests` counts every request that left, those of attempts that died with their worker included.
 *  M4  429 and overload are returned, not thrown. Transport failures are thrown as retryable until `request.tries` of them
 *      happened; deaths of workers are not among them. Everything else is thrown as final.
 *  M5  Texts that a request refers to are read only when it is sent; its call id is that of the references.
 *  M6  No key of the environment is in a message, and no error of the AI SDK leaves as a cause.
 */
import { Context } from '@temporalio/activity';
import type { ErrorCode } from '../../protocol/error-table.ts';
import type { BraidActivities } from '../../protocol/activities.ts';
import { BraidError, isBraidError } from '../../protocol/errors.ts';
import type { ModelRequest } from '../../protocol/model-call.ts';
import type { Spend } from '../../protocol/outcome.ts';
import { ask, type Asked, type ToolSpecs } from './ask.ts';
import { callIdOf, failureCounterOf, type CallRecords } from './call-records.ts';
import { classify } from './classify.ts';
import { finalFailure, retryableFailure } from './failure.ts';
import { createFlights, type Flight } from './flights.ts';
import { keepAlive, untilCancelled } from './heartbeats.ts';
import { judge as judgeBySchema, type Judge } from './judge.ts';
import { rawOf } from './messages.ts';
import { spendOf } from './price.ts';
import type { ReadText } from '../read-text.ts';
import { resolveRequest, type ResolvedRequest } from './prompt-texts.ts';
import { resolveModel, type ResolveModel } from './registry.ts';
import { fromRecord, toRecord, type FlightResult, type Settled } from './settled.ts';
import { judgeAnswer } from './submit.ts';

export interface ModelActivityDeps {
  records: CallRecords;
  /** Tools that a request may name. */
  toolSpecs: ToolSpecs;
  env?: NodeJS.ProcessEnv;
  resolve?: ResolveModel;
  /** Reads texts that prompts refer to; default: there are none. */
  readText?: ReadText;
  judge?: Judge;
}

type FullDeps = Required<ModelActivityDeps>;

export function createModelActivity(given: ModelActivityDeps): BraidActivities['model'] {
  const deps: FullDeps = { env: process.env, resolve: resolveModel, readText: noTexts, judge: judgeBySchema, ...given };
  const flights = createFlights<FlightResult>();

  return async function model(_tag, request) {
    const callId = callIdOf(Context.current().info, request);
    const ride = flights.board(callId, (flight) => fly(deps, callId, request, flight));
    const stopHeartbeats = keepAlive(ride, { quiet: request.model.startsWith('offline/') });
    const { cancelled, stop } = untilCancelled(ride);
    try {
      const result = await Promise.race([ride.done, cancelled]);
      if (result.kind !== 'refused') return result.response;
      throw finalFailure({ ...result, code: 'BRAID_PROVIDER_REFUSED' });
    } finally {
      stop();
      stopHeartbeats();
      ride.leave('done');
    }
  };
}

async function fly(deps: FullDeps, callId: string, request: ModelRequest, flight: Flight): Promise<FlightResult> {
  const known = fromRecord(await deps.records.findCall(callId));
  if (known !== undefined) return known;
  const resolved = await readTexts(deps, callId, request);
  const startedAt = performance.now();
  let sent: number | null = null;
  const asked = await ask({
    request: resolved,
    toolSpecs: deps.toolSpecs,
    env: deps.env,
    resolve: deps.resolve,
    signal: flight.signal,
    markSent: async () => (sent = await deps.records.markSent(callId)),
    progress: flight.progress,
  });
  if (flight.signal.aborted) throw flight.signal.reason;
  const requests = sent ?? (await deps.records.sentCount(callId));
  if (!asked.ok) return failed(deps, callId, request, asked, requests);
  const settled = await settle(deps, request, asked, requests, Math.round(performance.now() - startedAt));
  return saved(deps, callId, settled);
}

async function readTexts(deps: FullDeps, callId: string, request: ModelRequest): Promise<ResolvedRequest> {
  try {
    return await resolveRequest(request, deps.readText);
  } catch (error) {
    const { code, message, fix } = isBraidError(error) ? error : new BraidError('BRAID_INTERNAL', String(error));
    const usage: Spend = { inputTokens: 0, outputTokens: 0, usd: 0 };
    throw finalFailure({ code, message, fix, usage, requests: await deps.records.sentCount(callId) });
  }
}

const noTexts: ReadText = (ref) =>
  Promise.reject(new BraidError('BRAID_BLOB_MISSING', `There is no store to read text ${ref.manifest} from.`));

async function settle(
  deps: FullDeps,
  request: ModelRequest,
  { answer, provider, modelId }: Extract<Asked, { ok: true }>,
  requests: number,
  ms: number,
): Promise<Settled> {
  const none = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
  const usage: Spend =
    answer.counts === null
      ? { inputTokens: 0, outputTokens: 0, usd: provider === 'offline' ? 0 : null }
      : spendOf(provider, modelId, answer.counts ?? none);
  if (answer.finish === 'content-filter') {
    return {
      kind: 'refused',
      message: `${request.model}: the provider's content filter stopped the answer`,
      usage,
      requests,
    };
  }
  const judged = await judgeAnswer(answer, request.schema, request.maxOutputTokens, deps.judge);
  const raw = rawOf(answer.raw);
  const notes = [...answer.warnings, ...judged.notes];
  if (answer.counts === null) notes.push('The provider gave no token counts: this call counts as 0 tokens.');
  return {
    kind: 'answer',
    response: {
      kind: 'message',
      text: answer.text,
      toolCalls: judged.toolCalls,
      ...(raw === undefined ? {} : { raw }),
      submit: judged.submit,
      finish: answer.finish,
      usage,
      requestId: answer.requestId,
      ms,
      requests,
      notes,
    },
  };
}

/** M1. An answer that cannot be stored is still returned: asking again would pay for it twice for certain. */
async function saved(deps: FullDeps, callId: string, settled: Settled): Promise<Settled> {
  try {
    await deps.records.saveCall(callId, toRecord(settled));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (settled.kind === 'answer') settled.response.notes.push(`The answer could not be written to the store: ${why}`);
  }
  return settled;
}

async function failed(
  deps: FullDeps,
  callId: string,
  request: ModelRequest,
  asked: Extract<Asked, { ok: false }>,
  requests: number,
): Promise<FlightResult> {
  const verdict = classify(asked.error, { model: request.model, env: deps.env, notAStream: asked.notAStream });
  if (verdict.kind === 'wait') {
    const { retryAfterMs, message } = verdict;
    return { kind: 'wait', response: { kind: 'rateLimited', retryAfterMs, message, requests } };
  }
  // Tokens that were streamed before the break are on somebody's bill; nobody says how many.
  const usage: Spend = { inputTokens: 0, outputTokens: 0, usd: asked.streamed ? null : 0 };
  const facts = (code: ErrorCode, message: string) => ({ code, message, requests, usage });
  if (verdict.kind === 'fatal') {
    throw finalFailure({
      ...facts(verdict.code, verdict.message),
      ...(verdict.fix === undefined ? {} : { fix: verdict.fix }),
    });
  }
  const failures = await deps.records.markSent(failureCounterOf(callId));
  if (failures < request.tries) {
    throw retryableFailure(facts(verdict.code, verdict.message), { failures, retryAfterMs: verdict.retryAfterMs });
  }
  throw finalFailure(facts(verdict.code, `${verdict.message} (try ${failures} of ${request.tries})`));
}
