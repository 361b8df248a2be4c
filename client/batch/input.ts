/** A batch from its command line: everything is checked before anything is started. */
import type { BatchInput, BatchItems } from '../../protocol/batch.ts';
import { BraidError } from '../../protocol/errors.ts';
import { hashJson } from '../../protocol/hash.ts';
import { BATCH } from '../../protocol/limits.ts';
import type { ScriptInput } from '../../protocol/run-input.ts';
import type { Store } from '../../store/blobs.ts';
import { findRecord } from '../../store/batches/files.ts';
import { payloadEncoder } from '../../store/batches/payload.ts';
import { whole } from '../input/limits.ts';
import { currentPlace, type Place } from '../input/place.ts';
import { buildScriptInput, type ScriptOptions } from '../input/script-input.ts';
import { readItems } from './items.ts';

export interface BatchOptions extends Omit<ScriptOptions, 'args' | 'detach' | 'earlier' | 'cache'> {
  /** `--items`. */
  items?: string | undefined;
  /** `--retry-failed`: id of an earlier batch. */
  retry?: string | undefined;
  /** False: a retried item reuses nothing of its earlier run. */
  cache?: boolean | undefined;
  /** `--window`. */
  window?: string | number | undefined;
  stdin: AsyncIterable<Uint8Array | string>;
  store: Store;
}

export interface BuiltBatch {
  input: BatchInput;
  /** Hash of what `--id` compares. */
  identity: string;
  source: string;
  warnings: string[];
  /** Bad lines of the items file, the first ones. */
  bad: string[];
}

/** Errors: those of a script's input and of items; BRAID_USAGE, BRAID_RUN_UNKNOWN. The items are in the store then. */
export async function buildBatchInput(options: BatchOptions, place: Place = currentPlace()): Promise<BuiltBatch> {
  const { store, run, retry } = options;
  refuse(options);
  const setting = { value: options.window ?? BATCH.window, from: '--window', code: 'BRAID_USAGE' } as const;
  const window = whole(setting, { min: 1, max: BATCH.maxWindow }) ?? BATCH.window;
  const {
    input: script,
    source,
    warnings,
  } = await buildScriptInput({ ...options, args: undefined, detach: false }, place);
  refusePause(script);
  const { items, bad } = await itemsOf(options, script, place);
  const { name, file, sourceHash, models, limits, seed, strict } = script;
  const template: ScriptInput = { ...script, warnings: [], batch: run };
  const again = retry === undefined ? {} : { retry: { batch: retry, cache: options.cache ?? true } };
  const input: BatchInput = {
    ...{ name, file, sourceHash, models, limits, seed, strict, items, window, ...again },
    template: await payloadEncoder(store)(template),
    renewal: { events: BATCH.historyEvents, drainMs: BATCH.drainMs },
  };
  const identity = hashJson({ sourceHash, models, limits, strict, items: items.manifest, ...again });
  return { input, identity, source, warnings, bad };
}

function refuse({ items, retry, run, script }: BatchOptions): void {
  const usage = (message: string, fix: string) => new BraidError('BRAID_USAGE', message, { fix });
  if (items === undefined && retry === undefined) {
    throw usage(
      'A batch needs items.',
      'Give --items items.jsonl, a quoted pattern such as "src/**/*.ts", or - for standard input.',
    );
  }
  if (items !== undefined && retry !== undefined) {
    throw usage(
      '--retry-failed takes the items of the earlier batch, and --items names others.',
      'Drop one of the two.',
    );
  }
  if (retry !== undefined && retry === run) {
    throw usage(`The batch ${run} cannot be retried under its own id.`, 'Choose another --id.');
  }
  if (script === '-' && items === '-') {
    throw usage('The script and --items both want to read standard input.', 'Put one of them into a file.');
  }
}

/** Also as a setting of the environment or the configuration: silently another one would be worse. */
function refusePause({ limits }: ScriptInput): void {
  if (limits.onLimit === 'stop') return;
  throw new BraidError(
    'BRAID_USAGE',
    '--on-limit pause is not for batches: an item that waits at its own limit would keep its place in the window for ever.',
    { fix: 'Use --on-limit stop. Items that a limit stopped are run again by --retry-failed, with higher limits.' },
  );
}

async function itemsOf(
  { items, retry, stdin, store }: BatchOptions,
  { workspace }: ScriptInput,
  place: Place,
): Promise<{ items: BatchItems; bad: string[] }> {
  if (items !== undefined) {
    return readItems(items, { cwd: place.cwd, workspace: workspace?.root ?? null, stdin, store });
  }
  const record = await findRecord(store, retry ?? '');
  if (record !== undefined) return { items: record.items, bad: [] };
  throw new BraidError('BRAID_RUN_UNKNOWN', `This store knows no batch ${retry}.`, {
    fix: 'Name the id that `braid batch` printed, with the same BRAID_HOME.',
  });
}
