/** What a guest's calls do: agents of the run, and scripts that scripts call (DW-25). */
import { BraidError, isBraidError } from '../../protocol/errors.ts';
import { isErrorCode } from '../../protocol/error-table.ts';
import { isJsonObject, type Json } from '../../protocol/json.ts';
import type { Outcome } from '../../protocol/outcome.ts';
import { loadScript } from '../calls/script-node.ts';
import { slotIn } from '../cancellation.ts';
import type { LimitName } from '../ledger/ledger.ts';
import type { Window } from '../ledger/window.ts';
import type { Agents } from '../calls/agents.ts';
import { failed, ScriptHost, type Begun, type Calls, type HostedScript } from './host.ts';
import { rlmOptions, type ScriptRlms } from './rlms.ts';
import type { Tree } from '../tree/tree.ts';

type Called = Pick<Outcome, 'address' | 'label' | 'phase'>;

export class ScriptCalls implements Calls {
  private readonly tree: Tree;
  private readonly agents: Agents;
  private readonly rlms: ScriptRlms;
  private readonly file: string;
  private readonly prefix: string;
  private readonly depth: number;
  private nested = 0;

  constructor(tree: Tree, agents: Agents, rlms: ScriptRlms, place: { file: string; prefix: string; depth: number }) {
    this.tree = tree;
    this.agents = agents;
    this.rlms = rlms;
    this.file = place.file;
    this.prefix = place.prefix;
    this.depth = place.depth;
  }

  agent(args: Json[], phase: string | null): Begun {
    const [prompt, opts] = args;
    if (isJsonObject(opts) && opts['rlm'] !== undefined && opts['rlm'] !== null && opts['rlm'] !== false) {
      return this.rlms.begin(prompt ?? '', opts['context'] ?? null, rlmOptions(opts), phase, this.prefix);
    }
    return this.agents.begin(args, phase, this.prefix);
  }

  rlm([question, context, opts]: Json[], phase: string | null): Begun {
    return this.rlms.begin(question ?? '', context ?? null, isJsonObject(opts) ? opts : {}, phase, this.prefix);
  }

  /**
   * Another script, with a sandbox of its own, under the same window, ledger and cancellation. Throws what it threw, and
   * leaves one outcome then.
   */
  workflow(args: Json[], phase: string | null): Begun {
    const address = `${this.prefix}workflow:${++this.nested}`;
    const call = { address, label: labelOf(args[0]), phase };
    const { maxDepth } = this.tree.input.limits;
    if (this.depth + 1 > maxDepth) {
      return this.refused(
        new BraidError('BRAID_DEPTH', `workflow() would go deeper than --max-depth ${maxDepth}.`),
        call,
      );
    }
    const limit = this.tree.admit();
    if (limit !== null && limit !== 'wait') return this.refused(overLimit(limit), call);
    const window = this.tree.scriptsAt(this.depth + 1);
    const run = () => this.run(args, call, window);
    const later = () =>
      this.tree
        .admission()
        .then(() => slotIn(window))
        .then(run);
    const dropped = () =>
      this.outcome('cancelled', new BraidError('BRAID_CALL_CANCELLED', 'The run ended before this call began.'), call);
    return limit === 'wait' ? { window: null, run: later, dropped } : { window, run, dropped };
  }

  /** With a slot of the window, which it gives back. */
  private async run(args: Json[], call: Called, window: Window): Promise<Json> {
    try {
      return await this.script(args, call.address, call.phase);
    } catch (error) {
      if (isBraidError(error)) this.outcome('error', error, call);
      throw error;
    } finally {
      window.release();
    }
  }

  private async script(args: Json[], address: string, phase: string | null): Promise<Json> {
    const ref = refOf(args[0]);
    const loaded = await loadScript(this.tree, { address, label: labelOf(ref), phase, ref, caller: this.file });
    for (const warning of loaded.warnings) this.tree.warn(`${loaded.file}: ${warning}`);
    const script: HostedScript = {
      source: loaded.source,
      file: loaded.file,
      args: args.length > 1 ? args[1] : undefined,
      seed: `${this.tree.input.seed}/${address}`,
    };
    const place = { file: loaded.file, prefix: `${address}/`, depth: this.depth + 1 };
    const end = await new ScriptHost(
      this.tree,
      script,
      new ScriptCalls(this.tree, this.agents, this.rlms, place),
    ).run();
    if (end.ok) return end.value;
    const code = isErrorCode(end.error.code) ? end.error.code : 'BRAID_SCRIPT_ERROR';
    const at = end.error.line === undefined ? '' : ` (${loaded.file}:${end.error.line}:${end.error.column ?? 1})`;
    throw new BraidError(code, `workflow ${loaded.name}: ${end.error.name}: ${end.error.message}${at}`);
  }

  private refused(error: BraidError, call: Called): Begun {
    this.outcome('refused', error, call);
    return failed(error);
  }

  private outcome(reason: Outcome['reason'], { code, message }: BraidError, call: Called): void {
    if (reason === 'refused') this.tree.refuse();
    else this.tree.failed += 1;
    this.tree.outcomes.push({ ...call, reason, code, message, model: null, attempts: 0 });
  }
}

function overLimit(limit: LimitName): BraidError {
  const code = limit === 'maxTimeMs' ? 'BRAID_TIME' : 'BRAID_BUDGET_EXHAUSTED';
  return new BraidError(code, `The run's limit ${limit} is reached, so the workflow was not started.`);
}

function labelOf(ref: Json | undefined): string {
  if (typeof ref === 'string') return ref;
  return isJsonObject(ref) && typeof ref.scriptPath === 'string' ? ref.scriptPath : 'workflow';
}

function refOf(raw: Json | undefined): string | { scriptPath: string } {
  if (typeof raw === 'string') return raw;
  if (isJsonObject(raw) && typeof raw.scriptPath === 'string') return { scriptPath: raw.scriptPath };
  throw new BraidError('BRAID_OPTION', 'workflow() takes a saved name or {scriptPath: "path"}.');
}
