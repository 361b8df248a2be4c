/**
 * One script in one sandbox: carries messages between the guest and the world.
 *
 *  H1  Settlements are handed in one at a time, in the order history gives them, and the guest's jobs are drained after
 *      each: batched or not makes no difference to the guest (design §3.4).
 *  H2  Every call of the guest is settled exactly once, or the script has ended.
 *  H3  A script that waits while nothing is in flight ends with an error instead of waiting for ever.
 *  H4  Whatever the guest does, the host only ever sees typed messages or a BraidError.
 *  H5  A host that continues an earlier execution hands its guest that one's settlements first, then begins what was open (record.ts).
 */
import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import { BraidError, isBraidError } from '../../protocol/errors.ts';
import type { GuestError, GuestMessage, Settlement } from '../../protocol/guest.ts';
import type { Json } from '../../protocol/json.ts';
import { SCRIPT_SANDBOX } from '../../protocol/limits.ts';
import type { Sandbox } from '../../sandbox/index.ts';
import type { Again, HostStart, LogEntry } from '../../protocol/handover.ts';
import type { Tree } from '../tree/tree.ts';
import { failed, type Begun, type Ending, type Work } from '../calls/work.ts';
import { charge, historyFull, seqOf, stuck } from './endings.ts';
import type { Rebuilt, ScriptRecord } from './record.ts';

export interface HostedScript {
  source: string;
  file: string;
  args: Json | undefined;
  seed: string;
  /** Of a nested workflow: what it is rebuilt from. */
  loaded: HostStart['loaded'];
}

export type ScriptEnd = { ok: true; value: Json } | { ok: false; error: GuestError };

/** What a guest's calls come to; implemented in calls.ts. */
export interface Calls {
  /** `again`: it was open when the script continued as new, so it is counted already. */
  agent(args: Json[], phase: string | null, again: Again | null): Begun;
  rlm(args: Json[], phase: string | null, again: Again | null): Begun;
  workflow(args: Json[], phase: string | null, again: Again | null): Begun;
  /** The script entered a phase. Throws BRAID_OPTION for a budget that is none. */
  phase(title: string, budget: Json | undefined): void;
  /** `ask()` and `approve()`. */
  gate(name: 'ask' | 'approve', args: Json[], again: Again | null): Begun;
  call(args: Json[], phase: string | null, again: Again | null): Begun;
  merge(args: Json[], phase: string | null): Begun;
  /** `agents()` and `describe(name)`. */
  describe(args: Json[]): Begun;
  /** What the run has to show. Throws BRAID_OPTION for what is no patch. */
  keep(patch: Json): void;
}

type Call = Extract<GuestMessage, { type: 'call' }>;

const MAX_SLEEP_MS = 10 * 365 * 86_400_000;

interface InFlight {
  cancel(): void;
  again(): Again | null;
}

const anew = (): null => null;

export class ScriptHost implements Rebuilt {
  private readonly tree: Tree;
  private readonly script: HostedScript;
  private readonly calls: Calls;
  private sandbox: Sandbox | null = null;
  /** Calls without an end, waiting ones included. */
  private readonly inFlight = new Map<number, InFlight>();
  /** Calls that wait until the guest is rebuilt (H5). */
  private readonly later: Call[] = [];
  private readonly name: string;
  private readonly record: ScriptRecord;
  private readonly deferred: { id: number; ending: Ending }[] = [];
  private scope = CancellationScope.current();
  private resolveEnd: (end: ScriptEnd) => void = () => undefined;
  private rejectEnd: (error: unknown) => void = () => undefined;
  private ended = false;
  /** The guest runs, or waits for the next workflow task: settlements queue up. */
  private busy = true;
  private timerStarted = false;

  /** `name`: address of a nested workflow, empty for the script itself. */
  constructor(
    tree: Tree,
    script: HostedScript,
    calls: Calls,
    { name, record }: { name: string; record: ScriptRecord },
  ) {
    this.name = name;
    this.record = record;
    this.tree = tree;
    this.script = script;
    this.calls = calls;
  }

  /** Runs the script to its end. Rejects only for cancellation. */
  async run(): Promise<ScriptEnd> {
    // Late, because a workflow that needs no sandbox must not pay for it (facts §3).
    const { openSandbox } = await import('../../sandbox/index.ts');
    const end = new Promise<ScriptEnd>((resolve, reject) => {
      this.resolveEnd = resolve;
      this.rejectEnd = reject;
    });
    this.scope = CancellationScope.current();
    this.scope.cancelRequested.catch((error: unknown) => this.abandon(error));
    const { seed, args, source, file, loaded } = this.script;
    const { state } = this.record.begin(this.name, this, { state: this.state(), loaded });
    const { maxCalls: calls, maxUsd: usd, maxTimeMs: ms, maxOutputTokens: total } = this.tree.input.limits;
    const start = { ...state, args, seed, total, totals: { calls, usd, ms } };
    this.turn(() => {
      // Opening can fail as well: args may be larger than the guest's memory.
      const sandbox = openSandbox({ limits: SCRIPT_SANDBOX, start, engine: this.tree.input.engine });
      this.sandbox = sandbox;
      return sandbox.run(source, file);
    });
    this.busy = false;
    this.flush();
    if (this.name === '' && this.record.rebuilding) this.record.rebuild(this.tree).catch((error) => this.fail(error));
    return end;
  }

  /** Ends the script from outside: all it still waits for is dropped. */
  stop(code: string, message: string): void {
    for (const id of [...this.inFlight.keys()]) this.drop(id, { ok: false, error: { code, message } });
  }

  private turn(step: () => GuestMessage[]): void {
    const before = this.sandbox?.gasUsed ?? 0;
    try {
      for (const message of step()) this.receive(message);
    } catch (error) {
      this.fail(error);
    }
    this.tree.tasks.count((this.sandbox?.gasUsed ?? 0) - before + SCRIPT_SANDBOX.gasPerSettlement);
    if (!this.ended && this.inFlight.size === 0 && this.deferred.length === 0) this.fail(stuck());
    if (this.record.rebuilding) return;
    if (!this.ended && this.tree.historyIsFull()) this.fail(historyFull());
    this.tree.endOfTurn(this.timerStarted);
    this.timerStarted = false;
  }

  private receive(message: GuestMessage): void {
    if (this.ended) return;
    if (message.type === 'call') this.start(message);
    else if (message.type === 'drop') this.drop(message.id, null);
    else if (message.type === 'phase') this.enter(message.title, message.budget);
    else if (message.type === 'keep') this.keep(message.patch);
    else if (message.type === 'log') this.log(message.level, message.text);
    else if (message.type === 'done') this.done(message.value, message.warning);
    else this.end({ ok: false, error: message.error });
  }

  private enter(title: string, budget: Json | undefined): void {
    this.calls.phase(title, budget);
    this.say('phase', title);
  }

  /** What was kept while it is rebuilt was handed over by the execution before. */
  private keep(patch: Json): void {
    if (!this.record.rebuilding) this.calls.keep(patch);
  }

  private log(level: Extract<GuestMessage, { type: 'log' }>['level'], text: string): void {
    if (level === 'null') this.say('null', text);
    else this.say(level === 'warn' || level === 'error' ? 'warning' : 'log', text);
  }

  /** What a guest says while it is rebuilt was told by the execution before. */
  private say(kind: 'phase' | 'null' | 'warning' | 'log', text: string): void {
    if (!this.record.rebuilding) this.tree.story.add(kind, text);
  }

  /** H5. */
  feed({ id, state, answer }: LogEntry): void {
    this.inFlight.delete(id);
    this.turn(() => this.sandbox?.settle({ ...state, id, ...answer }) ?? []);
  }

  goOn(): void {
    for (const call of this.later.splice(0)) {
      if (!this.inFlight.delete(call.id)) continue;
      this.start(call);
    }
    this.flush();
  }

  get openCalls(): [number, Again | null][] {
    return [...this.inFlight].map(([id, { again }]) => [id, again()]);
  }

  get quiet(): boolean {
    return !this.busy && this.deferred.length === 0;
  }

  private start(call: Call): void {
    if (this.inFlight.has(call.id)) throw new BraidError('BRAID_SANDBOX_PROTOCOL', `call ${call.id} was made twice`);
    if (this.record.rebuilding && this.isPast(call)) return;
    const begun = this.begin(call);
    if ('ok' in begun) {
      this.defer(call.id, begun);
      return;
    }
    const { window } = begun;
    const again = () => begun.again?.() ?? null;
    const waiting = { cancel: () => begun.dropped(), again };
    this.inFlight.set(call.id, waiting);
    begun.waits?.((value) => {
      if (this.inFlight.get(call.id) === waiting) this.settle(call.id, { ok: true, value });
    });
    const launch = () => {
      if (this.inFlight.get(call.id) === waiting) this.launch(call.id, begun, again);
      else window?.release();
    };
    if (window === null) this.tree.pace(launch);
    else window.request(() => this.tree.pace(launch));
  }

  /** Whether a call that a guest makes while it is rebuilt begins later or never. A nested workflow's guest is rebuilt as well. */
  private isPast(call: Call): boolean {
    const settled = this.record.wasSettled(this.name, call.id);
    const before = this.record.again(this.name, call.id) ?? null;
    if (!settled && before !== null && runsScript(call, before)) return false;
    this.inFlight.set(call.id, { cancel: () => undefined, again: anew });
    if (!settled) this.later.push(call);
    return true;
  }

  /**
   * Calls served from an earlier run end in the order in which they ended there, before anything else that waits: a program
   * that acts on the order of its answers asks the same again (design §6).
   */
  private defer(id: number, ending: Ending): void {
    const seq = seqOf(ending);
    const at = seq === null ? -1 : this.deferred.findIndex((other) => (seqOf(other.ending) ?? Infinity) > seq);
    this.deferred.splice(at < 0 ? this.deferred.length : at, 0, { id, ending });
  }

  /** In the script's own scope: a slot is given in that of the call which left it. */
  private launch(id: number, work: Work, again: InFlight['again']): void {
    void this.scope.run(() => this.perform(id, work, again));
  }

  private async perform(id: number, work: Work, again: InFlight['again']): Promise<void> {
    const scope = new CancellationScope();
    this.inFlight.set(id, { cancel: () => scope.cancel(), again });
    try {
      const value = await scope.run(() => work.run());
      this.settle(id, { ok: true, value });
    } catch (error) {
      // A cancelled run settles nothing: its end is the cancellation.
      if (!isCancellation(error)) this.settle(id, failed(error));
    }
  }

  private begin(call: Call): Begun {
    const again = this.record.again(this.name, call.id) ?? null;
    if (call.name === 'agent') return this.calls.agent(call.args, call.phase, again);
    if (call.name === 'rlm') return this.calls.rlm(call.args, call.phase, again);
    if (call.name === 'workflow') return this.calls.workflow(call.args, call.phase, again);
    if (call.name === 'ask' || call.name === 'approve') return this.calls.gate(call.name, call.args, again);
    if (call.name === 'call') return this.calls.call(call.args, call.phase, again);
    if (call.name === 'merge') return this.calls.merge(call.args, call.phase);
    if (call.name === 'describe') return this.calls.describe(call.args);
    const ms = call.args[0];
    if (typeof ms !== 'number' || !(ms >= 0) || ms > MAX_SLEEP_MS) {
      return failed(new BraidError('BRAID_OPTION', `sleep() takes 0 ms to 10 years, not ${JSON.stringify(ms)}.`));
    }
    if (this.tree.timeIsUp) {
      this.tree.refusal();
      return failed(new BraidError('BRAID_TIME', 'The time of the run is used up.'));
    }
    this.timerStarted = true;
    const until = again?.until ?? Date.now() + Math.ceil(ms);
    const left = Math.max(1, until - Date.now());
    const run = () => sleep(left, { summary: `sleep ${Math.ceil(ms)} ms` }).then(() => null);
    return { window: null, run, dropped: () => undefined, again: () => ({ address: 'sleep', key: null, until }) };
  }

  private settle(id: number, ending: Ending): void {
    if (this.ended || !this.inFlight.delete(id)) return;
    this.deferred.push({ id, ending });
    if (!this.busy) this.flush();
  }

  /** Hands in what waits, as far as this workflow task has gas for; a timer brings the next task (H1). */
  private flush(): void {
    this.busy = true;
    // A script that catches everything and asks again must not keep the task of a failed run busy.
    while (!this.ended && this.tree.fatal === null) {
      const next = this.deferred[0];
      if (next === undefined) break;
      if (this.tree.tasks.isFull) {
        this.tree.tasks.next(() => this.flush());
        return;
      }
      const { ending } = next;
      const charged = ending.ok ? charge(ending) : undefined;
      if (charged !== undefined) {
        // What waits behind it waits for it as well: order is that of the ends (H1).
        void charged.then(
          () => this.flush(),
          (error: unknown) => isCancellation(error) || this.fail(error),
        );
        return;
      }
      const answer = ending.ok ? { ok: true as const, value: ending.value } : ending;
      const state = this.state();
      const settlement: Settlement = { ...state, id: next.id, ...answer };
      this.record.add({ host: this.name, id: next.id, state, answer: answer as LogEntry['answer'] });
      this.turn(() => {
        this.deferred.shift();
        return this.sandbox?.settle(settlement) ?? [];
      });
    }
    this.busy = false;
  }

  private drop(id: number, ending: Ending | null): void {
    const call = this.inFlight.get(id);
    if (call === undefined) return;
    if (ending === null) this.inFlight.delete(id);
    call.cancel();
    if (ending !== null) this.settle(id, ending);
  }

  private done(value: Json, warning: string | undefined): void {
    if (warning !== undefined) this.tree.warn(warning);
    this.end({ ok: true, value });
  }

  private fail(error: unknown): void {
    // Thrown on, it would fail the workflow task, and that is tried again for ever (S1).
    const { code, message, at } = isBraidError(error) ? error : new BraidError('BRAID_SANDBOX_BROKEN', String(error));
    const place = at === undefined ? {} : { line: at.line, column: at.column };
    this.end({ ok: false, error: { name: 'BraidError', message, stack: '', code, ...place } });
  }

  private end(end: ScriptEnd): void {
    if (this.ended) return;
    this.ended = true;
    const left = this.inFlight.size;
    if (left > 0 && end.ok)
      this.tree.warn(`the script returned while ${left} of its calls were unfinished; they are cancelled`);
    this.close();
    this.resolveEnd(end);
  }

  /** Its scope was cancelled: the script gets no end of its own. */
  private abandon(error: unknown): void {
    if (this.ended) return;
    this.ended = true;
    this.close();
    this.rejectEnd(error);
  }

  private close(): void {
    const calls = [...this.inFlight.values()];
    this.inFlight.clear();
    this.record.end(this.name);
    for (const call of calls) call.cancel();
    this.sandbox = null;
  }

  private state() {
    const { ledger, clock } = this.tree;
    const { outputTokens: spent, usd } = ledger.spend;
    return { now: Date.now(), spent, calls: ledger.calls, usd, ms: clock.ranMs };
  }
}

function runsScript({ name }: Call, { address }: Again): boolean {
  return name === 'workflow' || (name === 'call' && /(?:^|\/)workflow:\d+$/.test(address));
}
