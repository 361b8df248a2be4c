/** The node's own model turns: its transcript, and its compaction when it nears what the model can read. */
import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import { LIMITS, RLM } from '../../protocol/limits.ts';
import type { CallTag, ModelMessage, ModelRequest } from '../../protocol/model-call.ts';
import type { RlmInput } from '../../protocol/rlm.ts';
import { activities } from '../activities.ts';
import { Asker, type Message } from '../agent/ask.ts';
import { slotIn } from '../cancellation.ts';
import { LimitReached } from '../ledger/lease.ts';
import type { LimitName } from '../ledger/ledger.ts';
import { requestKey } from '../journal/keys.ts';
import { boundsOf } from '../tree/prices.ts';
import type { Tree } from '../tree/tree.ts';
import { compacted, compaction, COMPACT_SYSTEM, withoutBudget } from './prompts/turns.ts';
import { textLength } from './text.ts';

export class Turns {
  readonly asker: Asker;
  private readonly input: RlmInput;
  private readonly tree: Tree;
  private readonly system: string;
  private readonly scope: CancellationScope;
  private stoppedBy: LimitName | null = null;
  private messages: ModelMessage[] = [];

  /** What it asks ends with `scope`, or with {@link stop}. */
  constructor(
    input: RlmInput,
    { tree, system, tag, scope }: { tree: Tree; system: string; tag: CallTag; scope: CancellationScope },
  ) {
    this.input = input;
    this.tree = tree;
    this.system = system;
    this.scope = new CancellationScope({ cancellable: true, parent: scope });
    this.asker = new Asker({
      lease: tree.desk,
      bounds: boundsOf(tree),
      named: (request) => tree.journal.request(requestKey(request, withoutBudget)),
      onReplayed: (usage) => tree.ledger.chargeReplayed(usage, 0),
      quota: tree.breaker,
      model: async (request, turn, key, probe) => {
        if (tree.paused && !probe) await condition(() => !tree.paused);
        // Notes are no turn of the loop, but the node's own request.
        const address = request.system === COMPACT_SYSTEM ? `${tag.address}/compact` : tag.address;
        const named = key === undefined ? tag : { ...tag, key };
        return activities.model({ ...named, address, turn, notes: tree.story.take() }, request);
      },
      onRateLimited: (message, width) => tree.slowDown(message, width),
    });
  }

  get transcript(): ModelMessage[] {
    return this.messages;
  }

  continueFrom(messages: ModelMessage[], turn: number): void {
    this.messages = messages;
    this.asker.turn = turn;
  }

  add(...messages: ModelMessage[]): void {
    this.messages.push(...messages);
  }

  /** Gives up the request in flight, and all that follow. */
  stop(limit: LimitName): void {
    this.stoppedBy ??= limit;
    this.scope.cancel();
  }

  /** The model's next answer. Throws LimitReached, or what ends the node. */
  async ask(options: { tools: boolean } = { tools: true }): Promise<Message> {
    const { compactChars } = this.input.rlm;
    if (compactChars !== null && this.length > compactChars) await this.compact();
    return this.send(this.system, this.messages, options.tools ? ['run'] : []);
  }

  /** Only leaves hold slots: a node has one while its model answers, not while its cells run (design §7). */
  private async send(system: string, messages: ModelMessage[], tools: string[]): Promise<Message> {
    const { model, effort, maxOutputTokens } = this.input.rlm;
    const request: ModelRequest = {
      model,
      system,
      messages: [...messages],
      tools,
      schema: null,
      effort,
      temperature: null,
      maxOutputTokens: maxOutputTokens ?? LIMITS.maxOutputTokens,
      stallMs: LIMITS.stallMs,
      tries: LIMITS.transportTries,
    };
    try {
      return await this.scope.run(() => this.inSlot(request));
    } catch (error) {
      if (this.stoppedBy !== null && isCancellation(error)) throw new LimitReached(this.stoppedBy);
      throw error;
    }
  }

  private async inSlot(request: ModelRequest): Promise<Message> {
    await slotIn(this.tree.window);
    try {
      const message = await this.asker.ask(request);
      this.tree.window.grow();
      return message;
    } finally {
      this.tree.window.release();
    }
  }

  /** Older turns become notes of the model's own; the first message and the newest turns stay. */
  private async compact(): Promise<void> {
    const from = 1;
    const to = this.messages.length - RLM.keepTurns * 2;
    if (to - from < 2) return;
    const end = startOfTurn(this.messages, to);
    const older = this.messages.slice(0, end);
    const { text } = await this.send(COMPACT_SYSTEM, [...older, { role: 'user', text: compaction() }], []);
    this.messages = [
      ...this.messages.slice(0, from),
      { role: 'user', text: compacted(text) },
      ...this.messages.slice(end),
    ];
    this.tree.story.add('log', `the transcript was compacted: ${end - from} messages became notes`);
  }

  private get length(): number {
    return this.messages.reduce((sum, message) => sum + lengthOf(message), 0);
  }
}

/** A turn begins with the model's answer: a tool result must not lose the call that it answers. */
function startOfTurn(messages: ModelMessage[], from: number): number {
  let at = from;
  while (at > 1 && messages[at]?.role !== 'assistant') at -= 1;
  return at;
}

function lengthOf(message: ModelMessage): number {
  if (message.role === 'user') return textLength(message.text);
  if (message.role === 'tool') return message.results.reduce((sum, { output }) => sum + output.length, 0);
  return message.text.length + message.toolCalls.reduce((sum, { input }) => sum + JSON.stringify(input).length, 0);
}
