/**
 * One script in one sandbox: carries messages between the guest and the world.
 *
 *  H1  Settlements are handed in one at a time, in the order history gives them, and the guest's jobs are drained after
 *      each: batched or not makes no difference to the guest (design §3.4).
 *  H2  Every call of the guest is settled exactly once, or the script has ended.
 *  H3  A script that waits while nothing is in flight ends with an error instead of waiting for ever.
 *  H4  Whatever the guest does, the host only ever sees typed messages or a BraidError.
 */
import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import { BraidError, isBraidError } from '../../protocol/errors.ts';
import type { CallResult, GuestError, GuestMessage, Settlement } from '../../protocol/guest.ts';
import type { Json } from '../../protocol/json.ts';
import { SCRIPT_SANDBOX } from '../../protocol/limits.ts';
import { isErrorCode } from '../../protocol/error-table.ts';
import type { Sandbox } from '../../sandbox/index.ts';
import type { Window } from '../ledger/window.ts';
import type { Tree } from '../tree/tree.ts';

export interface HostedScript {
  source: string;
  file: string;
  args: Json | undefined;
  seed: string;
}

export type ScriptEnd = { ok: true; value: Json } | { ok: false; error: GuestError };

/** How a call ended. */
export type Ending = { ok: true; value: Json | CallResult } | { ok: false; error: { code: string; message: string } };

/** What a call does when its turn comes. */
export interface Work {
  /** Where it waits for a slot; null when it starts at once. */
  window: Window | null;
  /** With a slot of the window, which it gives back in the end. */
  run(): Promise<Json | CallResult>;
  /** The script or the run ended while it waited: it will not run. */
  dropped(): void;
}

/**
 * A call as it begins: its end, if that is certain at once, or the work. Neither a refusal nor waiting takes a promise:
 * thousands of calls may begin in one turn, and each promise costs the isolate a stack trace.
 */
export type Begun = Ending | Work;

/** What a guest's calls come to; implemented in calls.ts. */
export interface Calls {
  agent(args: Json[], phase: string | null): Begun;
  rlm(args: Json[], phase: string | null): Begun;
  workflow(args: Json[], phase: string | null): Begun;
}

type Call = Extract<GuestMessage, { type: 'call' }>;

const MAX_SLEEP_MS = 10 * 365 * 86_400_000;

export class ScriptHost {
  private readonly tree: Tree;
  private readonly script: HostedScript;
  private readonly calls: Calls;
  private sandbox: Sandbox | null = null;
  /** Calls without an end, waiting ones included. */
  private readonly inFlight = new Map<number, { cancel(): void }>();
  private readonly deferred: { id: number; ending: Ending }[] = [];
  private scope = CancellationScope.current();
  private resolveEnd: (end: ScriptEnd) => void = () => undefined;
  private rejectEnd: (error: unknown) => void = () => undefined;
  private ended = false;
  /** The guest runs, or waits for the next workflow task: settlements queue up. */
  private busy = true;
  private timerStarted = false;

  constructor(tree: Tree, script: HostedScript, calls: Calls) {
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
    const { seed, args, source, file } = this.script;
    const start = { ...this.state(), args, seed, total: this.tree.input.limits.maxOutputTokens };
    this.turn(() => {
      // Opening can fail as well: args may be larger than the guest's memory.
      const sandbox = openSandbox({ limits: SCRIPT_SANDBOX, start });
      this.sandbox = sandbox;
      return sandbox.run(source, file);
    });
    this.busy = false;
    this.flush();
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
    this.tree.countGas((this.sandbox?.gasUsed ?? 0) - before + SCRIPT_SANDBOX.gasPerSettlement);
    if (!this.ended && this.inFlight.size === 0 && this.deferred.length === 0) this.fail(stuck());
    if (!this.ended && this.tree.historyIsFull()) this.fail(historyFull());
    this.tree.endOfTurn(this.timerStarted);
    this.timerStarted = false;
  }

  private receive(message: GuestMessage): void {
    if (this.ended) return;
    if (message.type === 'call') this.start(message);
    else if (message.type === 'drop') this.drop(message.id, null);
    else if (message.type === 'phase') this.tree.story.add('phase', message.title);
    else if (message.type === 'log') this.log(message.level, message.text);
    else if (message.type === 'done') this.done(message.value, message.warning);
    else this.end({ ok: false, error: message.error });
  }

  private log(level: Extract<GuestMessage, { type: 'log' }>['level'], text: string): void {
    if (level === 'null') this.tree.story.add('null', text);
    else this.tree.story.add(level === 'warn' || level === 'error' ? 'warning' : 'log', text);
  }

  private start(call: Call): void {
    if (this.inFlight.has(call.id)) throw new BraidError('BRAID_SANDBOX_PROTOCOL', `call ${call.id} was made twice`);
    const begun = this.begin(call);
    if ('ok' in begun) {
      this.deferred.push({ id: call.id, ending: begun });
      return;
    }
    const { window } = begun;
    const waiting = { cancel: () => begun.dropped() };
    this.inFlight.set(call.id, waiting);
    const launch = () => {
      if (this.inFlight.get(call.id) === waiting) this.launch(call.id, begun);
      else window?.release();
    };
    if (window === null) this.tree.pace(launch);
    else window.request(() => this.tree.pace(launch));
  }

  /** In the script's own scope: a slot is given in that of the call which left it. */
  private launch(id: number, work: Work): void {
    void this.scope.run(() => this.perform(id, work));
  }

  private async perform(id: number, work: Work): Promise<void> {
    const scope = new CancellationScope();
    this.inFlight.set(id, scope);
    try {
      const value = await scope.run(() => work.run());
      this.settle(id, { ok: true, value });
    } catch (error) {
      // A cancelled run settles nothing: its end is the cancellation.
      if (!isCancellation(error)) this.settle(id, failed(error));
    }
  }

  private begin(call: Call): Begun {
    if (call.name === 'agent') return this.calls.agent(call.args, call.phase);
    if (call.name === 'rlm') return this.calls.rlm(call.args, call.phase);
    if (call.name === 'workflow') return this.calls.workflow(call.args, call.phase);
    const ms = call.args[0];
    if (typeof ms !== 'number' || !(ms >= 0) || ms > MAX_SLEEP_MS) {
      return failed(new BraidError('BRAID_OPTION', `sleep() takes 0 ms to 10 years, not ${JSON.stringify(ms)}.`));
    }
    if (this.tree.timeIsUp) {
      this.tree.refusal();
      return failed(new BraidError('BRAID_TIME', 'The time of the run is used up.'));
    }
    this.timerStarted = true;
    const run = () => sleep(Math.max(1, Math.ceil(ms)), { summary: `sleep ${Math.ceil(ms)} ms` }).then(() => null);
    return { window: null, run, dropped: () => undefined };
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
      if (this.tree.taskIsFull()) {
        this.tree.nextTask(() => this.flush());
        return;
      }
      const settlement: Settlement = { ...this.state(), id: next.id, ...next.ending };
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
    for (const call of calls) call.cancel();
    this.sandbox = null;
  }

  private state() {
    return { now: Date.now(), spent: this.tree.ledger.spend.outputTokens };
  }
}

/** A thrown thing as the end of a call. */
export function failed(error: unknown): Ending & { ok: false } {
  const message = error instanceof Error ? error.message : String(error);
  if (isBraidError(error)) return { ok: false, error: { code: error.code, message } };
  const code = error instanceof Error && 'type' in error && isErrorCode(error.type) ? error.type : 'BRAID_INTERNAL';
  return { ok: false, error: { code, message } };
}

function stuck(): BraidError {
  return new BraidError(
    'BRAID_SCRIPT_STUCK',
    'The script waits for a promise that nothing will ever settle: no call or timer is in flight.',
  );
}

function historyFull(): BraidError {
  return new BraidError('BRAID_HISTORY_FULL', 'The run grew to the size where the server would end it.');
}
