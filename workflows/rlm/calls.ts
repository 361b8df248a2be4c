/**
 * The calls of cells: each item is one call of the run, with an address, a slot and a place in the ledger of its own (RL-25).
 *
 *  R1  A batch is answered once, when all of its items have ended: values and error objects in their places (RL-21).
 *  R2  After the first call that a limit refuses, no further call is begun; a refused single call is not answered (cell.ts, Q2).
 */
import type { CancellationScope } from '@temporalio/workflow';
import type { ContextRef, PromptText } from '../../protocol/context.ts';
import type { CallResult } from '../../protocol/guest.ts';
import type { Json } from '../../protocol/json.ts';
import { LIMITS, RLM } from '../../protocol/limits.ts';
import type { ReplCall, ReplCallOptions, ReplSettlement } from '../../protocol/repl.ts';
import type { RlmInput } from '../../protocol/rlm.ts';
import type { PartBudget } from '../../protocol/run-input.ts';
import { resolveAgentCall, type AgentCall } from '../calls/agent-call.ts';
import { knowsCallBudgets, type Agents } from '../calls/agents.ts';
import { asResult, ByName } from '../calls/by-name.ts';
import { beginGate } from '../calls/gate.ts';
import { labelOf } from '../../protocol/label.ts';
import { modelOf } from '../calls/model-name.ts';
import { tellCallables } from '../callables/told.ts';
import type { Nodes } from '../calls/nodes.ts';
import { Performer } from '../calls/perform.ts';
import { hasWorkflow, scriptNode } from '../calls/script-node.ts';
import { beginTool } from '../calls/user-tool.ts';
import { approveSpec, askSpec } from '../gates/spec.ts';
import type { Begun, Ending } from '../calls/work.ts';
import type { Tree } from '../tree/tree.ts';
import { leafPrompt } from './prompts/roles.ts';
import { textHead, textLength } from './text.ts';

type Runnable = Exclude<ReplCall, { name: 'wrong' }>;
type LlmItem = Extract<ReplCall, { name: 'llm' }>['items'][number];
type RlmItem = Extract<ReplCall, { name: 'rlm' }>['items'][number];

/** Of calls that ask nothing. */
const LABEL = 'llm_query';

export class ReplCalls {
  /** The limit that refused a call: the node ends when its cell has got what was paid for. */
  refusedBy: string | null = null;
  private readonly input: RlmInput;
  private readonly tree: Tree;
  private readonly agents: Agents;
  private readonly nodes: Nodes;
  private readonly performer: Performer;
  private readonly names: ByName;

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
    this.names = new ByName(input, {
      agent: (prompt, opts) => this.agent({ prompt, opts }),
      workflow: (name, args) => this.workflow(name, args),
      tool: (tool, args) => asResult(this.tool(tool, args)),
      hasWorkflow: (name) => hasWorkflow(tree, this.address('call'), name, 'a cell'),
    });
  }

  /** The settlement, or null for a call that is never answered. */
  async run(call: Runnable): Promise<ReplSettlement | null> {
    if (call.name === 'tool') return this.plainly(call.id, this.tool(call.tool, call.args));
    if (call.name === 'describe') return this.plainly(call.id, this.describe(call.callee));
    if (this.refusedBy !== null) return null;
    if (call.name === 'llm') return this.batch(call.id, call.batch, call.items, (item) => this.llm(item));
    if (call.name === 'rlm') return this.batch(call.id, call.batch, call.items, (item) => this.rlm(item));
    if (call.name === 'ask' || call.name === 'approve') return this.plainly(call.id, this.gate(call));
    const ending = await this.performer.run(this.begin(call));
    if (ending === null || this.isRefusal(ending)) return null;
    // As in scripts, an agent that died is null; what the program got wrong is thrown.
    if (
      (call.name === 'agent' || call.name === 'call') &&
      isCallResult(ending) &&
      !ending.value.ok &&
      !ending.value.throws
    ) {
      return { id: call.id, ok: true, value: null };
    }
    return { id: call.id, ...settlementOf(ending) };
  }

  private begin(call: Extract<ReplCall, { name: 'agent' | 'workflow' | 'call' }>): Begun {
    if (call.name === 'agent') return this.agent(call);
    if (call.name === 'workflow') return this.workflow(call.ref, call.args);
    return this.names.begin(call.callee, call.args, { phase: null, again: null });
  }

  private gate(call: Extract<ReplCall, { name: 'ask' | 'approve' }>): Begun {
    const { warn } = this.tree;
    const parse = () =>
      call.name === 'ask'
        ? askSpec(call.question, call.opts ?? undefined, warn)
        : approveSpec(call.what, call.details, call.opts ?? undefined, warn);
    return beginGate(this.tree, this.address(call.name), parse, null);
  }

  private describe(name: string | null): Begun {
    const run = () => tellCallables(this.tree, name, ['agent', 'workflow', 'tool']);
    return { window: null, run, dropped: () => undefined };
  }

  private address(kind: string): string {
    return `${this.tree.prefix}${kind}:${this.tree.number(kind)}`;
  }

  /** A call whose value is given as it is, whatever it looks like. */
  private async plainly(id: number, begun: Begun): Promise<ReplSettlement | null> {
    const ending = await this.performer.run(begun);
    if (ending === null) return null;
    return ending.ok ? { id, ok: true, value: ending.value as Json } : { id, ...ending };
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
    const address = `${this.tree.prefix}llm:${this.tree.number('llm')}`;
    const label = options.label ?? labelOf(textHead(prompt), LABEL);
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
      budget: options.budget !== null && knowsCallBudgets() ? budgetOf(options) : null,
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
    const address = `${this.tree.prefix}rlm:${this.tree.number('rlm')}`;
    const label = options.label ?? labelOf(textHead(question), LABEL);
    const model = modelOf(options.model, { ...this.tree.input.models, main: this.input.rlm.subModel }, this.tree.warn);
    const iterations = Math.min(
      options.budget?.iterations ?? this.input.rlm.maxIterations,
      this.input.rlm.maxIterations,
    );
    return this.nodes.rlm({ address, label, phase: null, model }, budgetOf(options), (parent) => ({
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
    const address = `${this.tree.prefix}rlm:${this.tree.number('rlm')}`;
    const message =
      `rlm_query is at its depth limit here, so it is one plain call, and its context of ${length} characters does not fit into ` +
      `one (${RLM.plainContextChars}). Split it and ask for the pieces.`;
    this.tree.failed += 1;
    const label = options.label ?? labelOf(textHead(question), LABEL);
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

  private agent({ prompt, opts }: Pick<Extract<ReplCall, { name: 'agent' }>, 'prompt' | 'opts'>): Begun {
    const { input, warn } = this.tree;
    const head = textHead(prompt);
    const label = typeof opts?.['label'] === 'string' ? opts['label'].slice(0, 60) : labelOf(head, LABEL);
    return this.agents.beginCall(`${this.tree.prefix}agent:${this.tree.nextAddress()}`, { label, phase: null }, () => {
      const call = resolveAgentCall(
        [typeof prompt === 'string' ? prompt : head, opts],
        null,
        input,
        warn,
        knowsCallBudgets,
      );
      if (typeof prompt === 'string') return call;
      return { ...call, task: { ...call.task, prompt } };
    });
  }

  private workflow(ref: Extract<ReplCall, { name: 'workflow' }>['ref'], args: Json | undefined): Begun {
    const address = `${this.tree.prefix}workflow:${this.tree.number('workflow')}`;
    const label = typeof ref === 'string' ? ref : 'scriptPath' in ref ? ref.scriptPath : 'script of a cell';
    const call = { address, label, phase: null, model: null };
    return this.nodes.script(call, (parent) =>
      scriptNode(this.tree, { address, label, phase: null, ref, args, caller: 'a cell' }, parent),
    );
  }

  private tool(tool: string, args: Json): Begun {
    return beginTool(this.tree, { address: this.address('tool'), tool, args });
  }

  private isRefusal(ending: Ending): boolean {
    const refused = isCallResult(ending) && ending.value.reason === 'refused';
    if (refused) this.refusedBy ??= ending.value.error?.message ?? 'A limit is reached.';
    return refused;
  }
}

/** Its iterations are no cap of the ledger. */
function budgetOf({ budget }: ReplCallOptions): PartBudget {
  const { iterations: _turns, calls = null, outputTokens = null, ...others } = budget ?? {};
  return { calls, outputTokens, ...others };
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
