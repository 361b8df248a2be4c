/**
 * The gates of a run, in the order in which they were opened.
 *
 *  G1  A {@link GateView} is replaced, never changed in place: views that were handed out stay as they are.
 *  G2  What is told twice is one fact. Only in a node that was begun anew does a gate open again: later than it closed.
 */
import type { Json } from '../../protocol/json.ts';
import type { GateNote } from '../../protocol/model-call.ts';
import type { GateView } from '../../protocol/view.ts';
import type { StoryLog } from './story-log.ts';

export class GateBook {
  readonly #gates = new Map<string, GateView>();
  readonly #story: StoryLog;

  constructor(story: StoryLog) {
    this.#story = story;
  }

  views(): GateView[] {
    return [...this.#gates.values()];
  }

  /** What the node with this workflow id tells of a gate of its own. */
  told(note: GateNote, node: string, at: number): void {
    const { closed, gate } = note;
    const known = this.#gates.get(gate);
    if (known === undefined || (closed === null && known.closedAt !== null && at > known.closedAt)) {
      this.#open(note, node, at);
    }
    if (closed !== null) this.#close(gate, { state: closed.how, value: closed.value, by: closed.by }, at);
  }

  /** An answer that the node has taken. */
  answered(gate: string, { node, value, by, at }: { node: string; value: Json; by: string | null; at: number }): void {
    if (this.#gates.get(gate)?.node === node) this.#close(gate, { state: 'answered', value, by }, at);
  }

  /** The program in this execution has ended: nobody waits for its gates any more. Null: of all. */
  giveUp(node: string | null, at: number): void {
    for (const gate of this.#gates.values()) {
      if (node === null || gate.node === node)
        this.#close(gate.gate, { state: 'cancelled', value: null, by: null }, at);
    }
  }

  #open({ gate, kind, question, details, schema, digest, expiresAt }: GateNote, node: string, at: number): void {
    const shown = { gate, kind, question, details, schema, digest, expiresAt };
    const waiting = { state: 'open', value: null, by: null, openedAt: at, closedAt: null } as const;
    this.#gates.set(gate, { ...shown, node, ...waiting });
    this.#story.add({ at, type: 'gate.opened', gate });
  }

  #close(gate: string, end: Pick<GateView, 'state' | 'value' | 'by'>, at: number): void {
    const known = this.#gates.get(gate);
    if (known === undefined || known.state !== 'open') return;
    this.#gates.set(gate, { ...known, ...end, closedAt: at });
    this.#story.add({ at, type: 'gate.closed', gate });
  }
}
