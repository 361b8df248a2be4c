/**
 * Watching a run from outside, by any process, at any time: its history by long poll, the histories of agents at work,
 * and what the server tells of activities in flight and of workers. Reads only; a watcher may come and go.
 */
import type { Client } from '@temporalio/client';
import { setTimeout as pause } from 'node:timers/promises';
import { isBraidError } from '../../protocol/errors.ts';
import { WATCH } from '../../protocol/limits.ts';
import type { RunView, WorkerView } from '../../protocol/view.ts';
import { untilEnded } from '../../histories/ended.ts';
import { readHistory } from '../../histories/history.ts';
import { withLive } from './live.ts';
import { PayloadReader } from '../../histories/payloads.ts';
import { describePending, type PendingActivity } from './pending.ts';
import { readInto, readOpenChildren } from './read.ts';
import { ViewBuilder } from './reduce.ts';
import { judgeWorker, pollersOf } from './worker-signs.ts';

export interface WatchOptions {
  /** Ends the iteration quietly. The run is not touched. */
  signal?: AbortSignal;
  /** Follow the histories of agents, for tokens and turns of calls at work. Default true. */
  children?: boolean;
}

/**
 * Views of a run, a new one after every change, the last one after its end. Ends after that. While the server is away the
 * views say `connection: 'lost'` and go on when it is back. Throws BRAID_RUN_UNKNOWN.
 */
export async function* watchRun(
  client: Client,
  run: string,
  options: WatchOptions = {},
): AsyncGenerator<RunView, void, undefined> {
  // An event that came before its listener is never heard.
  const letGo = () => options.signal?.aborted === true;
  if (letGo()) return;
  const watcher = new Watcher(client, run);
  const stopped = new AbortController();
  const signal = options.signal === undefined ? stopped.signal : AbortSignal.any([options.signal, stopped.signal]);
  const reading = watcher.followRoot(signal).finally(() => stopped.abort());
  const beside = [watcher.followPending(signal), watcher.followWorker(signal)];
  if (options.children !== false) beside.push(watcher.followChildren(signal));
  reading.catch(() => undefined);
  signal.addEventListener('abort', () => watcher.changedNow(), { once: true });
  try {
    for (;;) {
      await watcher.changed();
      if (signal.aborted) break;
      const view = watcher.view();
      // Before the first page there is nothing to show but that the server is away.
      if (view.startedAt !== null || view.connection === 'lost') yield view;
      await sleep(WATCH.gatherMs, signal);
    }
    await reading;
    await Promise.all(beside);
    if (letGo()) return;
    if (options.children !== false) await readOpenChildren(client, watcher.builder, watcher.payloads);
    watcher.builder.finish();
    yield watcher.view();
  } finally {
    stopped.abort();
  }
}

class Watcher {
  readonly builder: ViewBuilder;
  readonly payloads: PayloadReader;
  readonly #client: Client;
  /** By workflow id, as `describe` last told. */
  readonly #pending = new Map<string, PendingActivity[]>();
  /** Children whose histories are read now; children that cannot be read. */
  readonly #followed = new Map<string, AbortController>();
  readonly #unreadable = new Set<string>();
  #connection: RunView['connection'] = 'ok';
  #worker: WorkerView | null = null;
  #dirty = false;
  #wake: (() => void) | null = null;

  constructor(client: Client, run: string) {
    this.#client = client;
    this.builder = new ViewBuilder(run);
    this.payloads = new PayloadReader(client.options.loadedDataConverter);
  }

  view(): RunView {
    const pending = new Map<string, PendingActivity>();
    for (const [id, activities] of this.#pending) {
      for (const activity of activities) {
        const address = this.builder.addressOfPending(id, activity.activityId);
        if (address !== null) pending.set(address, activity);
      }
    }
    const live = { pending, connection: this.#connection, worker: this.#worker, notices: this.payloads.notices };
    return withLive(this.builder.view(), live);
  }

  /** Resolves when there is news. */
  async changed(): Promise<void> {
    if (!this.#dirty) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#dirty = false;
  }

  async followRoot(signal: AbortSignal): Promise<void> {
    const { run } = this.builder;
    const onConnection = (state: RunView['connection']) => this.#connected(state);
    const onCut = () => this.builder.missing(run, 'cut');
    // Not event by event: where steps are short, that is a tenth to a fifth of the server's work.
    const paceMs = WATCH.gatherMs;
    const ended = new AbortController();
    const end = () => ended.abort();
    untilEnded(this.#client, run, signal).then(end, end);
    for await (const page of readHistory(this.#client, run, {
      ...{ payloads: this.payloads, wait: true, signal, onConnection, onCut },
      ...{ paceMs, hurry: ended.signal },
    })) {
      for (const event of page) this.builder.apply(run, event);
      this.changedNow();
    }
  }

  /**
   * Keeps up to `WATCH.children` histories of children in the view: agents while they run, programs to the end of their history,
   * because their calls and cells stand nowhere else.
   */
  async followChildren(signal: AbortSignal): Promise<void> {
    const readers = new Set<Promise<void>>();
    while (!signal.aborted) {
      const wanted = new Map(
        this.builder
          .openChildren()
          .toSorted((a, b) => Number(b.program) - Number(a.program))
          .flatMap(({ workflowId, running, program }) => (running || program ? [[workflowId, running]] : [])),
      );
      for (const [id, reader] of this.#followed) if (!wanted.has(id)) reader.abort();
      for (const [id, running] of wanted) {
        if (this.#followed.size >= WATCH.children) break;
        if (this.#followed.has(id) || this.#unreadable.has(id)) continue;
        const reader = this.#followChild(id, running, signal).finally(() => readers.delete(reader));
        readers.add(reader);
      }
      await sleep(WATCH.childMs, signal);
    }
    await Promise.all(readers);
  }

  async #followChild(id: string, running: boolean, signal: AbortSignal): Promise<void> {
    const own = new AbortController();
    this.#followed.set(id, own);
    const options = {
      payloads: this.payloads,
      wait: true,
      paceMs: WATCH.childMs,
      signal: AbortSignal.any([signal, own.signal]),
      onCut: () => this.builder.missing(id, 'cut'),
    };
    try {
      if (!running) await readInto(this.#client, this.builder, id, this.payloads);
      else
        for await (const page of readHistory(this.#client, id, options)) {
          for (const event of page) this.builder.apply(id, event);
          this.changedNow();
        }
      this.changedNow();
    } catch (error) {
      // A child that cannot be read leaves the view as its parent tells it.
      this.#unreadable.add(id);
      if (isBraidError(error, 'BRAID_RUN_UNKNOWN')) this.builder.missing(id, 'all');
      this.changedNow();
    } finally {
      this.#followed.delete(id);
      this.#pending.delete(id);
    }
  }

  /** Attempts and heartbeats of the root's activities and of those of the children followed. */
  async followPending(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await Promise.all([this.builder.run, ...this.#followed.keys()].map((id) => this.#describe(id)));
      await sleep(WATCH.describeMs, signal);
    }
  }

  async #describe(id: string): Promise<void> {
    try {
      const activities = await describePending(this.#client, id, this.payloads);
      if (id === this.builder.run) this.#connected('ok');
      const before = this.#pending.get(id)?.length ?? 0;
      this.#pending.set(id, activities);
      if (activities.length + before > 0) this.changedNow();
    } catch {
      if (id === this.builder.run) this.#connected('lost');
    }
  }

  async followWorker(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const { taskQueue } = this.builder.view();
      if (taskQueue !== null) await this.#askForWorker(taskQueue);
      await sleep(taskQueue === null ? WATCH.gatherMs : WATCH.workerMs, signal);
    }
  }

  async #askForWorker(taskQueue: string): Promise<void> {
    try {
      const before = this.#worker;
      this.#worker = judgeWorker(await pollersOf(this.#client, taskQueue), before, Date.now());
      if (before?.alive !== this.#worker.alive || !this.#worker.alive) this.changedNow();
    } catch {
      // Without a server nothing is known of workers; the view says that the server is lost.
    }
  }

  #connected(state: RunView['connection']): void {
    if (this.#connection === state) return;
    this.#connection = state;
    this.changedNow();
  }

  changedNow(): void {
    this.#dirty = true;
    this.#wake?.();
    this.#wake = null;
  }
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal }).catch(() => undefined);
}
