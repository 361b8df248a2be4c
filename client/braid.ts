/** Runs from TypeScript: start, attach, list (design §5.3). */
import type { Json, JsonObject } from '../protocol/json.ts';
import type { RunResult } from '../protocol/outcome.ts';
import type { RunSummary } from '../protocol/view.ts';
import { ENGINE_HASH } from '../sandbox/engine/engine-hash.ts';
import { openLibraryContext, type RlmContext } from './input/library-context.ts';
import { buildRlmInput, type RlmInputOptions } from './input/rlm-input.ts';
import { buildScriptInput, type ScriptOptions } from './input/script-input.ts';
import { RunHandle } from './run-handle.ts';
import { openSession, type Session, type SessionOptions } from './session.ts';
import { checkRunId, newRunId, startRlm, startRun } from './start-run.ts';
import { listRuns } from './list-runs.ts';

export interface RunOptions extends Omit<ScriptOptions, 'run' | 'engine' | 'args' | 'script'> {
  /** Same id and same input: attaches. Same id and other input: BRAID_RUN_EXISTS. */
  id?: string;
  args?: Json;
}

export type { RlmContext };

/** Limits of a run, by the names of the command's options. */
export type RlmLimits = Omit<NonNullable<RlmInputOptions['flags']>, 'model' | 'subModel' | 'strict'>;

export interface RlmRunOptions extends Omit<
  RlmInputOptions,
  'run' | 'engine' | 'question' | 'context' | 'flags' | 'schema'
> {
  /** A text, `{file}` or `{files}` to be read here, or any JSON value. */
  context?: RlmContext;
  model?: string;
  subModel?: string;
  limits?: RlmLimits;
  /** JSON Schema of the answer. */
  schema?: JsonObject;
  id?: string;
}

export interface ConnectOptions extends Partial<SessionOptions> {}

export class Braid {
  private readonly session: Session;

  private readonly progress: (line: string) => void;

  private constructor(session: Session, progress: (line: string) => void) {
    this.session = session;
    this.progress = progress;
  }

  /**
   * Reaches the server that `braid` commands of this environment use; starts server and worker in the background when
   * nothing is reachable and `TEMPORAL_ADDRESS` is unset. Errors: BRAID_SERVER_UNREACHABLE, BRAID_SERVER_START.
   */
  static async connect(options: ConnectOptions = {}): Promise<Braid> {
    const progress = options.progress ?? (() => undefined);
    const session = await openSession({
      env: options.env ?? process.env,
      start: options.start ?? 'server and worker',
      progress,
    });
    return new Braid(session, progress);
  }

  /** Starts a script: a path, a saved name, or `{source, file}`. Errors of the script are thrown before anything starts. */
  async start(script: ScriptOptions['script'], options: RunOptions = {}): Promise<RunHandle> {
    const { id, args, ...rest } = options;
    const run =
      id === undefined
        ? newRunId(typeof script === 'string' ? (script.split('/').at(-1) ?? '') : script.file)
        : checkRunId(id);
    const given = args === undefined ? undefined : { value: args };
    const built = await buildScriptInput({ ...rest, script, args: given, run, engine: ENGINE_HASH });
    await startRun(this.session, run, built);
    return this.attach(run);
  }

  /** Starts a script and waits for its end. Does not throw for a failed run. */
  async run(script: ScriptOptions['script'], options: RunOptions = {}): Promise<RunResult> {
    return (await this.start(script, options)).result();
  }

  /**
   * Asks a recursive language model a question over a context of any size. Resolves when the run has been started; its
   * `result()` waits. What is wrong with question, context or options is thrown before anything starts.
   */
  async rlm(question: string, options: RlmRunOptions = {}): Promise<RunHandle> {
    const { id, context, model, subModel, limits, ...rest } = options;
    const run = id === undefined ? newRunId(question.slice(0, 80)) : checkRunId(id);
    const { store } = this.session;
    const built = await buildRlmInput(
      {
        ...rest,
        question: { text: question },
        context: () => openLibraryContext(context, store, this.progress),
        flags: {
          ...limits,
          ...(model === undefined ? {} : { model }),
          ...(subModel === undefined ? {} : { subModel }),
        },
        run,
        engine: ENGINE_HASH,
      },
      store,
    );
    await startRlm(this.session, run, built);
    return this.attach(run);
  }

  attach(id: string): RunHandle {
    return new RunHandle(this.session.client, id, this.session.store);
  }

  list(options: { limit?: number } = {}): Promise<RunSummary[]> {
    return listRuns(this.session.client, options);
  }

  /** Address of Temporal's UI, when it is known. */
  get uiUrl(): string | null {
    return this.session.server.uiUrl;
  }

  close(): Promise<void> {
    return this.session.close();
  }
}
