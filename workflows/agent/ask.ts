/**
 * One provider response: leave of the ledger, the request, the waits that a provider asks for.
 *
 *  A1  One model activity = one provider response; each is acquired from the lease before it is sent and settled after.
 *  A2  429 and overload are waited out by a durable timer; they cost no turn and no try. The call keeps its slot of the window
 *      meanwhile: that is what slows the run down. Were it given on, the next call would only come to be told the same.
 *  A3  A request that the resumed run paid for is served from its journal: no leave, no request (design §6).
 */
import { isCancellation, sleep, workflowInfo } from '@temporalio/workflow';
import { LIMITS } from '../../protocol/limits.ts';
import type { ModelRequest, ModelResponse } from '../../protocol/model-call.ts';
import type { ModelPrice } from '../../protocol/prices.ts';
import type { CallKey, JournalEntry } from '../../protocol/journal.ts';
import { addSpend, NO_SPEND, type Spend } from '../../protocol/outcome.ts';
import { unlessCancelled } from '../cancellation.ts';
import { boundOf, type Bounds } from '../ledger/bounds.ts';
import { NOTHING_USED, type Grant, type Lease, type Used } from '../ledger/lease.ts';
import type { Named } from '../journal/journal.ts';
import type { Breaker } from '../tree/breaker.ts';
import { modelFailure, RateLimitGaveUp } from './failure.ts';

export interface ModelWorld {
  lease: Lease;
  /** What is capped, so that requests are bounded by it; absent: at most requests and output tokens. */
  bounds?: Bounds;
  /**
   * `turn` counts the requests of one conversation, for activity ids. `key`: what {@link named} called it. `probe`: it asks for a
   * whole run that is parked, and goes although that is paused.
   */
  model(request: ModelRequest, turn: number, key: CallKey | undefined, probe: boolean): Promise<ModelResponse>;
  /** Names a request of a node's own across runs; `served` is what an earlier run paid for it. */
  named?(request: ModelRequest): Named;
  /** Told of what was served. */
  onReplayed?(usage: Spend): void;
  /** Told when a provider asks us to slow down. `width`: see ChildMessage of ledger/link.ts. */
  onRateLimited(message: string, width: number | null | undefined): void;
  /** Where calls wait that the provider has no credit for. */
  quota: Pick<Breaker, 'wait' | 'back'>;
}

export type Message = Extract<ModelResponse, { kind: 'message' }>;
type RateLimited = Extract<ModelResponse, { kind: 'rateLimited' }>;

/** Asks a model, and adds up what its answers cost. */
export class Asker {
  usage: Spend = NO_SPEND;
  requests = 0;
  turn = 0;
  rateLimited = 0;
  /** What a worker last let in flight; undefined: nothing was refused, or by an older build. */
  width: number | undefined;
  /** What was served from an earlier run cost then; undefined: nothing was. */
  replayed: Spend | undefined;
  private readonly world: ModelWorld;

  constructor(world: ModelWorld) {
    this.world = world;
  }

  /** The response, however often the provider asks us to wait (A2). Throws LimitReached, or what ends the call. */
  async ask(request: ModelRequest): Promise<Message> {
    const named = this.world.named?.(request);
    if (named?.served) return this.fromJournal(named.served);
    const { quota } = this.world;
    let probe = false;
    try {
      for (let wait = 0; ;) {
        const response = await this.send(request, named?.key, probe);
        if (response.kind === 'message') return response;
        // The grant is settled by now: who waits for the provider must not keep others from the budget.
        if (response.quota === true) {
          probe = false;
          probe = (await quota.wait(response.message)) === 'probe';
        } else wait += await this.waitOut(response, wait);
      }
    } catch (error) {
      probe &&= !isCancellation(error);
      throw error;
    } finally {
      if (probe) quota.back();
    }
  }

  /** Waits as long as the provider asks for; gives what that counts as. */
  private async waitOut(response: RateLimited, wait: number): Promise<0 | 1> {
    const { message, retryAfterMs, width, paced = false } = response;
    this.width = width ?? this.width;
    if (!paced) this.rateLimited += 1;
    this.world.onRateLimited(message, width ?? (paced ? null : undefined));
    if (!paced && wait >= LIMITS.rateLimitWaits) throw new RateLimitGaveUp(message, wait + 1);
    await sleep(rateLimitDelay(retryAfterMs, wait), { summary: 'rate limited' });
    return paced ? 0 : 1;
  }

  private fromJournal({ value, usage }: JournalEntry): Message {
    this.replayed = addSpend(this.replayed ?? NO_SPEND, usage);
    this.world.onReplayed?.(usage);
    return { ...(value as unknown as Message), ms: 0, notes: [] };
  }

  /** One request under a grant of the lease, settled whatever comes of it (A1). */
  private async send(request: ModelRequest, key: CallKey | undefined, probe: boolean): Promise<ModelResponse> {
    const price = this.price(request.model);
    const bound = boundOf(
      request,
      this.kinds,
      price instanceof Promise ? await unlessCancelled(price, () => undefined) : price,
    );
    const leave = this.world.lease.acquire(bound.want);
    const grant = leave instanceof Promise ? await unlessCancelled(leave, giveBack) : leave;
    const { requests: tries } = grant;
    const maxOutputTokens = bound.outputTokens(grant);
    const task = workflowInfo().historyLength;
    let used: Used = NOTHING_USED;
    try {
      const response = await this.world.model({ ...request, tries, maxOutputTokens }, this.turn++, key, probe);
      used = { requests: response.requests, spend: response.kind === 'message' ? response.usage : NO_SPEND };
      return response;
    } catch (error) {
      const failure = modelFailure(error);
      // Cancelled in flight, it was sent and counts (design §5.1); in the task that scheduled it, it never left.
      const left = workflowInfo().historyLength === task ? 0 : 1;
      used = { requests: failure?.requests ?? left, spend: failure?.usage ?? NO_SPEND };
      throw error;
    } finally {
      // What nobody can price is charged as it was reserved (ledger/ledger.ts, L4).
      grant.settle(used.spend.usd === null && grant.usd > 0 ? { ...used, nanoUsd: grant.usd } : used);
      this.requests += used.requests;
      this.usage = addSpend(this.usage, used.spend);
    }
  }

  private get kinds(): Bounds['kinds'] {
    return this.world.bounds?.kinds ?? [];
  }

  /** Null where nothing caps USD. */
  private price(model: string): ModelPrice | Promise<ModelPrice> | null {
    return this.kinds.includes('usd') ? (this.world.bounds?.price(model) ?? null) : null;
  }
}

/** Retry-After when the provider says one, else 1 s doubling to 60 s; jittered so that a fan-out does not come back as one. */
function rateLimitDelay(retryAfterMs: number | null, wait: number): number {
  const base = retryAfterMs ?? Math.min(60_000, 1_000 * 2 ** wait);
  return Math.ceil(Math.max(20, base) * (1 + Math.random() / 2));
}

function giveBack(grant: Grant): void {
  grant.settle(NOTHING_USED);
}
