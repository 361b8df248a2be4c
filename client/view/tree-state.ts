import type { Note } from '../../protocol/model-call.ts';
import type { CallKind } from '../../protocol/view.ts';
import { ROOT } from './addresses.ts';
import { CallBook } from './call-book.ts';
import type { CallEntry, Named } from './call-entry.ts';
import { noFacts, type RunFacts } from './compose.ts';
import { ExecutionNode } from './execution-node.ts';
import { GateBook } from './gate-book.ts';
import { Pauses } from './pauses.ts';
import { Program } from './program.ts';
import { StoryLog } from './story-log.ts';

/** What the reducer has gathered of a run's tree; the readers of events share it. */
export class TreeState {
  /** Workflow id of the root. */
  readonly run: string;
  readonly root: ExecutionNode;
  /** By workflow id. */
  readonly nodes = new Map<string, ExecutionNode>();
  readonly story = new StoryLog();
  readonly calls = new CallBook(this.story);
  readonly gates = new GateBook(this.story);
  readonly pauses = new Pauses();
  readonly facts: RunFacts;

  constructor(run: string) {
    this.run = run;
    this.root = new ExecutionNode(run, null, new Program(ROOT, 'script'));
    this.nodes.set(run, this.root);
    this.facts = noFacts(run);
  }

  /** The call that a program makes. */
  open(program: Program, tag: Named, at: number, child: { id: string; kind: CallKind } | null): CallEntry {
    if (this.calls.get(tag.address) === undefined) program.called(tag.address);
    return this.calls.open(tag, at, child?.id ?? null, child?.kind);
  }

  /** Lines of the story that a node's history carries. */
  say(node: ExecutionNode, notes: readonly Note[], at: number): void {
    for (const said of notes) {
      const note = said.at === 0 ? { ...said, at } : said;
      if (note.call !== undefined) {
        if (this.calls.replayed(note.call, note.at)) node.program?.called(note.call.address);
        continue;
      }
      this.facts.notes.push(note);
      if (note.gate !== undefined) {
        this.gates.told(note.gate, node.id, note.at);
        continue;
      }
      if (note.kind === 'phase') {
        this.facts.phase = note.text;
        this.facts.met.add(note.text);
      }
      this.#explainPause(note);
      this.story.add({ at: note.at, type: 'note', note });
    }
  }

  /** A run pauses and says why in one workflow task; the words may stand behind the deed. */
  #explainPause(note: Note): void {
    const { notes, limits } = this.facts;
    const pause = note.kind === 'warning' ? this.pauses.view({ notes, limits, usage: null }) : null;
    if (pause !== null) this.story.refine({ at: pause.since, type: 'paused', pause });
  }

  /** A pause of the run began or ended. */
  paused(change: 'paused' | 'resumed' | null, at: number): void {
    if (change === 'resumed') this.story.add({ at, type: change });
    if (change !== 'paused') return;
    const { notes, limits } = this.facts;
    const pause = this.pauses.view({ notes, limits, usage: null });
    if (pause !== null) this.story.add({ at, type: change, pause });
  }
}
