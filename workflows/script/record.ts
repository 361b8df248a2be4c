/**
 * What the guests of a script's execution were told, so that the next execution can tell them again (protocol/handover.ts).
 *
 *  E1  While it is rebuilt, a guest is handed nothing but the log, in its order; nothing of the world begins.
 *  E2  What a nested workflow was told is forgotten when it has ended: its caller's own settlement says all.
 */
import { condition } from '@temporalio/workflow';
import {
  LOG_PART_BYTES,
  type Again,
  type HostStart,
  type LogEntry,
  type ScriptHandover,
} from '../../protocol/handover.ts';
import type { Tree } from '../tree/tree.ts';

/** A host that can be rebuilt: see script/host.ts. */
export interface Rebuilt {
  /** Hands one settlement of the log to the guest. */
  feed(entry: LogEntry): void;
  /** Begins what was open. */
  goOn(): void;
  readonly openCalls: [id: number, again: Again | null][];
  /** Nothing waits to be handed to the guest. */
  readonly quiet: boolean;
}

export class ScriptRecord {
  /** True until the log of the execution before is handed over. */
  rebuilding: boolean;
  private readonly starts: Map<string, HostStart>;
  private readonly log: LogEntry[];
  private readonly settled = new Set<string>();
  private readonly open = new Map<string, Again | null>();
  private readonly hosts = new Map<string, Rebuilt>();
  readonly part: number;

  constructor(handover: ScriptHandover | undefined, log: LogEntry[]) {
    this.rebuilding = handover !== undefined;
    this.part = handover?.part ?? 0;
    this.starts = new Map(Object.entries(handover?.hosts ?? {}));
    this.log = log;
    for (const { host, id } of log) this.settled.add(nameOf(host, id));
    for (const { host, id, again } of handover?.open ?? []) this.open.set(nameOf(host, id), again);
  }

  /** A guest begins: what it is to read at its start. */
  begin(name: string, host: Rebuilt, start: HostStart): HostStart {
    this.hosts.set(name, host);
    const before = this.starts.get(name);
    if (before !== undefined) return before;
    this.starts.set(name, start);
    return start;
  }

  startOf(name: string): HostStart | undefined {
    return this.starts.get(name);
  }

  end(name: string): void {
    this.hosts.delete(name);
    this.starts.delete(name);
  }

  add(entry: LogEntry): void {
    this.log.push(entry);
  }

  wasSettled(host: string, id: number): boolean {
    return this.settled.has(nameOf(host, id));
  }

  /** What an open call had; undefined when it was not made before. */
  again(host: string, id: number): Again | null | undefined {
    return this.open.get(nameOf(host, id));
  }

  /** Brings all guests to where they were. */
  async rebuild(tree: Tree): Promise<void> {
    for (const entry of this.log) {
      if (!this.hosts.has(entry.host)) await condition(() => this.hosts.has(entry.host));
      while (tree.tasks.isFull) await new Promise<void>((resolve) => tree.tasks.next(resolve));
      this.hosts.get(entry.host)?.feed(entry);
    }
    // A nested workflow that was told nothing yet may still be on its way to its first turn.
    await condition(() => [...this.starts.keys()].every((name) => this.hosts.has(name)));
    this.rebuilding = false;
    this.settled.clear();
    for (const host of this.hosts.values()) host.goOn();
  }

  get quiet(): boolean {
    return !this.rebuilding && [...this.hosts.values()].every((host) => host.quiet);
  }

  handover(tree: Tree): { handover: ScriptHandover; log: LogEntry[][] } {
    const open = [...this.hosts].flatMap(([host, { openCalls }]) =>
      openCalls.map(([id, again]) => ({ host, id, again })),
    );
    const log = this.log.filter(({ host }) => this.hosts.has(host));
    const hosts = Object.fromEntries([...this.starts].filter(([name]) => this.hosts.has(name)));
    return { handover: { part: this.part + 1, hosts, open, tree: tree.handover() }, log: partsOf(log) };
  }
}

/** Parts depend on what is before them alone: those that are full never change. */
function partsOf(log: LogEntry[]): LogEntry[][] {
  const parts: LogEntry[][] = [];
  let bytes = Infinity;
  for (const entry of log) {
    const size = sizeOf(entry);
    if (bytes + size > LOG_PART_BYTES) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(entry);
    bytes += size;
  }
  return parts;
}

function sizeOf(entry: LogEntry): number {
  return JSON.stringify(entry).length;
}

function nameOf(host: string, id: number): string {
  return `${host}#${id}`;
}
