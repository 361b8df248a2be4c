/**
 * A recursive language model: a model in a REPL whose context is a variable. A run's root, or a node below one.
 *
 *  S1  The workflow ends by a result or a typed failure; nothing makes a workflow task fail and retry for ever.
 *  S2  A failed node carries its whole result (usage, outcomes, story) in the failure's details.
 */
import {
  ApplicationFailure,
  CancellationScope,
  condition,
  ContinueAsNew,
  isCancellation,
  makeContinueAsNewFunc,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import { ERRORS, isErrorCode } from '../../protocol/error-table.ts';
import { endStatus } from '../../protocol/outcome.ts';
import type { CallTag } from '../../protocol/model-call.ts';
import type { RlmHandover, RlmRecord } from '../../protocol/handover.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { RlmInput, RlmResult } from '../../protocol/rlm.ts';
import { modelFailure } from '../agent/failure.ts';
import { Agents } from '../calls/agents.ts';
import { Nodes } from '../calls/nodes.ts';
import { closeJournal, openJournal } from '../journal/open.ts';
import { LimitReached } from '../ledger/lease.ts';
import type { LimitName } from '../ledger/ledger.ts';
import { changesOf } from '../tree/changes.ts';
import { Children } from '../tree/children.ts';
import { listen, stopAfter } from '../tree/root.ts';
import { openPrices } from '../tree/prices.ts';
import { Tree } from '../tree/tree.ts';
import { Workspace } from '../tree/workspace.ts';
import { ReplCalls } from './calls.ts';
import { ending, lastWord, type Ending } from './last-word.ts';
import { RlmLoop } from './loop.ts';
import type { Left } from './prompts/turns.ts';
import { PROMPTS_VERSION, systemPrompt } from './prompts/roles.ts';
import { CrashLoop, ReplSession } from './session.ts';
import { Turns } from './turns.ts';

/** `record`: what goes with `input.handover` when the node continued as new. */
export async function rlm(input: RlmInput, record?: RlmRecord): Promise<RlmResult> {
  try {
    return await new RlmNode(input, record).run();
  } catch (error) {
    if (error instanceof ContinueAsNew || isCancellation(error) || error instanceof ApplicationFailure) throw error;
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
  private readonly session: ReplSession;
  private readonly tag: CallTag;

  constructor(input: RlmInput, record: RlmRecord | undefined) {
    this.input = input;
    const { parent } = input;
    this.tree = new Tree(input, () => this.scope.cancel());
    const children = new Children(this.tree);
    this.children = children;
    this.agents = new Agents(this.tree, children, new Workspace(this.tree));
    const nodes = new Nodes(this.tree, children);
    this.calls = new ReplCalls(input, this.tree, { agents: this.agents, nodes, scope: this.scope });
    this.tag = parent === undefined ? rootTag(input) : ownTag(parent.tag, input.rlm.model);
    this.turns = new Turns(input, { tree: this.tree, system: systemOf(input), tag: this.tag, scope: this.scope });
    const host = this.cellHost();
    this.session = host.session;
    this.loop = new RlmLoop(input, host, this.turns, (iteration) => this.left(iteration));
    if (input.handover !== undefined && record !== undefined) this.continueFrom(input.handover, record);
    listen(this.tree, children);
  }

  async run(): Promise<RlmResult> {
    setCurrentDetails(`**${this.input.name}** · ${this.input.rlm.model} · prompts v${PROMPTS_VERSION}`);
    let working: Promise<Ending> | undefined;
    const end = await this.scope
      .run(async () => {
        await openPrices(this.tree);
        if (this.tree.ledger.limitOf('maxTimeMs') !== null) {
          void stopAfter(this.tree, () => this.stop('maxTimeMs')).catch(() => undefined);
        }
        return Promise.race([(working = this.work()), this.scope.cancelRequested]);
      })
      .catch(async (error: unknown): Promise<Ending> => {
        if (error instanceof ContinueAsNew) throw error;
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
    const patch = await changesOf(this.tree);
    const { parent: above, keepJournal } = this.input;
    const journal = above !== undefined && keepJournal === true ? await closeJournal(above.tag) : undefined;
    return this.finish(end, { ...this.tree.reuse(journal), ...patch });
  }

  private stop(limit: LimitName): void {
    this.calls.stop(limit);
    this.turns.stop(limit);
  }

  private async work(): Promise<Ending> {
    try {
      const { journal, warn } = this.tree;
      await openJournal(journal, this.input, { snapshot: this.tree.snapshotKey(), warn });
      const end = await this.loop.run(() => this.between());
      if ('final' in end) return ending(end.final, null);
      return await lastWord(end.why, this.loop, this.turns, this.input);
    } catch (error) {
      if (error instanceof LimitReached || error instanceof CrashLoop) {
        const why = error instanceof CrashLoop ? error.message : `The limit ${error.limit} of the run is reached.`;
        if (error instanceof LimitReached) this.calls.stop(error.limit);
        return lastWord(why, this.loop, error instanceof CrashLoop ? this.turns : null, this.input);
      }
      if (error instanceof ContinueAsNew) throw error;
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

  /** Continue-as-new between two turns (design §6): the REPL session lives on, and is rebuilt from its turns when it does not. */
  private async between(): Promise<void> {
    const { tree, input, loop, turns, session } = this;
    if (input.keepJournal !== true || input.parent !== undefined || !tree.historyIsLong()) return;
    await condition(() => tree.still);
    const handover: RlmHandover = {
      part: (input.handover?.part ?? 0) + 1,
      tree: tree.handover(),
      loop: loop.handover,
      turn: turns.asker.turn,
      session: session.handover,
    };
    const goOn = makeContinueAsNewFunc<typeof rlm>({
      workflowType: workflowInfo().workflowType,
      workflowTaskTimeout: LIMITS.workflowTaskMs,
    });
    await goOn({ ...input, handover }, { messages: turns.transcript, journal: session.turns });
  }

  private continueFrom({ tree, loop, turn, session }: RlmHandover, { messages, journal }: RlmRecord): void {
    this.tree.continueFrom(tree);
    this.loop.continueFrom(loop);
    this.turns.continueFrom(messages, turn);
    this.session.continueFrom(session, journal);
  }

  private finish(
    { value, large, partial, error }: Ending,
    beside: Pick<RlmResult, 'replayed' | 'journal' | 'patch'>,
  ): RlmResult {
    const { tree } = this;
    const usage = tree.usage();
    const status = error !== null ? 'failed' : endStatus({ stoppedByLimit: partial !== null || tree.timeIsUp, usage });
    tree.setState(status);
    tree.showDetails();
    const { outcomes, unreported } = tree;
    const { iteration: iterations } = this.loop;
    tree.gates.giveUp();
    const notes = tree.story.last();
    const told = { usage, outcomes, notes, unreported, ...beside };
    const result: RlmResult = { status, value, large, partial, error, iterations, ...told };
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
      engine: input.replEngine ?? UNNAMED_ENGINE,
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
        calls: tree.ledger.calls,
        usd: tree.ledger.spend.usd,
        ms: tree.clock.ranMs,
        totals: {
          calls: bounded(tree.ledger.limitOf('maxCalls')),
          usd: tree.ledger.limitOf('maxUsd'),
          ms: input.limits.maxTimeMs,
        },
      }),
    };
  }

  private left(iteration: number): Left {
    this.tree.warnOfLimits();
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

/** The key is that of the call: the node's own requests have keys of their own. */
function ownTag({ key: _ofTheCall, ...tag }: CallTag, model: string): CallTag {
  return { ...tag, model, notes: [] };
}

/** The REPL engine of the builds that did not name it in a run's input. */
const UNNAMED_ENGINE = 'c2237fdbb101ee3b3234bb4e14a3c4b35f8055c826746be791dfe61eeb90d44d';

function rootTag(input: RlmInput): CallTag {
  return { address: 'root', label: input.name, phase: null, model: input.rlm.model, turn: 0 };
}

function systemOf(input: RlmInput): string {
  const { parent, prompts, rlm: options, limits, toolModule } = input;
  const recursive = options.depth > 0 && (parent?.level ?? 0) + 1 <= limits.maxDepth;
  const facts = { recursive, tools: toolModule?.tools ?? [], system: options.system };
  return systemPrompt(parent === undefined ? 'root' : 'child', prompts, facts);
}

function callsLeft(tree: Tree): number | null {
  const limit = bounded(tree.ledger.limitOf('maxCalls'));
  return limit === null ? null : Math.max(0, limit - tree.ledger.calls);
}

/** A child's own ledger has no cap of its own but for its budget. */
function bounded(limit: number | null): number | null {
  return limit === null || limit >= Number.MAX_SAFE_INTEGER ? null : limit;
}
