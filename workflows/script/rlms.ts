/** Recursive language models that a script asks for: `rlm(question, context, opts)` and `agent(prompt, {rlm, context})`. */
import { isTextRef, type ContextRef } from '../../protocol/context.ts';
import { BraidError } from '../../protocol/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../protocol/json.ts';
import { RLM } from '../../protocol/limits.ts';
import type { CallTag } from '../../protocol/model-call.ts';
import type { RlmInput, RlmOptions } from '../../protocol/rlm.ts';
import type { PartBudget } from '../../protocol/run-input.ts';
import { activities } from '../activities.ts';
import { REPL_ENGINE_HASH } from '../../sandbox/engine/repl-engine-hash.ts';
import { modelFailure } from '../agent/failure.ts';
import { labelOf } from '../../protocol/label.ts';
import { modelOf } from '../calls/model-name.ts';
import type { Again } from '../../protocol/handover.ts';
import { knowsCallBudgets, type Place } from '../calls/agents.ts';
import type { Nodes } from '../calls/nodes.ts';
import * as option from '../calls/options.ts';
import { NO_BUDGET, parseBudget } from '../ledger/budget.ts';
import type { Tree } from '../tree/tree.ts';
import { failed, type Begun } from '../calls/work.ts';

const KNOWN = [
  ...['label', 'phase', 'schema', 'model', 'subModel', 'depth', 'iterations', 'system', 'effort', 'maxOutputTokens'],
  ...['budget', 'compact', 'rlm', 'context'],
];

/** `agent(prompt, {rlm: {…}, …})`: what stands in `rlm` comes before what stands beside it. */
export function rlmOptions(opts: JsonObject): JsonObject {
  const { rlm, ...others } = opts;
  return isJsonObject(rlm) ? { ...others, ...rlm } : others;
}

export class ScriptRlms {
  private readonly tree: Tree;
  private readonly nodes: Nodes;

  constructor(tree: Tree, nodes: Nodes) {
    this.tree = tree;
    this.nodes = nodes;
  }

  begin(
    question: Json,
    context: Json,
    opts: JsonObject,
    phase: string | null,
    { prefix, path, books = this.tree }: Place,
    again: Again | null,
  ): Begun {
    const address = again?.address ?? `${prefix}rlm:${this.tree.number('rlm')}`;
    try {
      if (typeof question !== 'string') throw new BraidError('BRAID_OPTION', 'rlm(): the question must be a string.');
      for (const text of option.unknownNames(opts, KNOWN)) this.tree.warn(`rlm(): ${text}`);
      const options = this.options(opts);
      const label = option.caption(opts['label'] ?? null) ?? labelOf(question, 'rlm');
      const call = { address, label, phase: option.caption(opts['phase'] ?? null) ?? phase, model: options.model };
      return this.nodes.rlm(
        call,
        budgetOf(opts),
        async (parent) => ({
          ...this.shared(),
          name: label,
          question,
          asked: { head: question.slice(0, RLM.questionChars), length: question.length },
          context: await this.context(context, parent.tag),
          seed: `${this.tree.input.seed}/${address}`,
          rlm: options,
          prompts: {},
          toolModule: null,
          replEngine: REPL_ENGINE_HASH,
          parent,
        }),
        { path, counted: again !== null, books },
      );
    } catch (error) {
      this.tree.failed += 1;
      const { error: reason } = failed(error);
      const call = { address, label: 'rlm', phase, model: null, attempts: 0 };
      this.tree.outcomes.push({ ...call, reason: 'error', ...reason });
      return { ok: false, error: reason };
    }
  }

  private shared(): Pick<RlmInput, 'limits' | 'models' | 'agents' | 'workspace' | 'engine' | 'strict'> {
    const { limits, models, agents, workspace, engine, strict } = this.tree.input;
    return { limits, models, agents, workspace, engine, strict };
  }

  private options(opts: JsonObject): RlmOptions {
    const { models } = this.tree.input;
    const named = (name: string, main: string) => modelOf(option.text(opts, name), { ...models, main }, this.tree.warn);
    return {
      model: named('model', models.main),
      subModel: named('subModel', models.sub),
      system: option.text(opts, 'system'),
      schema: option.schema(opts['schema'] ?? null),
      maxIterations: option.integer(opts, 'iterations', 1, RLM.maxIterations) ?? RLM.iterations,
      depth: option.integer(opts, 'depth', 0, this.tree.input.limits.maxDepth) ?? RLM.depth,
      maxOutputTokens: option.integer(opts, 'maxOutputTokens', 1, 1_000_000),
      effort: option.effort(opts['effort'] ?? null),
      compactChars: opts['compact'] === false ? null : RLM.compactChars,
    };
  }

  /** By reference whatever it is: the text enters neither this workflow nor its history. */
  private async context(given: Json, tag: CallTag): Promise<ContextRef | null> {
    if (given === null) return null;
    const large = this.largeValue(given);
    if (large !== null) return large;
    try {
      return await activities.openContext({ ...tag, notes: [] }, this.request(given));
    } catch (error) {
      const failure = modelFailure(error);
      if (failure === null) throw error;
      throw new BraidError('BRAID_CONTEXT_UNREADABLE', failure.message);
    }
  }

  private request(given: Json): Parameters<typeof activities.openContext>[1] {
    if (!isJsonObject(given) || typeof given['$context'] !== 'string') return { kind: 'value', value: given };
    const { $context: kind, pattern } = given;
    const snapshot = this.tree.snapshotKey();
    if (snapshot === null) {
      throw new BraidError('BRAID_CONTEXT_MISSING', 'file() and files() read the workspace, and this run has none.');
    }
    if ((kind !== 'file' && kind !== 'files') || typeof pattern !== 'string') {
      throw new BraidError('BRAID_OPTION', 'rlm(): the context is neither a value nor file() nor files().');
    }
    return { kind, pattern, snapshot };
  }

  /** The result of an earlier rlm() that was too large to pass on: only what this run was given comes back as a reference. */
  private largeValue(given: Json): ContextRef | null {
    if (!isJsonObject(given) || !isTextRef(given['text'])) return null;
    const { text, preview } = given;
    if (!this.tree.handedOut.has(text.manifest)) return null;
    const length = text.end - text.start;
    const head = typeof preview === 'string' ? preview : '';
    const { manifest, part, start, end } = text;
    return {
      kind: 'text',
      of: { pieces: [{ manifest, part, start, end, name: 'context' }] },
      ...{ parts: 1, length, bytes: length, lines: 0, names: [{ name: 'context', length }], head, tail: '' },
    };
  }
}

/** Runs of older builds knew two names, and passed over all others. */
function budgetOf({ budget = null }: JsonObject): PartBudget {
  if (!isJsonObject(budget)) return parseBudget(budget, 'rlm()') ?? NO_BUDGET;
  const { calls = null, outputTokens = null, ...others } = budget;
  const known = Object.keys(others).length === 0 || knowsCallBudgets() ? budget : { calls, outputTokens };
  return parseBudget(known, 'rlm()') ?? NO_BUDGET;
}
