/**
 * The calls of cells: each item is one call of the run, with an address, a slot and a place in the ledger of its own (RL-25).
 *
 *  R1  A batch is answered once, when all of its items have ended: values and error objects in their places (RL-21).
 *  R2  After the first call that a limit refuses, no further call is begun; a refused single call is not answered (cell.ts, Q2).
 */
import type { CancellationScope } from '@temporalio/workflow';
import type { ContextRef, PromptText } from '../../protocol/context.ts';
import { isErrorCode } from '../../protocol/error-table.ts';
import { BraidError } from '../../protocol/errors.ts';
import type { CallResult } from '../../protocol/guest.ts';
import type { Json } from '../../protocol/json.ts';
import { LIMITS, REPL, RLM } from '../../protocol/limits.ts';
import type { ReplCall, ReplCallOptions, ReplSettlement } from '../../protocol/repl.ts';
import type { RlmInput } from '../../protocol/rlm.ts';
import { activities } from '../activities.ts';
import { modelFailure } from '../agent/failure.ts';
import { resolveAgentCall, type AgentCall } from '../calls/agent-call.ts';
import type { Agents } from '../calls/agents.ts';
import { modelOf } from '../calls/model-name.ts';
import type { Nodes } from '../calls/nodes.ts';
import { Performer } from '../calls/perform.ts';
import { scriptNode } from '../calls/script-node.ts';
import { Window } from '../ledger/window.ts';
import type { Begun, Ending } from '../script/host.ts';
import type { Tree } from '../tree/tree.ts';
import { leafPrompt } from './prompts/roles.ts';
import { textHead, textLength } from './text.ts';

type Runnable = Exclude<ReplCall, { name: 'wrong' }>;
type LlmItem = Extract<ReplCall, { name: 'llm' }>['items'][number];
type RlmItem = Extract<ReplCall, { name: 'rlm' }>['items'][number];

export class ReplCalls {
  /** The limit that refused a call: the node ends when its cell has got what was paid for. */
  refusedBy: string | null = null;
  private readonly input: RlmInput;
  private readonly tree: Tree;
  private readonly agents: Agents;
  private readonly nodes: Nodes;
  private readonly performer: Performer;
  private readonly tools = new Window(REPL.toolsAtOnce);
  private readonly counts = { llm: 0, rlm: 0, workflow: 0, tool: 0 };

  /** What it runs ends with `scope`, or with {@link stop}. */
  constructor(
    input: RlmInput,
    tree: Tree,
    { agents, nodes, scope }: { agents: Agents; nodes: Nodes; scope: CancellationScope },
  ) {
    this.input = input;
    this.tree = tree;
    this.agents = agents;
    this.nodes = nodes;
    this.performer = new Performer(tree, scope);
  }

  /** The settlement, or null for a call that is never answered. */
  async run(call: Runnable): Promise<ReplSettlement | null> {
    if (call.name === 'tool') return this.tool(call.id, call.tool, call.args);
    if (this.refusedBy !== null) return null;
    if (call.name === 'llm') return this.batch(call.id, call.batch, call.items, (item) => this.llm(item));
    if (call.name === 'rlm') return this.batch(call.id, call.batch, call.items, (item) => this.rlm(item));
    const begun = call.name === 'agent' ? this.agent(call) : this.workflow(call.ref, call.args);
    const ending = await this.performer.run(begun);
    if (ending === null || this.isRefusal(ending)) return null;
    // As in scripts, an agent that died is null; what the program got wrong is thrown.
    if (call.name === 'agent' && isCallResult(ending) && !ending.value.ok && !ending.value.throws) {
      return { id: call.id, ok: true, value: null };
    }
    return { id: call.id, ...settlementOf(ending) };
  }

  /** Gives up all calls in flight: the time is up. */
  stop(limit: string): void {
    this.refusedBy ??= limit;
    this.performer.stop();
  }

  private async batch<T>(
    id: number,
    many: boolean,
    items: T[],
    begin: (item: T) => Begun,
  ): Promise<ReplSettlement | null> {
    const endings = await Promise.all(items.map((item) => this.performer.run(begin(item))));
    const [first] = endings;
    if (!many) {
      if (first === null || first === undefined || this.isRefusal(first)) return null;
      return { id, ...settlementOf(first) };
    }
    const values = endings.map((ending): Json => {
      if (ending === null) return { error: 'The call was given up.', code: 'BRAID_CALL_CANCELLED' };
      this.isRefusal(ending);
      const settled = settlementOf(ending);
      return settled.ok ? settled.value : { error: settled.error.message, code: settled.error.code };
    });
    return { id, ok: true, value: values };
  }

  private llm({ prompt, options }: LlmItem): Begun {
    const address = `${this.tree.prefix}llm:${++this.counts.llm}`;
    const label = options.label ?? labelOf(textHead(prompt));
    return this.agents.beginCall(address, { label, phase: null }, () => this.leaf(prompt, label, options));
  }

  private leaf(prompt: PromptText, label: string, options: ReplCallOptions): AgentCall {
    const { models, prompts } = { models: this.tree.input.models, prompts: this.input.prompts };
    const { schema, system, maxOutputTokens } = options;
    const schemaTries = LIMITS.schemaTries;
    return {
      label,
      phase: null,
      definition: null,
      task: {
        prompt,
        maxSteps: schemaTries,
        schemaTries,
        timeoutMs: null,
        request: {
          model: modelOf(options.model, { ...models, main: this.input.rlm.subModel }, this.tree.warn),
          system: leafPrompt(prompts, system, schema !== null),
          tools: [],
          schema,
          effort: null,
          temperature: null,
          maxOutputTokens: maxOutputTokens ?? LIMITS.maxOutputTokens,
          stallMs: LIMITS.stallMs,
          tries: LIMITS.transportTries,
        },
      },
    };
  }

  private rlm({ question, context, options }: RlmItem): Begun {
    const { depth } = this.input.rlm;
    if (depth < 1 || this.tree.level + 1 > this.tree.input.limits.maxDepth)
      return this.plain({ question, context, options });
    const address = `${this.tree.prefix}rlm:${++this.counts.rlm}`;
    const label = options.label ?? labelOf(textHead(question));
    const model = modelOf(options.model, { ...this.tree.input.models, main: this.input.rlm.subModel }, this.tree.warn);
    const budget = { calls: options.budget?.calls ?? null, outputTokens: options.budget?.outputTokens ?? null };
    const iterations = Math.min(
      options.budget?.iterations ?? this.input.rlm.maxIterations,
      this.input.rlm.maxIterations,
    );
    return this.nodes.rlm({ address, label, phase: null, model }, budget, (parent) => ({
      ...this.input,
      name: label,
      question,
      asked: askedOf(question),
      context,
      seed: `${this.input.seed}/${address}`,
      rlm: {
        ...this.input.rlm,
        model,
        system: options.system,
        schema: options.schema,
        maxIterations: iterations,
        maxOutputTokens: options.maxOutputTokens ?? this.input.rlm.maxOutputTokens,
        depth: depth - 1,
      },
      parent,
    }));
  }

  /** RL-22: at the depth limit a recursive call is a plain one over its context, when that fits. */
  private plain({ question, context, options }: RlmItem): Begun {
    const length = context?.length ?? 0;
    if (length + textLength(question) <= RLM.plainContextChars) {
      return this.llm({ prompt: context === null ? question : withContext(question, context), options });
    }
    const address = `${this.tree.prefix}rlm:${++this.counts.rlm}`;
    const message =
      `rlm_query is at its depth limit here, so it is one plain call, and its context of ${length} characters does not fit into ` +
      `one (${RLM.plainContextChars}). Split it and ask for the pieces.`;
    this.tree.failed += 1;
    const label = options.label ?? labelOf(textHead(question));
    this.tree.outcomes.push({
      address,
      label,
      phase: null,
      reason: 'error',
      code: 'BRAID_DEPTH',
      message,
      model: null,
      attempts: 0,
    });
    return { ok: false, error: { code: 'BRAID_DEPTH', message } };
  }

  private agent({ prompt, opts }: Extract<ReplCall, { name: 'agent' }>): Begun {
    const { input, warn } = this.tree;
    const head = textHead(prompt);
    const label = typeof opts?.['label'] === 'string' ? opts['label'].slice(0, 60) : labelOf(head);
    return this.agents.beginCall(`${this.tree.prefix}agent:${this.tree.nextAddress()}`, { label, phase: null }, () => {
      const call = resolveAgentCall([typeof prompt === 'string' ? prompt : head, opts], null, input, warn);
      if (typeof prompt === 'string') return call;
      return { ...call, task: { ...call.task, prompt } };
    });
  }

  private workflow(ref: Extract<ReplCall, { name: 'workflow' }>['ref'], args: Json | undefined): Begun {
    const address = `${this.tree.prefix}workflow:${++this.counts.workflow}`;
    const label = typeof ref === 'string' ? ref : 'scriptPath' in ref ? ref.scriptPath : 'script of a cell';
    const call = { address, label, phase: null, model: null };
    return this.nodes.script(call, (parent) =>
      scriptNode(this.tree, { address, label, phase: null, ref, args, caller: 'a cell' }, parent),
    );
  }

  /** A function of the user's: no call of a model, so it is not counted and takes no slot of the run's window. */
  private async tool(id: number, tool: string, args: Json): Promise<ReplSettlement | null> {
    const address = `${this.tree.prefix}tool:${++this.counts.tool}`;
    const run = async (): Promise<Json> => {
      try {
        const { toolModule } = this.input;
        if (toolModule === null) throw new BraidError('BRAID_TOOL_FAILED', 'This run has no tools.');
        const tag = { address, label: tool, phase: null, model: null, turn: 0, notes: this.tree.story.take() };
        return await activities.userTool(tag, { file: toolModule.file, tool, args });
      } catch (error) {
        const failure = modelFailure(error);
        if (failure === null) throw error;
        throw new BraidError(isErrorCode(failure.code) ? failure.code : 'BRAID_INTERNAL', failure.message);
      } finally {
        this.tools.release();
      }
    };
    const ending = await this.performer.run({ window: this.tools, run, dropped: () => undefined });
    if (ending === null) return null;
    return ending.ok ? { id, ok: true, value: ending.value as Json } : { id, ...ending };
  }

  private isRefusal(ending: Ending): boolean {
    const refused = isCallResult(ending) && ending.value.reason === 'refused';
    if (refused) this.refusedBy ??= ending.value.error?.message ?? 'A limit is reached.';
    return refused;
  }
}

function withContext(question: PromptText, { of, parts, length }: ContextRef): PromptText {
  // A part is at most as long as all of them: what is beyond its end is not there.
  const texts =
    'pieces' in of
      ? of.pieces
      : Array.from({ length: parts }, (_, part) => ({ manifest: of.manifest, part, start: 0, end: length }));
  const material = texts.flatMap(({ manifest, part, start, end }) => ['\n\n', { manifest, part, start, end }]);
  return [...(typeof question === 'string' ? [question] : question), '\n\n<context>', ...material, '\n</context>'];
}

function askedOf(question: PromptText): RlmInput['asked'] {
  return { head: textHead(question), length: textLength(question) };
}

function isCallResult(ending: Ending): ending is Ending & { ok: true; value: CallResult } {
  return ending.ok && typeof ending.value === 'object' && ending.value !== null && 'outcome' in ending.value;
}

function settlementOf(
  ending: Ending,
): { ok: true; value: Json } | { ok: false; error: { code: string; message: string } } {
  if (!isCallResult(ending)) return ending.ok ? { ok: true, value: ending.value as Json } : ending;
  const { ok, value, error } = ending.value;
  return ok ? { ok, value } : { ok, error: error ?? { code: 'BRAID_INTERNAL', message: 'The call failed.' } };
}

function labelOf(text: string): string {
  const line = text.trim().split('\n', 1)[0] ?? '';
  const cut = line.length > 60 ? `${line.slice(0, 59)}…` : line;
  return cut === '' ? 'llm_query' : cut;
}
