/**
 * Gathers what a tree of executions finished: the calls of a node from its events, and of the nodes below it as much as a later run
 * may need.
 *
 *  G1  A child that came to a clean value is listed whole, and nothing below it is read until the whole cannot be served ({@link open}).
 *  G2  A child that is unfinished, was cut off or lost calls is opened: by the journal that it left, else by its history. One whose
 *      history is gone as well gives nothing more.
 *  G3  Turns that led an agent into a failure of its own are not listed: run again it would only repeat them.
 *  G4  A node that may have read the workspace is listed whole only with all that it read.
 */
import type { ReadRecord } from '../../protocol/activities.ts';
import { isBraidError } from '../../protocol/errors.ts';
import { childPath, type JournalRef } from '../../protocol/journal.ts';
import { JOURNAL } from '../../protocol/limits.ts';
import { NO_SPEND } from '../../protocol/outcome.ts';
import type { Patch } from '../../protocol/overlay.ts';
import type { DecodedEvent } from '../decoded.ts';
import { readIndex, readPart, type Blobs } from './blobs.ts';
import { Draft, newEntry, type Below } from './draft.ts';
import { codeOf, ExecutionFacts, type ChildFact, type ExecutionEnd, type NodeKind } from './execution.ts';
import { parseAgentEnd, parseDelegateEnd, parseNodeEnd, type ChildEnd } from './parse.ts';

export interface JournalSources {
  /** Pages of a workflow's events, from the first of its chain. Throws BRAID_RUN_UNKNOWN when its history is gone. */
  history(workflowId: string): AsyncIterable<DecodedEvent[]>;
  blobs: Blobs;
}

/** What an agent is not to blame for: it may go on where it was. */
const CUT_OFF: ReadonlySet<string> = new Set(['cancelled', 'refused']);
const KINDS: readonly NodeKind[] = ['agent', 'delegate', 'rlm', 'script'];

export class Gatherer {
  readonly draft: Draft;
  private readonly sources: JournalSources;
  private readonly run: string;
  private readonly workspace: boolean;

  /** `run` is who paid. Without a `workspace` nobody read anything. */
  constructor(sources: JournalSources, { run, workspace }: { run: string; workspace: boolean }, draft = new Draft()) {
    this.sources = sources;
    this.run = run;
    this.workspace = workspace;
    this.draft = draft;
  }

  /** All that the execution at `path` asked for, and what is to be known of the nodes below it. */
  async node(facts: ExecutionFacts, path: string): Promise<void> {
    facts.settle();
    let seq = 0;
    const add = (entry: ReturnType<typeof newEntry>, at: number) =>
      this.draft.add({ node: path, entry, at, below: null, inherited: false });
    for (const { key, label, usage, end, begunAt } of facts.calls.values()) {
      // A node's own requests may carry the name of the call that it answers: that is its parent's to list.
      if (end === null || !key.path.startsWith(path)) continue;
      const { failed, value, degraded, at } = end;
      const cost = { usage, ms: at - begunAt };
      add(newEntry('call', key, { label, from: this.run, seq: seq++, ...cost, failed, value, degraded }), at);
    }
    for (const { key, label, answer, begunAt, at } of facts.requests.values()) {
      const cost = { usage: answer.usage, ms: at - begunAt };
      add(newEntry('request', key, { label, from: this.run, seq: seq++, ...cost, value: answer.response }), at);
    }
    const children = [...facts.children.values()];
    for (let from = 0; from < children.length; from += JOURNAL.histories) {
      const some = children.slice(from, from + JOURNAL.histories);
      await Promise.all(some.map((child, i) => this.child(path, child, seq + from + i)));
    }
  }

  /** What is below a call that is listed whole. `at`: when that ended. */
  async open(below: Below, at: number): Promise<void> {
    return this.openNode(below, null, at);
  }

  /** All entries of an earlier journal, of nodes whose path begins with `prefix`. Errors: BRAID_JOURNAL. */
  async earlier(ref: JournalRef, place: { inherited: boolean; at: number; prefix: string }): Promise<void> {
    const { blobs } = this.sources;
    const index = await readIndex(blobs, ref);
    const nodes = Object.entries(index.nodes).filter(([node]) => node.startsWith(place.prefix));
    for (const [node, parts] of nodes) {
      for (const part of parts) {
        for (const entry of await readPart(blobs, index, part)) {
          this.draft.add({ ...place, node, entry, below: belowOf(entry, index.run, index.children ?? {}) });
        }
      }
    }
  }

  private async child(node: string, child: ChildFact, seq: number): Promise<void> {
    const { kind, key, label, begunAt, workflowId } = child;
    // A parent that was stopped, or that has gone on in another run, may not have heard of its child's end.
    const facts = child.end === null ? await this.read(workflowId) : null;
    const end = child.end ?? facts?.end ?? null;
    const path = childPath(key, kind);
    const ended = end === null ? null : parseEnd(kind, end);
    const below = { kind, path, workflowId, journal: ended?.journal ?? null };
    const reads = ended?.failed === null ? await this.readsOf(ended, below, facts) : null;
    if (end !== null) {
      const failed = ended === null ? codeOfEnd(end) : reads === null ? (ended.failed ?? 'BRAID_JOURNAL') : null;
      const whole = ended !== null && failed === null;
      const cost = { usage: ended?.usage ?? NO_SPEND, ms: end.at - begunAt };
      const value = whole
        ? { value: ended.value, large: ended.large, degraded: ended.degraded, reads: reads ?? [], ...patchOf(ended) }
        : {};
      const entry = newEntry('call', key, { label, from: this.run, seq, ...cost, failed, ...value });
      this.draft.add({ node, entry, at: end.at, below: whole ? below : null, inherited: false });
      if (whole) return;
    }
    const ownFailure = ended !== null && ended.reason !== null && !CUT_OFF.has(ended.reason);
    if (kind === 'agent' && ended !== null && !CUT_OFF.has(ended.reason ?? '')) return this.draft.forgetRequests(path);
    await this.openNode(below, facts, end?.at ?? Number.MAX_SAFE_INTEGER);
    // What it asked others for is worth keeping all the same.
    if (kind === 'delegate' && ownFailure) this.draft.forgetRequests(path);
  }

  private async openNode(below: Below, known: ExecutionFacts | null, at: number): Promise<void> {
    if (below.journal !== null) {
      const opened = await unlessGone(
        this.earlier(below.journal, { inherited: false, at, prefix: '' }).then(() => true),
      );
      if (opened !== null) return;
    }
    const facts = known ?? (below.workflowId === null ? null : await this.read(below.workflowId));
    if (facts !== null) await this.node(facts, below.path);
  }

  /** G4; null when that cannot be known any more. */
  private async readsOf(end: ChildEnd, below: Below, known: ExecutionFacts | null): Promise<ReadRecord[] | null> {
    if (below.kind === 'agent') return end.reads;
    if (!this.workspace) return [];
    const inside = await this.readsBelow(below, known);
    return inside === null ? null : [...end.reads, ...inside];
  }

  private async readsBelow(below: Below, known: ExecutionFacts | null): Promise<ReadRecord[] | null> {
    const index = below.journal === null ? null : await unlessGone(readIndex(this.sources.blobs, below.journal));
    if (index !== null) return index.reads ?? [];
    const facts = known ?? (below.workflowId === null ? null : await this.read(below.workflowId));
    if (facts === null) return null;
    const inner = new Gatherer(this.sources, { run: this.run, workspace: true });
    await inner.node(facts, below.path);
    return inner.draft.reads();
  }

  /** Null when the server does not have its history any more. */
  private read(workflowId: string): Promise<ExecutionFacts | null> {
    return readFacts(this.sources, workflowId);
  }
}

/** Null when the server does not have that history. */
export async function readFacts(sources: JournalSources, workflowId: string): Promise<ExecutionFacts | null> {
  const facts = new ExecutionFacts();
  try {
    for await (const events of sources.history(workflowId)) for (const event of events) facts.add(event);
    return facts;
  } catch (error) {
    if (isBraidError(error, 'BRAID_RUN_UNKNOWN')) return null;
    throw error;
  }
}

function parseEnd(kind: NodeKind, end: ExecutionEnd): ChildEnd | null {
  if (kind === 'agent') return 'result' in end ? parseAgentEnd(end.result) : null;
  const json = 'result' in end ? end.result : end.failure.details;
  return kind === 'delegate' ? parseDelegateEnd(json) : parseNodeEnd(json);
}

function patchOf({ patch }: ChildEnd): { patch?: Patch | null } {
  return patch === undefined ? {} : { patch };
}

function codeOfEnd(end: ExecutionEnd): string {
  return 'failure' in end ? codeOf(end.failure) : 'BRAID_CALL_LOST';
}

function belowOf(
  entry: Parameters<typeof childPath>[0],
  run: string,
  children: { [path: string]: string },
): Below | null {
  for (const kind of KINDS) {
    const path = childPath(entry, kind);
    const blob = Object.hasOwn(children, path) ? children[path] : undefined;
    if (blob !== undefined) return { kind, path, workflowId: null, journal: { run, blob } };
  }
  return null;
}

async function unlessGone<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (isBraidError(error, 'BRAID_JOURNAL')) return null;
    throw error;
  }
}
