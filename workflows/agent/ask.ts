/**
 * One provider response: leave of the ledger, the request, the waits that a provider asks for.
 *
 *  A1  One model activity = one provider response; each is acquired from the lease before it is sent and settled after.
 *  A2  429 and overload are waited out by a durable timer; they cost no turn and no try.
 */
import { sleep, workflowInfo } from '@temporalio/workflow';
import { LIMITS } from '../../protocol/limits.ts';
import type { ModelRequest, ModelResponse } from '../../protocol/model-call.ts';
import { addSpend, NO_SPEND, type Spend } from '../../protocol/outcome.ts';
import { unlessCancelled } from '../cancellation.ts';
import type { Grant, Lease } from '../ledger/lease.ts';
import { modelFailure, RateLimitGaveUp } from './failure.ts';

export interface ModelWorld {
  lease: Lease;
  /** `turn` counts the requests of one conversation, for activity ids. */
  model(request: ModelRequest, turn: number): Promise<ModelResponse>;
  /** Told when a provider asks us to slow down. */
  onRateLimited(message: string): void;
}

export type Message = Extract<ModelResponse, { kind: 'message' }>;

/** Asks a model, and adds up what its answers cost. */
export class Asker {
  usage: Spend = NO_SPEND;
  requests = 0;
  turn = 0;
  rateLimited = 0;
  private readonly world: ModelWorld;

  constructor(world: ModelWorld) {
    this.world = world;
  }

  /** The response, however often the provider asks us to wait (A2). Throws LimitReached, or what ends the call. */
  async ask(request: ModelRequest): Promise<Message> {
    for (let wait = 0; ; wait += 1) {
      const response = await this.send(request);
      if (response.kind === 'message') return response;
      this.rateLimited += 1;
      this.world.onRateLimited(response.message);
      if (wait >= LIMITS.rateLimitWaits) throw new RateLimitGaveUp(response.message, wait + 1);
      // The grant is settled by now: who waits for the provider must not keep others from the budget.
      await sleep(rateLimitDelay(response.retryAfterMs, wait), { summary: 'rate limited' });
    }
  }

  /** One request under a grant of the lease, settled whatever comes of it (A1). */
  private async send(request: ModelRequest): Promise<ModelResponse> {
    const want = { requests: request.tries, outputTokens: request.maxOutputTokens };
    const leave = this.world.lease.acquire(want);
    const grant = leave instanceof Promise ? await unlessCancelled(leave, giveBack) : leave;
    const { requests: tries, outputTokens: maxOutputTokens } = grant;
    const task = workflowInfo().historyLength;
    let used = { requests: 0, spend: NO_SPEND };
    try {
      const response = await this.world.model({ ...request, tries, maxOutputTokens }, this.turn++);
      used = { requests: response.requests, spend: response.kind === 'message' ? response.usage : NO_SPEND };
      return response;
    } catch (error) {
      const failure = modelFailure(error);
      // Cancelled in flight, it was sent and counts (design §5.1); in the task that scheduled it, it never left.
      const left = workflowInfo().historyLength === task ? 0 : 1;
      used = { requests: failure?.requests ?? left, spend: failure?.usage ?? NO_SPEND };
      throw error;
    } finally {
      grant.settle(used);
      this.requests += used.requests;
      this.usage = addSpend(this.usage, used.spend);
    }
  }
}

/** Retry-After when the provider says one, else 1 s doubling to 60 s; jittered so that a fan-out does not come back as one. */
function rateLimitDelay(retryAfterMs: number | null, wait: number): number {
  const base = retryAfterMs ?? Math.min(60_000, 1_000 * 2 ** wait);
  return Math.ceil(Math.max(20, base) * (1 + Math.random() / 2));
}

function giveBack(grant: Grant): void {
  grant.settle({ requests: 0, spend: NO_SPEND });
}
