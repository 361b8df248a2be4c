/** A run to be disturbed: what it is started with, and how its model and its people answer. */
import type { BuiltRlm } from '../../client/input/rlm-input.ts';
import { buildScriptInput, type BuiltInput } from '../../client/input/script-input.ts';
import type { Json } from '../../protocol/json.ts';
import type { GateView } from '../../protocol/view.ts';
import { ENGINE_HASH } from '../../sandbox/engine/engine-hash.ts';
import type { Store } from '../../store/blobs.ts';
import type { FaultKind } from '../kinds.ts';
import type { Rule } from '../provider.ts';

export interface Workload {
  name: string;
  /** For the page. */
  about: string;
  /** What a model answers. A pure function of the request. */
  rule: Rule;
  /** What a person answers. */
  answers?: (gate: GateView) => Json;
  /** Faults that cannot happen to it. */
  without?: readonly FaultKind[];
  build(surroundings: Surroundings): Promise<Built>;
}

export type Built = { kind: 'script'; built: BuiltInput } | { kind: 'rlm'; built: BuiltRlm };

export interface Surroundings {
  /** Id of the run. */
  run: string;
  store: Store;
  /** Folder that agents read. */
  workspace: string;
}

/** Small, so that a run has many moments at which some calls are done, some under way and some to come. */
const CONCURRENCY = 6;
/** All runs of a workload have the same, so that they can be compared. */
const SEED = 'faults';
/** Nothing of the caller's settings. */
export const PLACE = { cwd: '/', home: '/nonexistent', env: {}, stdin: () => Promise.resolve('') };
export const FLAGS = { model: 'openai-chat/test', concurrency: CONCURRENCY };
export const NO_HEAPS: readonly FaultKind[] = ['torn heap'];

interface ScriptRun {
  file: string;
  source: string;
  /** Whether it sees the workspace. */
  reads?: boolean;
  /** Events after which it continues as new. */
  continueEvents?: number;
}

export async function scriptRun(
  { run, workspace }: Surroundings,
  { file, source, reads = false, continueEvents }: ScriptRun,
): Promise<Built> {
  const options = { run, engine: ENGINE_HASH, flags: FLAGS, ...(reads ? { cwd: workspace } : { workspace: false }) };
  const built = await buildScriptInput({ ...options, script: { source, file } }, PLACE);
  const renewed = continueEvents === undefined ? {} : { continueEvents };
  return { kind: 'script', built: { ...built, input: seeded({ ...built.input, ...renewed }) } };
}

export function seeded<I extends { seed: string }>(input: I): I {
  return { ...input, seed: SEED };
}
