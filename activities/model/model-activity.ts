/**
 * The `model` activity: one activity = one provider response (design §8).
 *
 *  M1  Paid once: a finished answer is in the store before it is returned, and the store is asked before the provider.
 *  M2  Attempts of one call in one process share one request (flights.ts).
 *  M3  `requests` counts every request that left, those of attempts that died with their worker included.
 *  M4  429 and overload are returned, not thrown. Transport failures are thrown as retryable until `request.tries` of them
 *      happened; deaths of workers are not among them. Everything else is thrown as final.
 *  M5  Texts that a request refers to are read only when it is sent; its call id is that of the references.
 *  M6  Each request passes its governor first (flow/governor.ts); one that must wait for long is returned as rate limited, unsent.
 *  M7  No key of the environment is in a message, and no error of the AI SDK leaves as a cause.
 */
import { Context } from '@temporalio/activity';
import type { ErrorCode } from '../../protocol/error-table.ts';
import type { BraidActivities } from '../../protocol/activities.ts';
import { BraidError, isBraidError } from '../../protocol/errors.ts';
import type { ModelRequest } from '../../protocol/model-call.ts';
import type { Spend } from '../../protocol/outcome.ts';
import { inputTokenBound } from '../../protocol/request-bound.ts';
import { ask, type Asked, type ToolSpecs } from './ask.ts';
import type { CallLogs, CallRecords } from '../../store/call-records.ts';
import { callIdOf, executionOf, failureCounterOf } from './call-id.ts';
import { classify } from './classify.ts';
import { finalFailure, retryableFailure } from './failure.ts';
import { createFlights, type Flight } from './flights.ts';
import type { Hold, Pass } from './flow/pass.ts';
import { entryOf, Governors } from './flow/governors.ts';
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
  logs: CallLogs;
  /** Tools that a request may name. */
  toolSpecs: ToolSpecs;
  env?: NodeJS.ProcessEnv;
  resolve?: ResolveModel;
  /** Reads texts that prompts refer to; default: there are none. */
  readText?: ReadText;
  judge?: Judge;
  /** What is known of providers' limits; default: nothing yet. All activities of a process share one. */
  governors?: Governors;
}

type FullDeps = Required<ModelActivityDeps>;

/** One call on its way. */
interface Call {
  callId: string;
  /** Of the execution that asks. */
  records: CallRecords;
  /** Workflow that asks. */
  workflowId: string | undefined;
  request: ModelRequest;
}

export function createModelActivity(given: ModelActivityDeps): BraidActivities['model'] {
  const env = given.env ?? process.env;
  const governors = given.governors ?? new Governors(env);
  const deps: FullDeps = { env, governors, resolve: resolveModel, readText: noTexts, judge: judgeBySchema, ...given };
  const flights = createFlights<FlightResult>();

  return async function model(_tag, request) {
    const { info } = Context.current();
    const callId = callIdOf(info, request);
    const records = deps.logs.of(executionOf(info));
    const call: Call = { callId, records, workflowId: info.workflowExecution?.workflowId, request };
    const ride = flights.board(callId, (flight) => fly(deps, call, flight));
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

async function fly(deps: FullDeps, call: Call, flight: Flight): Promise<FlightResult> {
  const { callId, records, workflowId, request } = call;
  const known = fromRecord(await records.findCall(callId));
  if (known !== undefined) return known;
  const resolved = await readTexts(deps, call);
  const governor = deps.governors.of(request.model);
  if (governor === null) return send(deps, call, resolved, flight, null);
  const answer = governor.enter(entryOf(resolved, workflowId, flight.signal));
  const leave = answer instanceof Promise ? await answer : answer;
  if (leave.kind === 'hold') return held(leave, governor.width, await records.sentCount(callId));
  try {
    const result = await send(deps, call, resolved, flight, leave);
    leave.end({ how: 'answered' });
    if (result.kind !== 'wait' || governor.width === null) return result;
    return { kind: 'wait', response: { ...result.response, width: governor.width } };
  } finally {
    leave.end({ how: 'failed' });
  }
}

/** M6. */
function held({ retryAfterMs, message, paced, quota }: Hold, width: number | null, requests: number): FlightResult {
  return {
    kind: 'wait',
    response: {
      kind: 'rateLimited',
      retryAfterMs,
      message,
      requests,
      ...(paced ? { paced } : {}),
      ...(quota ? { quota } : {}),
      ...(width === null ? {} : { width }),
    },
  };
}

async function send(
  deps: FullDeps,
  call: Call,
  resolved: ResolvedRequest,
  flight: Flight,
  pass: Pass | null,
): Promise<FlightResult> {
  const { callId, records, request } = call;
  const startedAt = performance.now();
  let sent: number | null = null;
  const asked = await ask({
    request: resolved,
    toolSpecs: deps.toolSpecs,
    env: deps.env,
    resolve: deps.resolve,
    signal: flight.signal,
    markSent: async () => (sent = await records.markSent(callId)),
    ...(pass === null ? {} : { began: pass.began }),
    progress: flight.progress,
  });
  if (flight.signal.aborted) throw flight.signal.reason;
  const requests = sent ?? (await records.sentCount(callId));
  if (!asked.ok) return failed(deps, { ...call, pass }, asked, requests);
  const settled = await settle(deps, request, asked, requests, Math.round(performance.now() - startedAt));
  return saved(call, settled);
}

/** What nobody counted is taken for as much as it can have been: budgets must not be overrun by it (workflows/ledger/ledger.ts, L4). */
function uncounted(request: ModelRequest, free: boolean): Spend {
  return { inputTokens: inputTokenBound(request), outputTokens: request.maxOutputTokens, usd: free ? 0 : null };
}

function atMost(request: ModelRequest): string {
  const { inputTokens, outputTokens } = uncounted(request, false);
  return `The provider of ${request.model} gives no token counts: its calls count as all that they may have cost (here ${inputTokens} tokens in, ${outputTokens} out).`;
}

async function readTexts(deps: FullDeps, { callId, records, request }: Call): Promise<ResolvedRequest> {
  try {
    return await resolveRequest(request, deps.readText);
  } catch (error) {
    const { code, message, fix } = isBraidError(error) ? error : new BraidError('BRAID_INTERNAL', String(error));
    const usage: Spend = { inputTokens: 0, outputTokens: 0, usd: 0 };
    throw finalFailure({ code, message, fix, usage, requests: await records.sentCount(callId) });
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
  const usage: Spend =
    answer.counts === null ? uncounted(request, provider === 'offline') : spendOf(provider, modelId, answer.counts);
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
  if (answer.counts === null) notes.push(atMost(request));
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
async function saved({ callId, records }: Call, settled: Settled): Promise<Settled> {
  try {
    await records.saveCall(callId, toRecord(settled));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (settled.kind === 'answer') settled.response.notes.push(`The answer could not be written to the store: ${why}`);
  }
  return settled;
}

async function failed(
  deps: FullDeps,
  { callId, records, request, pass }: Call & { pass: Pass | null },
  asked: Extract<Asked, { ok: false }>,
  requests: number,
): Promise<FlightResult> {
  const verdict = classify(asked.error, { model: request.model, env: deps.env, notAStream: asked.notAStream });
  if (verdict.kind === 'wait' || verdict.kind === 'quota') {
    const { message } = verdict;
    const quota = verdict.kind === 'quota';
    const retryAfterMs = verdict.kind === 'wait' ? verdict.retryAfterMs : null;
    pass?.end({ how: 'refused', retryAfterMs, message, quota });
    const response = { kind: 'rateLimited', retryAfterMs, message, requests, ...(quota ? { quota } : {}) } as const;
    return { kind: 'wait', response };
  }
  // Tokens that were streamed before the break are on somebody's bill; nobody says how many.
  const usage: Spend = asked.streamed ? uncounted(request, false) : { inputTokens: 0, outputTokens: 0, usd: 0 };
  const facts = (code: ErrorCode, message: string) => ({ code, message, requests, usage });
  if (verdict.kind === 'fatal') {
    throw finalFailure({
      ...facts(verdict.code, verdict.message),
      ...(verdict.fix === undefined ? {} : { fix: verdict.fix }),
    });
  }
  const failures = await records.markSent(failureCounterOf(callId));
  if (failures < request.tries) {
    throw retryableFailure(facts(verdict.code, verdict.message), { failures, retryAfterMs: verdict.retryAfterMs });
  }
  throw finalFailure(facts(verdict.code, `${verdict.message} (try ${failures} of ${request.tries})`));
}
