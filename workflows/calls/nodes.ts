/**
 * Calls that are nodes of their own: recursive language models and, below them, scripts. Each is a child workflow that works
 * under this node's window and ledger.
 *
 *  O1  A node is counted as one call, holds one slot from its start, and passes it down (ledger/window.ts, N4).
 *  O2  Whatever becomes of a node, its costs, failures and outcomes enter this node's books once.
 *  O3  A call without a value leaves exactly one outcome.
 */
import { isCancellation } from '@temporalio/workflow';
import { BraidError, isBraidError } from '../../protocol/errors.ts';
import type { CallResult } from '../../protocol/guest.ts';
import type { Json } from '../../protocol/json.ts';
import type { CallTag } from '../../protocol/model-call.ts';
import { WORKFLOWS } from '../../protocol/names.ts';
import { NO_SPEND, type ErrorInfo, type Outcome, type Spend, type Usage } from '../../protocol/outcome.ts';
import type { NodeParent, ScriptInput } from '../../protocol/run-input.ts';
import type { LargeValue, RlmInput, RlmResult } from '../../protocol/rlm.ts';
import { slotIn } from '../cancellation.ts';
import { LimitReached } from '../ledger/lease.ts';
import type { Begun } from '../script/host.ts';
import { ChildEnded, type ChildKind, type Children } from '../tree/children.ts';
import type { Tree } from '../tree/tree.ts';
import { errorOfFailure, resultOfFailure } from './child-result.ts';

export type NodeBudget = NodeParent['budget'];

interface NodeResult {
  status: RlmResult['status'];
  value: Json;
  usage: Usage;
  outcomes: Outcome[];
  error: ErrorInfo | null;
  unreported: { requests: number; spend: Spend } | null;
  large?: LargeValue | null;
}

const used: ChildKind<NodeResult>['used'] = ({ unreported, usage }) => unreported ?? spent(usage);
const RLM_NODE: ChildKind<NodeResult> = { workflow: WORKFLOWS.rlm, used };
const SCRIPT_NODE: ChildKind<NodeResult> = { workflow: WORKFLOWS.script, used };

type Named = Pick<Outcome, 'address' | 'label' | 'phase'> & { model: string | null };

export class Nodes {
  private readonly tree: Tree;
  private readonly children: Children;

  constructor(tree: Tree, children: Children) {
    this.tree = tree;
    this.children = children;
  }

  /** A recursive language model. `prepare` makes its input, when its turn has come; what it throws is the call's failure. */
  rlm(call: Named, budget: NodeBudget, prepare: (parent: NodeParent) => Promise<RlmInput> | RlmInput): Begun {
    return this.begin(call, () => this.run(RLM_NODE, call, budget, prepare));
  }

  /** A whole script, in a workflow of its own. */
  script(call: Named, prepare: (parent: NodeParent) => Promise<ScriptInput>): Begun {
    const budget = { calls: null, outputTokens: null };
    return this.begin(call, () => this.run(SCRIPT_NODE, call, budget, prepare));
  }

  private begin(call: Named, run: () => Promise<CallResult>): Begun {
    const started = async (): Promise<CallResult> => {
      const began = Date.now();
      try {
        await this.tree.admission();
      } catch (error) {
        if (!(error instanceof LimitReached)) throw error;
        return this.refused(call, error.limit);
      }
      await slotIn(this.tree.window);
      this.show(call, 'running');
      try {
        return { ...(await run()), ms: Date.now() - began };
      } finally {
        this.tree.window.release();
      }
    };
    this.show(call, 'queued');
    return {
      window: null,
      run: started,
      dropped: () => void this.lost(call, 'BRAID_CALL_CANCELLED', 'The run ended before this call began.'),
    };
  }

  private async run(
    kind: ChildKind<NodeResult>,
    call: Named,
    budget: NodeBudget,
    prepare: (parent: NodeParent) => Promise<object> | object,
  ): Promise<CallResult> {
    const { address, label, phase, model } = call;
    const tag: CallTag = { address, label, phase, model, turn: 0, notes: this.tree.story.take() };
    const { capped, level } = this.tree;
    try {
      if (level + 1 > this.tree.input.limits.maxDepth) throw tooDeep(this.tree.input.limits.maxDepth);
      const input = await prepare({ tag, level: level + 1, capped: capped || budget.outputTokens !== null, budget });
      const result = await this.children.run(kind, tag, input);
      this.tree.absorb(result);
      return this.ended(call, result);
    } catch (error) {
      if (error instanceof ChildEnded) return this.failed(call, error.failure);
      if (isCancellation(error)) {
        this.lost(call, 'BRAID_CALL_CANCELLED', 'The script or the run ended before this call was done.');
        throw error;
      }
      if (!isBraidError(error)) throw error;
      return this.lost(call, error.code, error.message);
    }
  }

  private ended(call: Named, { value, large, usage, error }: NodeResult): CallResult {
    // A script that a limit stopped gave nothing: its caller is at the same limit.
    if (error !== null) return { ...valueless(usage), reason: 'refused', error, throws: true };
    this.show(call, 'done');
    const given =
      large === undefined || large === null ? value : ({ ...large, text: { ...large.text } } as unknown as Json);
    if (large !== undefined && large !== null) this.tree.handedOut.add(large.text.manifest);
    return { ...valueless(usage), ok: true, value: given };
  }

  private failed(call: Named, failure: unknown): CallResult {
    const result = resultOfFailure(failure) as NodeResult | null;
    if (result !== null) this.tree.absorb(result);
    if (isCancellation(failure)) return this.lost(call, 'BRAID_CALL_CANCELLED', 'The node was cancelled from outside.');
    const { code, message } = errorOfFailure(failure, call.label);
    return this.lost(call, code, message, result?.usage);
  }

  private refused(call: Named, limit: string): CallResult {
    this.tree.refuse();
    return this.outcome(
      call,
      'refused',
      'BRAID_BUDGET_EXHAUSTED',
      `The run's limit ${limit} is reached, so this call was not made.`,
    );
  }

  private lost(call: Named, code: string, message: string, usage?: Spend): CallResult {
    this.tree.failed += 1;
    const { timeIsUp } = this.tree;
    const reason = code !== 'BRAID_CALL_CANCELLED' ? 'error' : timeIsUp ? 'timeout' : 'cancelled';
    return { ...this.outcome(call, reason, code, message), usage: usage ?? NO_SPEND };
  }

  private outcome(call: Named, reason: Outcome['reason'], code: string, message: string): CallResult {
    this.show(call, 'failed');
    const { address, label, phase, model } = call;
    const outcome: Outcome = { address, label, phase, reason, code, message, model, attempts: 0 };
    this.tree.outcomes.push(outcome);
    return { ...valueless(NO_SPEND), reason, error: { code, message }, throws: reason === 'refused', outcome };
  }

  private show({ address, label, phase, model }: Named, state: 'queued' | 'running' | 'done' | 'failed'): void {
    this.tree.rows.set(address, { label, phase, model: model ?? '', state });
  }
}

function valueless({ inputTokens, outputTokens, usd }: Spend): CallResult {
  return {
    ok: false,
    value: null,
    reason: null,
    error: null,
    usage: { inputTokens, outputTokens, usd },
    replayed: false,
    degraded: false,
    ms: 0,
    throws: false,
    outcome: null,
  };
}

function spent({ requests, inputTokens, outputTokens, usd }: Usage) {
  return { requests, spend: { inputTokens, outputTokens, usd } };
}

function tooDeep(maxDepth: number): BraidError {
  return new BraidError('BRAID_DEPTH', `The call would go deeper than --max-depth ${maxDepth}.`);
}
