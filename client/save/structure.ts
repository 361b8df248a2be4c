/**
 * The structure of a run, pinned in a file beside the saved workflow, so that a later run can be held against it.
 *
 *  P1  Structure is what the program does, not what models said: phases, and the calls that scripts made, by label, kind, phase and
 *      model, with their number. What an RLM asks within is its model's business.
 *  P2  The order of calls within a phase hangs on which answer came first, so that only the order of phases is judged.
 *  P3  A file is read as hostile: what is no such structure is an error, never a passing check.
 */
import { BraidError } from '../../protocol/errors.ts';
import { isJsonObject, type Json } from '../../protocol/json.ts';
import type { CallKind, CallView, RunView } from '../../protocol/view.ts';

export interface PinnedCalls {
  label: string;
  kind: CallKind;
  phase: string | null;
  model: string | null;
  count: number;
}

export interface PinnedStructure {
  /** Version of this format. */
  v: 1;
  workflow: string;
  /** Run that it was taken from. */
  from: string;
  phases: string[];
  /** In the order in which the first call of each was made. */
  calls: PinnedCalls[];
}

type Seen = Pick<RunView, 'run' | 'kind' | 'calls' | 'notes'>;

export function pinStructure(view: Seen, workflow: string): PinnedStructure {
  const groups = new Map<string, PinnedCalls>();
  for (const call of view.calls.filter(madeByScript)) {
    const group = groupOf(call, view.kind);
    const known = groups.get(keyOf(group));
    if (known === undefined) groups.set(keyOf(group), group);
    else known.count += 1;
  }
  return { v: 1, workflow, from: view.run, phases: phasesOf(view), calls: [...groups.values()] };
}

/** Differences between a run and what was pinned, one line each; none when it has the same structure. */
export function checkStructure(view: Seen, pinned: PinnedStructure): string[] {
  const now = pinStructure(view, pinned.workflow);
  const differences: string[] = [];
  if (now.phases.join('\n') !== pinned.phases.join('\n')) {
    differences.push(`phases: ${shownPhases(now.phases)} instead of ${shownPhases(pinned.phases)}`);
  }
  const found = new Map(now.calls.map((group) => [keyOf(group), group]));
  for (const group of pinned.calls) {
    const count = found.get(keyOf(group))?.count ?? 0;
    found.delete(keyOf(group));
    if (count !== group.count) differences.push(`${shownCalls(group)}: ${count} instead of ${group.count}`);
  }
  for (const group of found.values()) differences.push(`${shownCalls(group)}: ${group.count} that were not there`);
  return differences;
}

/** Errors: BRAID_USAGE for what is no pinned structure (P3). */
export function parseStructure(json: Json, file: string): PinnedStructure {
  const calls = isJsonObject(json) && Array.isArray(json.calls) ? json.calls.map(parseCalls) : [null];
  const phases = isJsonObject(json) && Array.isArray(json.phases) ? json.phases : [null];
  const whole = calls.every((one) => one !== null) && phases.every((one) => typeof one === 'string');
  if (
    !isJsonObject(json) ||
    json.v !== 1 ||
    !whole ||
    typeof json.workflow !== 'string' ||
    typeof json.from !== 'string'
  ) {
    throw new BraidError('BRAID_USAGE', `${file} holds no structure of a run.`, {
      fix: 'Write it anew: braid save RUN --as NAME --force',
    });
  }
  return { v: 1, workflow: json.workflow, from: json.from, phases, calls };
}

function parseCalls(json: Json): PinnedCalls | null {
  if (!isJsonObject(json)) return null;
  const { label, kind, phase, model, count } = json;
  if (typeof label !== 'string' || typeof count !== 'number' || !isKind(kind)) return null;
  if ((typeof phase !== 'string' && phase !== null) || (typeof model !== 'string' && model !== null)) return null;
  return { label, kind, phase, model, count };
}

const KINDS: readonly CallKind[] = ['agent', 'llm', 'rlm', 'workflow', 'tool'];

function isKind(kind: Json | undefined): kind is CallKind {
  return KINDS.some((one) => one === kind);
}

/** P1: nothing above it is an RLM, and it is no function of the user's. */
function madeByScript({ address, kind }: CallView): boolean {
  return kind !== 'tool' && !/(^|\/)(rlm|agent):\d+\//.test(address);
}

/** The cells of an RLM become a script in which a plain request is an agent without tools. */
function groupOf({ label, kind, phase, model }: CallView, of: RunView['kind']): PinnedCalls {
  return { label, kind: of === 'rlm' && kind === 'llm' ? 'agent' : kind, phase, model, count: 1 };
}

function keyOf({ label, kind, phase, model }: PinnedCalls): string {
  return JSON.stringify([label, kind, phase, model]);
}

/** Phases in the order in which the program entered them, then those that only calls name, by their first call. */
function phasesOf({ notes, calls }: Seen): string[] {
  const entered = notes.flatMap(({ kind, text }) => (kind === 'phase' ? [text] : []));
  const named = calls.filter(madeByScript).flatMap(({ phase }) => phase ?? []);
  return [...new Set([...entered, ...named])];
}

function shownPhases(phases: readonly string[]): string {
  return phases.length === 0 ? 'none' : phases.join(', ');
}

function shownCalls({ label, kind, phase, model }: PinnedCalls): string {
  return `${phase === null ? '' : `${phase} › `}${label} (${kind}${model === null ? '' : `, ${model}`})`;
}
