/**
 * One agent's conversation: model turn → tool calls → model turn, until there is an answer (design §8). A1 and A2 are in ask.ts.
 *
 *  B1  After a valid `submit` nothing more is asked (DW-12).
 *  B2  The last turn offers no tools but `submit`, so that an agent that reads for ever still answers with what it has.
 */
import { isCancellation } from '@temporalio/workflow';
import type { AgentTask, ReadRecord, ToolResponse } from '../../protocol/activities.ts';
import type { AgentResult } from '../../protocol/agent-result.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { ModelMessage, ToolCall, ToolResult } from '../../protocol/model-call.ts';
import { usedUp } from '../ledger/books.ts';
import { LimitReached, OWN_BUDGET } from '../ledger/lease.ts';
import { Asker, type Message, type ModelWorld } from './ask.ts';
import { CallTimeout, modelFailure, withTimeout } from './failure.ts';
import { nudge, submitProblem, tooManyTools } from './prompts.ts';

/** What the loop needs of the world. */
export interface AgentWorld extends ModelWorld {
  tool(call: ToolCall, turn: number, index: number): Promise<ToolResponse>;
  /** Tools that change files see what those before them did: one after the other, in the order of the turn. */
  oneByOne?: boolean | ((calls: readonly ToolCall[]) => boolean);
  /** Wraps each request, with all its waits: a node holds a slot of the window while its model answers, and none while its tools run. */
  asking?<T>(ask: () => Promise<T>): Promise<T>;
  /** Whether a person ended the conversation: its cancellation is then its end, and what it used is told. */
  stopped?(): boolean;
}

/** Runs the conversation to its end. Throws only what ends the whole node: cancellation. */
export async function runAgent(task: AgentTask, world: AgentWorld): Promise<AgentResult> {
  const state = new Conversation(task, world);
  try {
    return await (task.timeoutMs === null ? state.run() : withTimeout(task.timeoutMs, () => state.run()));
  } catch (error) {
    if (isCancellation(error) && world.stopped?.() === true) {
      return state.failed('skipped', 'BRAID_CALL_SKIPPED', 'A person skipped this call.');
    }
    if (error instanceof CallTimeout) return state.failed('timeout', 'BRAID_CALL_TIMEOUT', error.message);
    if (error instanceof LimitReached) {
      const reason = error.of === OWN_BUDGET ? 'error' : 'refused';
      return state.failed(reason, 'BRAID_BUDGET_EXHAUSTED', refusal(error));
    }
    const failure = modelFailure(error);
    if (failure === null) throw error;
    return state.failed(failure.reason, failure.code, failure.message);
  }
}

class Conversation {
  private readonly task: AgentTask;
  private readonly world: AgentWorld;
  private readonly messages: ModelMessage[];
  private readonly reads: ReadRecord[] = [];
  private readonly notes: string[] = [];
  private readonly asker: Asker;
  private steps = 0;
  private toolCalls = 0;
  private badSubmits = 0;

  constructor(task: AgentTask, world: AgentWorld) {
    this.task = task;
    this.world = world;
    this.asker = new Asker(world);
    this.messages = [{ role: 'user', text: task.prompt }];
  }

  async run(): Promise<AgentResult> {
    while (this.steps < this.task.maxSteps) {
      const last = this.steps === this.task.maxSteps - 1;
      const response = await this.ask(last);
      this.steps += 1;
      const result = this.task.request.schema === null ? this.answered(response) : this.submitted(response);
      if (result !== null) return result;
      if (!(await this.useTools(response)) && this.task.request.schema !== null) this.remind(response);
      if (this.badSubmits >= this.task.schemaTries) return this.schemaFailed();
    }
    return this.failed(
      'error',
      'BRAID_CALL_STEPS',
      `The agent gave no final answer within ${this.task.maxSteps} turns.`,
    );
  }

  failed(reason: NonNullable<AgentResult['reason']>, code: string, message: string): AgentResult {
    return { ...this.counts(), ok: false, value: null, reason, error: { code, message }, degraded: false };
  }

  private async ask(last: boolean): Promise<Message> {
    const { request } = this.task;
    const { messages } = this;
    const ask = () => this.asker.ask({ ...request, tools: last ? [] : request.tools, messages });
    const response = await (this.world.asking?.(ask) ?? ask());
    for (const note of response.notes) if (!this.notes.includes(note)) this.notes.push(note);
    return response;
  }

  /** Without a schema the answer is the text of a turn that calls no tool. */
  private answered(response: Message): AgentResult | null {
    if (response.toolCalls.length > 0) return null;
    if (response.finish === 'content-filter') {
      return this.failed('error', 'BRAID_PROVIDER_REFUSED', 'The provider cut the answer for its content.');
    }
    if (response.finish === 'length') {
      this.notes.push(`the answer was cut at ${this.task.request.maxOutputTokens} output tokens`);
    }
    return this.succeeded(response.text, false);
  }

  private submitted(response: Message): AgentResult | null {
    const submit = response.submit;
    if (submit === null) return null;
    if (submit.valid) return this.succeeded(submit.value, this.badSubmits === this.task.schemaTries - 1);
    this.badSubmits += 1;
    return null;
  }

  /** Runs the turn's tool calls at once and records the turn. False when there was none. */
  private async useTools(response: Message): Promise<boolean> {
    const bad = response.submit !== null && !response.submit.valid ? response.submit : null;
    const calls =
      bad === null ? response.toolCalls : [...response.toolCalls, { id: bad.id, name: 'submit', input: bad.input }];
    if (calls.length === 0) return false;
    this.toolCalls += response.toolCalls.length;
    const { turn } = this.asker;
    const answer = (call: ToolCall, index: number) =>
      index < LIMITS.toolCallsPerTurn ? this.world.tool(call, turn, index) : Promise.resolve(tooMany());
    const { oneByOne = false } = this.world;
    const answers = await ((typeof oneByOne === 'function' ? oneByOne(response.toolCalls) : oneByOne)
      ? inOrder(response.toolCalls, answer)
      : Promise.all(response.toolCalls.map(answer)));
    const outputs: ToolResult[] = response.toolCalls.map(({ id, name }, index) => {
      const { output, isError, reads } = answers[index] ?? tooMany();
      this.reads.push(...reads);
      return { id, name, output, isError };
    });
    if (bad !== null) outputs.push({ id: bad.id, name: 'submit', output: submitProblem(bad.problem), isError: true });
    this.messages.push(
      {
        role: 'assistant',
        text: response.text,
        toolCalls: calls,
        ...(response.raw === undefined ? {} : { raw: response.raw }),
      },
      { role: 'tool', results: outputs },
    );
    return true;
  }

  /** The model answered by prose where a structured output was asked for. */
  private remind(response: Message): void {
    this.badSubmits += 1;
    this.messages.push({ role: 'assistant', text: response.text, toolCalls: [] }, { role: 'user', text: nudge() });
  }

  private schemaFailed(): AgentResult {
    const message = `The model gave no valid structured output in ${this.task.schemaTries} tries.`;
    return this.failed('schema', 'BRAID_CALL_SCHEMA', message);
  }

  private succeeded(value: AgentResult['value'], degraded: boolean): AgentResult {
    return { ...this.counts(), ok: true, value, reason: null, error: null, degraded };
  }

  private counts() {
    return {
      usage: this.asker.usage,
      requests: this.asker.requests,
      steps: this.steps,
      toolCalls: this.toolCalls,
      rateLimited: this.asker.rateLimited,
      ...(this.asker.width === undefined ? {} : { width: this.asker.width }),
      ...(this.asker.replayed === undefined ? {} : { replayed: this.asker.replayed }),
      reads: this.reads,
      notes: this.notes,
      model: this.task.request.model,
    };
  }
}

async function inOrder<T, R>(items: readonly T[], work: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const [index, item] of items.entries()) results.push(await work(item, index));
  return results;
}

/** A model decides how many tools it calls; Temporal fails the task of a workflow that has 2,000 activities pending. */
function tooMany(): ToolResponse {
  return { output: tooManyTools(LIMITS.toolCallsPerTurn), isError: true, reads: [] };
}

function refusal(error: LimitReached): string {
  if (error.of !== null) return `${usedUp(error)}, so the request was not sent.`;
  return `The limit ${error.limit} of the run is used up, so the call was not sent.`;
}
