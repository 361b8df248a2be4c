/**
 * A recursive language model: a model in a REPL whose context is a variable. A run's root, or a node below one.
 *
 *  S1  The workflow ends by a result or a typed failure; nothing makes a workflow task fail and retry for ever.
 *  S2  A failed node carries its whole result (usage, outcomes, story) in the failure's details.
 */
import {
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import { ERRORS, isErrorCode } from '../../protocol/error-table.ts';
import { endStatus } from '../../protocol/outcome.ts';
import type { CallTag } from '../../protocol/model-call.ts';
import type { RlmInput, RlmResult } from '../../protocol/rlm.ts';
import { REPL_ENGINE_HASH } from '../../sandbox/engine/repl-engine-hash.ts';
import { modelFailure } from '../agent/failure.ts';
import { Agents } from '../calls/agents.ts';
import { Nodes } from '../calls/nodes.ts';
import { LimitReached } from '../ledger/lease.ts';
import type { LimitName } from '../ledger/ledger.ts';
import { Children } from '../tree/children.ts';
import { listen, stopAfter } from '../tree/root.ts';
import { Tree } from '../tree/tree.ts';
import { Workspace } from '../tree/workspace.ts';
import { ReplCalls } from './calls.ts';
import { ending, lastWord, type Ending } from './last-word.ts';
import { RlmLoop } from './loop.ts';
import type { Left } from './prompts/turns.ts';
import { PROMPTS_VERSION, systemPrompt } from './prompts/roles.ts';
import { CrashLoop, ReplSession } from './session.ts';
import { Turns } from './turns.ts';

export async function rlm(input: RlmInput): Promise<RlmResult> {
  try {
    return await new RlmNode(input).run();
  } catch (error) {
    if (isCancellation(error) || error instanceof ApplicationFailure) throw error;
    // A plain error would fail the workflow task and be retried for ever (facts §2).
    throw ApplicationFailure.create({
      type: 'BRAID_INTERNAL',
      message: String(error),
      nonRetryable: true,
      details: [],
    });
  }
}

class RlmNode {
  private readonly input: RlmInput;
  private readonly scope = new CancellationScope();
  private readonly tree: Tree;
  private readonly children: Children;
  private readonly agents: Agents;
  private readonly calls: ReplCalls;
  private readonly loop: RlmLoop;
  private readonly turns: Turns;
  private readonly tag: CallTag;

  constructor(input: RlmInput) {
    this.input = input;
    const { parent } = input;
    this.tree = new Tree(input, () => this.scope.cancel());
    const children = new Children(this.tree);
    this.children = children;
    this.agents = new Agents(this.tree, children, new Workspace(this.tree));
    const nodes = new Nodes(this.tree, children);
    this.calls = new ReplCalls(input, this.tree, { agents: this.agents, nodes, scope: this.scope });
    this.tag = parent === undefined ? rootTag(input) : { ...parent.tag, model: input.rlm.model, notes: [] };
    this.turns = new Turns(input, { tree: this.tree, system: systemOf(input), tag: this.tag, scope: this.scope });
    this.loop = new RlmLoop(input, this.cellHost(), this.turns, (iteration) => this.left(iteration));
    listen(this.tree, children);
  }

  async run(): Promise<RlmResult> {
    const { limits, parent } = this.input;
    setCurrentDetails(`**${this.input.name}** · ${this.input.rlm.model} · prompts v${PROMPTS_VERSION}`);
    let working: Promise<Ending> | undefined;
    const end = await this.scope
      .run(async () => {
        if (limits.maxTimeMs !== null && parent === undefined) {
          void stopAfter(limits.maxTimeMs, this.tree, () => this.stop('maxTimeMs')).catch(() => undefined);
        }
        return Promise.race([(working = this.work()), this.scope.cancelRequested]);
      })
      .catch(async (error: unknown): Promise<Ending> => {
        if (this.tree.fatal === null) {
          // Cancelled: what is in flight has been told so, and its costs come in first.
          await working?.catch(() => undefined);
          await this.children.sayGoodbye(this.agents);
          throw error;
        }
        return { value: null, large: null, partial: null, error: this.tree.fatal };
      });
    this.scope.cancel();
    await this.agents.idle();
    await this.tree.delivered();
    return this.finish(end);
  }

  private stop(limit: LimitName): void {
    this.calls.stop(limit);
    this.turns.stop(limit);
  }

  private async work(): Promise<Ending> {
    try {
      const end = await this.loop.run();
      if ('final' in end) return ending(end.final, null);
      return await lastWord(end.why, this.loop, this.turns, this.input);
    } catch (error) {
      if (error instanceof LimitReached || error instanceof CrashLoop) {
        const why = error instanceof CrashLoop ? error.message : `The limit ${error.limit} of the run is reached.`;
        if (error instanceof LimitReached) this.calls.stop(error.limit);
        return lastWord(why, this.loop, error instanceof CrashLoop ? this.turns : null, this.input);
      }
      const failure = modelFailure(error);
      if (failure === null) throw error;
      const code = isErrorCode(failure.code) ? failure.code : 'BRAID_INTERNAL';
      return {
        value: null,
        large: null,
        partial: null,
        error: { code, message: failure.message, fix: ERRORS[code].fix },
      };
    }
  }

  private finish({ value, large, partial, error }: Ending): RlmResult {
    const { tree } = this;
    const usage = tree.usage();
    const status = error !== null ? 'failed' : endStatus({ stoppedByLimit: partial !== null || tree.timeIsUp, usage });
    tree.setState(status);
    tree.showDetails();
    const { outcomes, unreported } = tree;
    const { iteration: iterations } = this.loop;
    const notes = tree.story.take();
    const result: RlmResult = { status, value, large, partial, error, iterations, usage, outcomes, notes, unreported };
    if (error === null) return result;
    throw ApplicationFailure.create({
      type: error.code,
      message: error.message,
      nonRetryable: true,
      details: [result],
    });
  }

  private cellHost() {
    const { input, tree } = this;
    const session = new ReplSession({
      context: input.context,
      question: input.question,
      seed: input.seed,
      engine: REPL_ENGINE_HASH,
      tools: input.toolModule?.tools ?? [],
      schema: input.rlm.schema,
    });
    return {
      session,
      calls: this.calls,
      stopped: () => this.calls.refusedBy !== null,
      tag: (label: string): CallTag => ({ ...this.tag, label, turn: 0, notes: tree.story.take() }),
      state: () => ({
        now: Date.now(),
        spent: tree.ledger.spend.outputTokens,
        total: tree.ledger.limitOf('maxOutputTokens'),
        iterationsLeft: input.rlm.maxIterations - this.loop.iteration,
        callsLeft: callsLeft(tree),
      }),
    };
  }

  private left(iteration: number): Left {
    const { ledger } = this.tree;
    const { maxIterations } = this.input.rlm;
    return {
      iteration: Math.min(iteration, maxIterations),
      iterations: maxIterations,
      calls: { used: ledger.calls, limit: bounded(ledger.limitOf('maxCalls')) },
      outputTokens: { used: ledger.spend.outputTokens, limit: ledger.limitOf('maxOutputTokens') },
    };
  }
}

function rootTag(input: RlmInput): CallTag {
  return { address: 'root', label: input.name, phase: null, model: input.rlm.model, turn: 0 };
}

function systemOf(input: RlmInput): string {
  const { parent, prompts, rlm: options, limits, toolModule } = input;
  const recursive = options.depth > 0 && (parent?.level ?? 0) + 1 <= limits.maxDepth;
  const facts = { recursive, tools: toolModule?.tools ?? [], system: options.system };
  return systemPrompt(parent === undefined || workflowInfo().parent === undefined ? 'root' : 'child', prompts, facts);
}

function callsLeft(tree: Tree): number | null {
  const limit = bounded(tree.ledger.limitOf('maxCalls'));
  return limit === null ? null : Math.max(0, limit - tree.ledger.calls);
}

/** A child's own ledger has no cap of its own but for its budget. */
function bounded(limit: number | null): number | null {
  return limit === null || limit >= Number.MAX_SAFE_INTEGER ? null : limit;
}
