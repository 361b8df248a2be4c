/**
 * The floor: what the same work costs a workflow that is written by hand with Temporal's SDK. It schedules the activities
 * that a script's agents come to, with the same inputs, options and window; `same-work.ts` checks that it does.
 */
import { proxyActivities, sleep, type ActivityOptions } from '@temporalio/workflow';
import type { BraidActivities } from '../protocol/activities.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { CallTag, ModelRequest } from '../protocol/model-call.ts';

export interface BareInput {
  count: number;
  stages: number;
  /** Calls in flight at once. */
  window: number;
  /** What every request has, but for its prompt. */
  request: Omit<ModelRequest, 'messages'>;
}

const OPTIONS: ActivityOptions = {
  heartbeatTimeout: LIMITS.heartbeatMs,
  startToCloseTimeout: LIMITS.requestMs + 60_000,
  cancellationType: 'TRY_CANCEL',
  retry: {
    maximumAttempts: LIMITS.activityAttempts,
    initialInterval: '500ms',
    backoffCoefficient: 2,
    maximumInterval: '20s',
  },
};

const { model } = proxyActivities<BraidActivities>(OPTIONS);

/** Every item goes through the stages on its own; one stage is a fan-out, a window of one is a sequence. Gives the answers. */
export async function barePipeline({ count, stages, window, request }: BareInput): Promise<number> {
  const slots = new Slots(window);
  let calls = 0;
  const ask = async (prompt: string): Promise<string> => {
    const address = `agent:${++calls}`;
    await slots.take();
    try {
      return await answerOf(address, prompt, request);
    } finally {
      slots.give();
    }
  };
  const through = async (_: unknown, item: number): Promise<string> => {
    let text = `item ${item}`;
    for (let stage = 0; stage < stages; stage += 1) text = await ask(text);
    return text;
  };
  const answers = await Promise.all(Array.from({ length: count }, through));
  return answers.filter((answer) => answer !== '').length;
}

/** One call after the other. */
export async function bareSequence({ count, request }: BareInput): Promise<number> {
  let answers = 0;
  for (let n = 0; n < count; n += 1) {
    if ((await answerOf(`agent:${n + 1}`, `item ${n}`, request)) !== '') answers += 1;
  }
  return answers;
}

/** A workflow that does nothing: what a script of one line is compared with. */
export async function empty(): Promise<number> {
  return 1;
}

/** A workflow that only waits, and so stays in the worker's cache. */
export async function parked(): Promise<void> {
  await sleep('1 day');
}

async function answerOf(address: string, prompt: string, request: BareInput['request']): Promise<string> {
  const tag: CallTag = { address, label: prompt, phase: null, model: request.model, turn: 0, notes: [] };
  const response = await model.executeWithOptions({ ...OPTIONS, activityId: `${address}#1`, summary: prompt }, [
    tag,
    { ...request, messages: [{ role: 'user', text: prompt }] },
  ]);
  return response.kind === 'message' ? response.text : '';
}

class Slots {
  private free: number;
  private readonly waiting: (() => void)[] = [];

  constructor(free: number) {
    this.free = free;
  }

  async take(): Promise<void> {
    if (this.free === 0) return new Promise((resolve) => this.waiting.push(resolve));
    this.free -= 1;
  }

  give(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.free += 1;
    else next();
  }
}
