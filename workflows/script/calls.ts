/** What a guest's calls do: agents of the run, and scripts that scripts call (DW-25). */
import { patched } from '@temporalio/workflow';
import { BraidError, isBraidError } from '../../protocol/errors.ts';
import { isErrorCode } from '../../protocol/error-table.ts';
import { isJsonObject, type Json } from '../../protocol/json.ts';
import type { LoadedScript } from '../../protocol/activities.ts';
import type { Again } from '../../protocol/handover.ts';
import type { Outcome } from '../../protocol/outcome.ts';
import { parsePatch } from '../../protocol/overlay.ts';
import { asResult, ByName } from '../calls/by-name.ts';
import { beginGate } from '../calls/gate.ts';
import { hasWorkflow, loadScript } from '../calls/script-node.ts';
import { mergeOf } from '../calls/merge.ts';
import { beginTool } from '../calls/user-tool.ts';
import { approveSpec, askSpec } from '../gates/spec.ts';
import { slotIn } from '../cancellation.ts';
import { admission, usedUp, type Books } from '../ledger/books.ts';
import { parseBudget } from '../ledger/budget.ts';
import { LimitReached } from '../ledger/lease.ts';
import type { Window } from '../ledger/window.ts';
import { tellCallables } from '../callables/told.ts';
import type { Agents, Place } from '../calls/agents.ts';
import { caption } from '../calls/options.ts';
import { failed, type Begun } from '../calls/work.ts';
import { ScriptHost, type Calls, type HostedScript } from './host.ts';
import { beginPlanCheck } from './planner.ts';
import type { ScriptRecord } from './record.ts';
import { rlmOptions, type ScriptRlms } from './rlms.ts';
import type { Tree } from '../tree/tree.ts';

type Called = Pick<Outcome, 'address' | 'label' | 'phase'>;

interface ScriptPlace extends Place {
  file: string;
  depth: number;
}

export class ScriptCalls implements Calls {
  private readonly tree: Tree;
  private readonly agents: Agents;
  private readonly rlms: ScriptRlms;
  private readonly file: string;
  private readonly prefix: string;
  private readonly path: string;
  private readonly depth: number;
  private readonly record: ScriptRecord;
  private readonly names: ByName;
  /** Those of the node, or of the phase in which this script was called. */
  private readonly books: Books;

  constructor(tree: Tree, agents: Agents, rlms: ScriptRlms, place: ScriptPlace, record: ScriptRecord) {
    this.books = place.books ?? tree;
    this.record = record;
    this.tree = tree;
    this.agents = agents;
    this.rlms = rlms;
    this.file = place.file;
    this.prefix = place.prefix;
    this.path = place.path;
    this.depth = place.depth;
    this.names = new ByName(tree.input, {
      agent: (prompt, opts, { phase, again }) => this.agent([prompt, opts], phase, again),
      workflow: (name, args, { phase, again }) =>
        asResult(this.workflow(args === undefined ? [name] : [name, args], phase, again)),
      tool: (tool, args) => asResult(beginTool(tree, { address: this.address('tool'), tool, args })),
      hasWorkflow: (name) => tree.unfinished(hasWorkflow(tree, this.address('call'), name, this.file)),
    });
  }

  agent(args: Json[], phase: string | null, again: Again | null): Begun {
    const [prompt, opts] = args;
    if (isJsonObject(opts) && opts['rlm'] !== undefined && opts['rlm'] !== null && opts['rlm'] !== false) {
      const given = rlmOptions(opts);
      return this.rlms.begin(prompt ?? '', opts['context'] ?? null, given, phase, this.placeOf(phase, given), again);
    }
    return this.agents.begin(args, phase, this.placeOf(phase, opts), again);
  }

  rlm([question, context, opts]: Json[], phase: string | null, again: Again | null): Begun {
    const given = isJsonObject(opts) ? opts : {};
    return this.rlms.begin(question ?? '', context ?? null, given, phase, this.placeOf(phase, given), again);
  }

  /**
   * Another script, with a sandbox of its own, under the same window, ledger and cancellation. Throws what it threw, and
   * leaves one outcome then.
   */
  workflow(args: Json[], phase: string | null, again: Again | null): Begun {
    const address = again?.address ?? `${this.prefix}workflow:${this.tree.number(`${this.prefix}workflow`)}`;
    const call = { address, label: labelOf(args[0]), phase };
    const { maxDepth } = this.tree.input.limits;
    if (this.depth + 1 > maxDepth) {
      return this.refused(
        new BraidError('BRAID_DEPTH', `workflow() would go deeper than --max-depth ${maxDepth}.`),
        call,
      );
    }
    const books = this.booksOf(phase);
    const limit = again === null ? admitted(books) : null;
    if (limit instanceof LimitReached) return this.refused(overLimit(limit), call);
    const window = this.tree.scriptsAt(this.depth + 1);
    const run = () => this.run(args, call, window, books);
    const later = () =>
      admission(books)
        .catch((error: unknown) => this.refusedLater(error, call))
        .then(() => slotIn(window))
        .then(run);
    const dropped = () =>
      this.outcome('cancelled', new BraidError('BRAID_CALL_CANCELLED', 'The run ended before this call began.'), call);
    if (limit === 'wait') return { window: null, run: later, dropped };
    return { window, run, dropped, again: () => ({ address, key: null }) };
  }

  gate(name: 'ask' | 'approve', args: Json[], again: Again | null): Begun {
    const { warn } = this.tree;
    const [shown, second, third] = args;
    const parse = () =>
      name === 'ask' ? askSpec(shown, second, warn) : approveSpec(shown, second ?? null, third, warn);
    return beginGate(this.tree, again?.address ?? this.address(name), parse, again);
  }

  call([name, args]: Json[], phase: string | null, again: Again | null): Begun {
    const check = beginPlanCheck(this.tree, name, args ?? null, () => this.address('check'));
    if (check !== null) return check;
    return this.names.begin(typeof name === 'string' ? name : '', args ?? null, { phase, again });
  }

  /** Several patches as one, with what does not fit together as data: the script decides. */
  merge([given]: Json[], phase: string | null): Begun {
    const patches = (Array.isArray(given) ? given : []).map((one) => parsePatch(one));
    if (!patches.every((one) => one !== null)) {
      return failed(new BraidError('BRAID_OPTION', 'merge(): an entry of the list is no patch.'));
    }
    // Without a workspace nobody changed anything.
    if (patches.length === 0) return { ok: true, value: { patch: null, conflicts: [] } };
    const tag = { label: 'merge', phase, model: null, turn: 0 };
    const run = () => mergeOf(this.tree, { ...tag, notes: this.tree.story.take() }, patches);
    return { window: null, run, dropped: () => undefined };
  }

  /** No call of a model, so it is not counted. */
  describe([name = null]: Json[]): Begun {
    const wanted = typeof name === 'string' ? name : null;
    const run = () => tellCallables(this.tree, wanted, ['agent', 'workflow', 'tool']);
    return { window: null, run, dropped: () => undefined };
  }

  keep(given: Json): void {
    const patch = parsePatch(given);
    if (patch === null && given !== null) throw new BraidError('BRAID_OPTION', 'keep() takes a patch or null.');
    this.tree.changes.keep(patch);
  }

  private address(kind: string): string {
    return `${this.prefix}${kind}:${this.tree.number(`${this.prefix}${kind}`)}`;
  }

  /** With a slot of the window, which it gives back. */
  private async run(args: Json[], call: Called, window: Window, books: Books): Promise<Json> {
    const { costs } = this.tree;
    costs.scriptBegan(call.address, call.label);
    try {
      const value = await this.script(args, call.address, call.phase, books);
      costs.scriptEnded(call.address, true);
      return value;
    } catch (error) {
      costs.scriptEnded(call.address, false);
      if (isBraidError(error)) this.outcome('error', error, call);
      throw error;
    } finally {
      window.release();
    }
  }

  private async script(args: Json[], address: string, phase: string | null, books: Books): Promise<Json> {
    const ref = refOf(args[0]);
    const before = this.record.startOf(address)?.loaded;
    const loaded = before?.script ?? (await this.load({ address, label: labelOf(ref), phase, ref, caller: this.file }));
    const path = before?.path ?? this.nestedPath(loaded.name);
    const script: HostedScript = {
      source: loaded.source,
      file: loaded.file,
      args: args.length > 1 ? args[1] : undefined,
      seed: `${this.tree.input.seed}/${address}`,
      loaded: { script: loaded, path },
    };
    const place = { file: loaded.file, prefix: `${address}/`, path, depth: this.depth + 1, books };
    const end = await new ScriptHost(
      this.tree,
      script,
      new ScriptCalls(this.tree, this.agents, this.rlms, place, this.record),
      { name: address, record: this.record },
    ).run();
    if (end.ok) return end.value;
    const code = isErrorCode(end.error.code) ? end.error.code : 'BRAID_SCRIPT_ERROR';
    const at = end.error.line === undefined ? '' : ` (${loaded.file}:${end.error.line}:${end.error.column ?? 1})`;
    throw new BraidError(code, `workflow ${loaded.name}: ${end.error.name}: ${end.error.message}${at}`);
  }

  private async load(call: Parameters<typeof loadScript>[1]): Promise<LoadedScript> {
    const loaded = await this.tree.unfinished(loadScript(this.tree, call));
    for (const warning of loaded.warnings) this.tree.warn(`${loaded.file}: ${warning}`);
    return loaded;
  }

  /** `phase(title, {budget})`. Throws BRAID_OPTION. */
  phase(title: string, raw: Json | undefined): void {
    const budget = parseBudget(raw, 'phase()');
    if (budget !== null) this.tree.phases.declare({ prefix: this.prefix, title }, this.books, budget);
  }

  /** A call's own `phase` comes before the one that the script is in. */
  private placeOf(phase: string | null, opts: Json | undefined): Place {
    const own = isJsonObject(opts) ? caption(opts['phase'] ?? null) : null;
    return { prefix: this.prefix, path: this.path, books: this.booksOf(own ?? phase) };
  }

  private booksOf(phase: string | null): Books {
    return (phase === null ? null : this.tree.phases.find({ prefix: this.prefix, title: phase })) ?? this.books;
  }

  /** By its name and how often it was called here: an edit inside it leaves its calls their paths. */
  private nestedPath(name: string): string {
    return `${this.path}workflow:${name}.${this.tree.journal.count(this.path, name)}/`;
  }

  private refused(error: BraidError, call: Called): Begun {
    this.outcome('refused', error, call);
    return failed(error);
  }

  private refusedLater(error: unknown, call: Called): never {
    // Scripts of older builds saw it as it is, and went on from that.
    if (!(error instanceof LimitReached) || !patched('refused-workflow')) throw error;
    const refusal = overLimit(error);
    this.outcome('refused', refusal, call);
    throw refusal;
  }

  private outcome(reason: Outcome['reason'], { code, message }: BraidError, call: Called): void {
    if (reason === 'refused') this.tree.refuse();
    else this.tree.failed += 1;
    this.tree.outcomes.push({ ...call, reason, code, message, model: null, attempts: 0 });
  }
}

function overLimit(error: LimitReached): BraidError {
  const code = error.limit === 'maxTimeMs' ? 'BRAID_TIME' : 'BRAID_BUDGET_EXHAUSTED';
  const why = error.of === null ? `The run's limit ${error.limit} is reached` : usedUp(error);
  return new BraidError(code, `${why}, so the workflow was not started.`);
}

/** Null: it is counted. */
function admitted(books: Books): LimitReached | 'wait' | null {
  try {
    const limit = books.admit();
    return limit === null || limit === 'wait' ? limit : new LimitReached(limit);
  } catch (error) {
    if (error instanceof LimitReached) return error;
    throw error;
  }
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
