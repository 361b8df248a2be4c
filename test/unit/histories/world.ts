/** Histories made by hand, and what a journal made of them holds. */
import { readIndex, readPart, writeJournal, type Blobs } from '../../../histories/journal/blobs.ts';
import type { JournalSources } from '../../../histories/journal/gather.ts';
import { gatherRun } from '../../../histories/journal/run.ts';
import type { DecodedEvent, EventBody, FailureData } from '../../../histories/decoded.ts';
import { BraidError } from '../../../protocol/errors.ts';
import { hashText } from '../../../protocol/hash.ts';
import { REQUEST_PARTS, type CallKey, type JournalEntry, type JournalRef } from '../../../protocol/journal.ts';
import type { Json, JsonObject } from '../../../protocol/json.ts';

export const USAGE = { inputTokens: 10, outputTokens: 2, usd: 0.5 };
export const COUNTS = { calls: 1, requests: 1, replayed: 0, failed: 0, refused: 0, ...USAGE };

export function key(hash: string, given: Partial<CallKey> = {}): CallKey {
  return { path: '', hash: hash.padEnd(32, '0'), ordinal: 1, parts: `prompt:${hash}`, at: 1, tries: null, ...given };
}

export function requestKey(hash: string, path: string): CallKey {
  return key(hash, { path, parts: `${REQUEST_PARTS}messages:${hash}` });
}

export function tag(of: CallKey, turn = 0): JsonObject {
  const address = `agent:${of.hash.slice(0, 2)}`;
  return { address, label: of.hash.slice(0, 2), phase: null, model: 'm', turn, key: { ...of } };
}

export function said(text: string, extra: JsonObject = {}): JsonObject {
  const base = { kind: 'message', text, toolCalls: [], submit: null, finish: 'stop', usage: USAGE, requestId: 'r1' };
  return { ...base, requests: 1, ms: 7, notes: ['a note'], ...extra };
}

export const submitted = (value: Json) => said('', { submit: { valid: true, value } });
export const misfit = () => said('', { submit: { valid: false, problem: 'no', id: 's', input: 1 } });
export const tooFast = (): Json => ({ kind: 'rateLimited', retryAfterMs: 5, message: 'slow', requests: 1 });

export function failure(kind: FailureData['kind'], code: string | null = null, details: Json = null): FailureData {
  return { kind, message: '', code, details, timeout: null };
}

/** The events of one execution. Each takes 1 s. */
export class Events {
  readonly list: DecodedEvent[] = [];
  private at: number;
  private id = 0;

  constructor(workflowType: string, input: JsonObject = {}, at = 0) {
    this.at = at;
    this.add({
      type: 'started',
      workflowType,
      taskQueue: 'q',
      input: { name: 'n', workspace: null, ...input },
      runId: 'x',
    });
  }

  add(body: EventBody): number {
    this.at += 1_000;
    this.id += 1;
    this.list.push({ id: this.id, at: this.at, ...body });
    return this.id;
  }

  send(of: CallKey, turn = 0, activity = 'model'): number {
    return this.add({ type: 'activityScheduled', activity, activityId: `${this.id}`, tag: tag(of, turn) });
  }

  answer(scheduledId: number, result: Json): this {
    this.add({ type: 'activityCompleted', scheduledId, result });
    return this;
  }

  /** One request and its answer. */
  ask(of: CallKey, result: Json, turn = 0): this {
    return this.answer(this.send(of, turn), result);
  }

  child(workflowType: string, of: CallKey, workflowId: string): number {
    const input = workflowType === 'agent' ? tag(of) : { parent: { tag: tag(of), level: 1 } };
    return this.add({ type: 'childInitiated', workflowId, workflowType, input });
  }

  childDone(initiatedId: number, result: Json): this {
    this.add({ type: 'childCompleted', initiatedId, result });
    return this;
  }
}

export class World implements JournalSources {
  readonly runs = new Map<string, Events>();
  readonly kept = new Map<string, JournalRef>();
  readonly stored = new Map<string, string>();
  /** Workflow ids in the order in which their histories were read. */
  readonly read: string[] = [];

  readonly blobs: Blobs = {
    put: (content) => {
      const ref = hashText(content);
      this.stored.set(ref, content);
      return Promise.resolve(ref);
    },
    getText: (ref) => {
      const found = this.stored.get(ref);
      if (found === undefined) return Promise.reject(new BraidError('BRAID_BLOB_MISSING', `no ${ref}`));
      return Promise.resolve(found);
    },
  };

  async *history(workflowId: string): AsyncGenerator<DecodedEvent[]> {
    const run = this.runs.get(workflowId);
    if (run === undefined) throw new BraidError('BRAID_RUN_UNKNOWN', `no ${workflowId}`);
    this.read.push(workflowId);
    yield await Promise.resolve(run.list);
  }

  gather(run: string) {
    const sources = { blobs: this.blobs, history: (id: string) => this.history(id) };
    return gatherRun({ ...sources, kept: (id) => Promise.resolve(this.kept.get(id) ?? null) }, run);
  }

  /** Gathers and writes, as `openJournal` does. */
  async open(run: string): Promise<JournalRef & { calls: number }> {
    const { draft } = await this.gather(run);
    const { journal, calls } = await writeJournal(this.blobs, run, draft.all(), []);
    return { ...journal, calls };
  }

  async entries(ref: JournalRef): Promise<JournalEntry[]> {
    const index = await readIndex(this.blobs, ref);
    const parts = await Promise.all(
      Object.values(index.nodes)
        .flat()
        .map((part) => readPart(this.blobs, index, part)),
    );
    return parts.flat().toSorted((a, b) => a.seq - b.seq);
  }

  /** One word for each entry of a run, in order: `call aa=value`, `request …`, `call bb!CODE`. */
  async words(run: string): Promise<string[]> {
    return (await this.entries(await this.open(run))).map(wordOf);
  }
}

export function wordOf({ kind, path, hash, ordinal, failed, value, degraded, stale }: JournalEntry): string {
  const name = `${path}${hash.replace(/0+$/, '')}${ordinal === 1 ? '' : `.${ordinal}`}`;
  const marks = `${degraded ? ' degraded' : ''}${stale ? ' stale' : ''}`;
  const text = kind === 'request' ? ((value as JsonObject)['text'] as string) : JSON.stringify(value);
  return `${kind} ${name}${failed === null ? `=${text}` : `!${failed}`}${marks}`;
}
